"""Alipay's trade bill of one day: fetched, its lines read, its totals compared.

A zip (names in GBK) with the details and a summary, both GBK text; remarks start with `#`, the totals are among the last
ones. Source: Alipay OpenAPI, bill download address and the bill's format.
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import BinaryIO

from cashier.channels.alipay import codes
from cashier.channels.alipay.wire import Wire
from cashier.channels.base import QUERY_TIMEOUT_S, BillKind, BillLine, BillUnusable, UnreadableLine
from cashier.channels.beijing import read_plain
from cashier.channels.bill_reading import Lines, UnreadableRow, amount_of, is_empty, lines_of, size_of
from cashier.channels.strict_json import text_of
from cashier.channels.trouble import Trouble
from payhub.money import Money

METHOD = "alipay.data.dataservice.bill.downloadurl.query"
COLUMNS = (
    "业务类型", "订单金额（元）", "商家实收（元）", "服务费（元）", "商户订单号", "退款批次号/请求号", "支付宝交易号", "完成时间",
)  # fmt: skip
KINDS = {"交易": BillKind.PAYMENT, "退款": BillKind.REFUND}
_TOTAL = re.compile(r"#(交易|退款)合计：([0-9]+)笔，商家实收(?:退款)?共(-?[0-9.]+)元")
_ACCOUNT = re.compile(r"#账号：\[([0-9]+)\]")
_BEGINS = re.compile(r"#起始日期：\[([0-9]{4})年([0-9]{2})月([0-9]{2})日")


def fetch(wire: Wire, day: date, into: BinaryIO) -> bool:
    """Fetch the bill of a Beijing day; False when there were no trades. Raise BillNotReady, BillUnusable."""
    try:
        asked = {"bill_type": "trade", "bill_date": f"{day:%Y-%m-%d}"}
        given = wire.call(METHOD, asked, codes.BILL, timeout_s=QUERY_TIMEOUT_S)
    except Trouble as trouble:
        if is_empty(trouble):
            return False
        raise
    wire.download(text_of(given, "bill_download_url"), into)
    return True


def read(seller_id: str, file: BinaryIO, day: date) -> Lines:
    """Read the bill of a Beijing day, packed as it came; raise BillUnusable."""
    packed_bytes = size_of(file)
    try:
        with zipfile.ZipFile(file) as archive, archive.open(_details(archive)) as plain:
            yield from _Reader(seller_id, day).read(lines_of(plain, packed_bytes))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise BillUnusable(f"The bill does not unpack: {error}") from error


def _details(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the file of details; the other one is the summary."""
    found = [info for info in archive.infolist() if "业务明细" in (name := _name(info)) and "汇总" not in name]
    if len(found) != 1:
        raise BillUnusable("The archive has not one file of details.")
    return found[0]


def _name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:  # written as UTF-8
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return ""


@dataclass(slots=True)
class _Reader:
    """Reads the rows of one bill and keeps the sums."""

    seller_id: str
    day: date
    names: list[str] = field(default_factory=list)
    pick: Callable[[list[str]], tuple[str, ...]] | None = None
    unreadable: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    received: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    totals: set[str] = field(default_factory=set)

    def read(self, lines: Iterable[bytes]) -> Lines:
        is_ours = False
        for number, line in enumerate(lines, start=1):
            if line.startswith(b"#"):
                remark = line.decode("gb18030", errors="replace")
                is_ours = is_ours or self._is_account(remark)
                self._compare(remark)
            elif line.strip():
                yield from self._row(number, line)
        if not is_ours:
            raise BillUnusable("The bill does not say that it is this seller's.")
        if self.totals != set(KINDS):
            raise BillUnusable("The bill ends without its totals.")

    def _is_account(self, remark: str) -> bool:
        begins = _BEGINS.match(remark)
        if begins and tuple(map(int, begins.groups())) != (self.day.year, self.day.month, self.day.day):
            raise BillUnusable(f"The bill is not that of {self.day}.")
        found = _ACCOUNT.match(remark)
        # The account is the seller's id with a suffix (0156).
        if found and not found[1].startswith(self.seller_id):
            raise BillUnusable("The bill is another seller's.")
        return found is not None

    def _row(self, number: int, line: bytes) -> Lines:
        try:
            cells = _cells(line, len(self.names))
            if self.pick is not None:
                yield self._line(number, self.pick(cells))
                return
        except UnreadableRow as error:
            self.unreadable += 1
            yield UnreadableLine(row=number, reason=str(error))
            return
        names = [cell.strip() for cell in cells]
        if not set(names) >= set(COLUMNS):
            raise BillUnusable("The bill has not the columns that we know.")
        self.names, self.pick = names, itemgetter(*map(names.index, COLUMNS))

    def _line(self, number: int, cells: tuple[str, ...]) -> BillLine:
        word, asked, received, fee, attempt_no, refund_no, trade_no, at = [cell.strip() for cell in cells]
        kind = KINDS.get(word)
        if kind is None:
            raise UnreadableRow(f"A kind of business that we do not know: {word}.")
        is_refund = kind is BillKind.REFUND
        amount = amount_of(asked, "订单金额（元）", sign=-1 if is_refund else 1)
        received_minor, fee_minor = _yuan(received), _yuan(fee or "0")
        self.counts[word] += 1
        self.received[word] += received_minor
        return BillLine(
            row=number,
            kind=kind,
            attempt_no=attempt_no,
            amount=amount,
            refund_no=refund_no if is_refund else "",
            fee=Money(-fee_minor, "CNY"),  # the bill writes what it takes from us as negative
            channel_trade_no=trade_no,
            occurred_at=read_plain(at),
            state=word,
        )

    def _compare(self, remark: str) -> None:
        found = _TOTAL.match(remark)
        if found is None:
            return
        word, count, received = found[1], int(found[2]), found[3]
        self.totals.add(word)
        if self.unreadable:
            return  # the rows that could not be read are reported; the sums cannot agree
        try:
            agree = (count, _yuan(received)) == (self.counts[word], self.received[word])
        except UnreadableRow as error:
            raise BillUnusable("The bill's totals cannot be read.") from error
        if not agree:
            raise BillUnusable(f"The bill's totals ({word}) are not the sums of its rows.")


def _cells(line: bytes, width: int) -> list[str]:
    """Split a row; `width` 0: the columns are not known yet."""
    try:
        text = line.decode("gb18030")
        cells = next(csv.reader([text])) if '"' in text else text.split(",")
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise UnreadableRow("It is not a row of text.") from error
    if width and len(cells) != width:
        raise UnreadableRow(f"It has {len(cells)} cells where the bill has {width} columns.")
    return cells


def _yuan(text: str) -> int:
    try:
        return Money.from_major(text, "CNY").minor
    except ValueError as error:
        raise UnreadableRow(f"{text!r} is not an amount.") from error
