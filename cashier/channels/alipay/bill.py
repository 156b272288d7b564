"""Alipay's trade bill of one day: fetched, its lines read, its totals compared.

A zip (names in GBK) with the details and a summary, both GBK text; remarks start with `#`, the totals are among the last
ones. Source: Alipay OpenAPI, bill download address and the bill's format.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from cashier.channels.alipay import codes
from cashier.channels.alipay.wire import Wire
from cashier.channels.base import QUERY_TIMEOUT_S, BillKind, BillLine, BillUnusable, UnreadableLine
from cashier.channels.beijing import read_plain
from cashier.channels.bill_reading import Lines, UnreadableRow, amount_of, cells_by_name, is_empty
from cashier.channels.strict_json import text_of
from cashier.channels.trouble import Trouble
from payhub.money import Money

METHOD = "alipay.data.dataservice.bill.downloadurl.query"
COLUMNS = {
    "支付宝交易号", "商户订单号", "业务类型", "完成时间", "订单金额（元）", "商家实收（元）", "退款批次号/请求号",
    "服务费（元）",
}  # fmt: skip
KINDS = {"交易": BillKind.PAYMENT, "退款": BillKind.REFUND}
_TOTAL = re.compile(r"#(交易|退款)合计：([0-9]+)笔，商家实收(?:退款)?共(-?[0-9.]+)元")
_ACCOUNT = re.compile(r"#账号：\[([0-9]+)\]")


def bill(wire: Wire, seller_id: str, day: date) -> Lines:
    """Fetch and read the bill of a Beijing day; raise BillNotReady, BillUnusable."""
    try:
        asked = {"bill_type": "trade", "bill_date": f"{day:%Y-%m-%d}"}
        given = wire.call(METHOD, asked, codes.BILL, timeout_s=QUERY_TIMEOUT_S)
    except Trouble as trouble:
        if is_empty(trouble):
            return
        raise
    packed = wire.download(text_of(given, "bill_download_url"))
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive, archive.open(_details(archive)) as lines:
            yield from _Reader(seller_id).read(lines)
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
    names: list[str] = field(default_factory=list)
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
        found = _ACCOUNT.match(remark)
        # The account is the seller's id with a suffix (0156).
        if found and not found[1].startswith(self.seller_id):
            raise BillUnusable("The bill is another seller's.")
        return found is not None

    def _row(self, number: int, line: bytes) -> Lines:
        try:
            (cells,) = csv.reader([line.decode("gb18030").strip("\r\n")])
            cells = [cell.strip() for cell in cells]
            if self.names:
                yield self._line(number, cells_by_name(self.names, cells))
                return
        except UnreadableRow as error:
            reason = str(error)
        except (UnicodeDecodeError, csv.Error, ValueError):
            reason = "It is not a row of text."
        else:
            if not set(cells) >= COLUMNS:
                raise BillUnusable("The bill has not the columns that we know.")
            self.names = cells
            return
        self.unreadable += 1
        yield UnreadableLine(row=number, reason=reason)

    def _line(self, number: int, row: dict[str, str]) -> BillLine:
        word = row["业务类型"]
        kind = KINDS.get(word)
        if kind is None:
            raise UnreadableRow(f"A kind of business that we do not know: {word}.")
        is_refund = kind is BillKind.REFUND
        sign = -1 if is_refund else 1
        amount = amount_of(row, "订单金额（元）", sign=sign)
        received = _yuan(row["商家实收（元）"])
        fee = _yuan(row["服务费（元）"] or "0")
        self.counts[word] += 1
        self.received[word] += received
        return BillLine(
            row=number,
            kind=kind,
            attempt_no=row["商户订单号"],
            refund_no=row["退款批次号/请求号"] if is_refund else "",
            amount=amount,
            fee=Money(-fee, "CNY"),  # the bill writes what it takes from us as negative
            channel_trade_no=row["支付宝交易号"],
            occurred_at=read_plain(row["完成时间"]),
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


def _yuan(text: str) -> int:
    try:
        return Money.from_major(text, "CNY").minor
    except ValueError as error:
        raise UnreadableRow(f"{text!r} is not an amount.") from error
