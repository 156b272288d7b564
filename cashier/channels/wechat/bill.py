"""WeChat Pay's trade bill of one day: fetched, its SHA-1 checked, its lines read, its totals compared.

UTF-8 with a mark, CRLF, a plain header; every cell of every row starts with a backtick; then a header of totals and
their row. Source: WeChat Pay v3, trade bill and its format.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from operator import itemgetter
from typing import IO, BinaryIO, cast

from cashier.channels.base import QUERY_TIMEOUT_S, BillKind, BillLine, BillUnusable, UnreadableLine
from cashier.channels.beijing import read_plain
from cashier.channels.bill_reading import Lines, UnreadableRow, amount_of, is_empty, lines_of, size_of
from cashier.channels.strict_json import text_of
from cashier.channels.trouble import Trouble
from cashier.channels.wechat.wire import Wire
from payhub.money import Money

COLUMNS = (
    "商户号", "货币种类", "交易状态", "申请退款金额", "订单金额", "商户订单号", "商户退款单号", "手续费", "微信订单号",
    "微信退款单号", "交易时间", "退款状态",
)  # fmt: skip
TOTALS = "总交易单数"
# A refund's row repeats the payment's number, with the amount in a column of its own.
KINDS = {"SUCCESS": BillKind.PAYMENT, "REFUND": BillKind.REFUND, "REVOKED": BillKind.REFUND}


def fetch(wire: Wire, day: date, into: BinaryIO) -> bool:
    """Fetch the bill of a Beijing day; False when there were no trades. Raise BillNotReady, BillUnusable."""
    path = f"/v3/bill/tradebill?bill_date={day:%Y-%m-%d}&bill_type=ALL&tar_type=GZIP"
    try:
        given = wire.call("GET", path, timeout_s=QUERY_TIMEOUT_S)
    except Trouble as trouble:
        if is_empty(trouble):
            return False
        raise
    wire.download(text_of(given, "download_url"), into)  # not signed: the checksum is what proves it
    try:
        _verify(into, text_of(given, "hash_type"), text_of(given, "hash_value"))
    except (OSError, EOFError, zlib.error) as error:
        raise BillUnusable(f"The bill does not unpack: {error}") from error
    return True


def read(mchid: str, file: BinaryIO) -> Lines:
    """Read a bill, packed or not; raise BillUnusable."""
    packed_bytes = size_of(file)
    try:
        yield from _Reader(mchid).read(lines_of(_opened(file), packed_bytes))
    except (OSError, EOFError, zlib.error) as error:
        raise BillUnusable(f"The bill does not unpack: {error}") from error


def _opened(file: BinaryIO) -> IO[bytes]:
    file.seek(0)
    is_packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb")) if is_packed else file


def _verify(file: BinaryIO, hash_type: str, hash_value: str) -> None:
    if hash_type != "SHA1":
        raise BillUnusable(f"A checksum of a kind that we do not know: {hash_type!r}.")
    digest = hashlib.sha1(usedforsecurity=False)  # the channel's choice; the download is authenticated by nothing else
    plain = _opened(file)
    while chunk := plain.read(1 << 20):
        digest.update(chunk)
    if not hmac.compare_digest(digest.hexdigest(), hash_value.lower()):
        raise BillUnusable("The bill's checksum is wrong.")


@dataclass(slots=True)
class _Reader:
    """Reads the rows of one bill and keeps the sums."""

    mchid: str
    rows: int = 0
    unreadable: int = 0
    sums: dict[BillKind, int] = field(default_factory=lambda: dict.fromkeys(BillKind, 0))

    def read(self, lines: Iterator[bytes]) -> Lines:
        try:
            names = next(lines, b"").decode("utf-8-sig").split(",")
        except UnicodeDecodeError as error:
            raise BillUnusable("The bill is not written in UTF-8.") from error
        if not set(names) >= set(COLUMNS):
            raise BillUnusable("The bill has not the columns that we know.")
        pick, width = itemgetter(*map(names.index, COLUMNS)), len(names)
        totals = TOTALS.encode()
        for number, line in enumerate(lines, start=2):
            if line.startswith(totals):
                self._compare(line, next(lines, b""))
                return
            self.rows += 1
            try:
                yield self._line(number, pick(_cells(line, width)))
            except UnreadableRow as error:
                self.unreadable += 1
                yield UnreadableLine(row=number, reason=str(error))
        raise BillUnusable("The bill ends without its totals.")

    def _line(self, number: int, cells: tuple[str, ...]) -> BillLine:
        mchid, currency, word, returned, paid, attempt_no, refund_no, fee, trade_no, channel_refund_no, at, state = (
            cells
        )
        if mchid != self.mchid:
            raise UnreadableRow("It is about another merchant.")
        kind = KINDS.get(word)
        if kind is None:
            raise UnreadableRow(f"A state that we do not know: {word}.")
        if kind is BillKind.REFUND:
            amount = amount_of(returned, "申请退款金额", currency)
        else:
            amount, state, refund_no, channel_refund_no = amount_of(paid, "订单金额", currency), word, "", ""
        self.sums[kind] += amount.minor
        is_final = state == "SUCCESS" or word == "REVOKED"  # a refund stands on the day it was accepted
        # By position, in BillLine's order: by name it takes three times as long, a million times a day.
        return BillLine(
            number,
            kind,
            attempt_no,
            amount,
            refund_no,
            _fee(fee),
            trade_no,
            channel_refund_no,
            read_plain(at),
            state,
            is_final,
        )

    def _compare(self, header: bytes, line: bytes) -> None:
        try:
            names = header.decode().split(",")
            totals = dict(zip(names, _cells(line, len(names)), strict=True))
            rows = Decimal(totals[TOTALS])
            paid, returned = (Money.from_major(totals[name], "CNY").minor for name in ("订单总金额", "申请退款总金额"))
        except (UnreadableRow, KeyError, ValueError, InvalidOperation) as error:
            raise BillUnusable("The bill's totals cannot be read.") from error
        if rows != self.rows:
            raise BillUnusable(f"The bill has {self.rows} rows and says that it has {rows}.")
        ours = (self.sums[BillKind.PAYMENT], self.sums[BillKind.REFUND])
        if not self.unreadable and (paid, returned) != ours:
            raise BillUnusable("The bill's totals are not the sums of its rows.")


def _cells(line: bytes, width: int) -> list[str]:
    """Split at the comma and the backtick after it: a title may hold a comma."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise UnreadableRow("It is not a row of text.") from error
    if not text.startswith("`"):
        raise UnreadableRow("It does not begin with a backtick.")
    cells = text[1:].split(",`")
    if len(cells) != width:
        raise UnreadableRow(f"It has {len(cells)} cells where the bill has {width} columns.")
    return cells


@lru_cache(maxsize=1 << 16)
def _fee(text: str) -> Money | None:
    """Read a fee, which has five decimals; None when it is no whole number of fen, or none at all."""
    try:
        whole, _, decimals = text.partition(".")
        return None if decimals[2:].strip("0") else Money.from_major(f"{whole}.{decimals[:2] or '0'}", "CNY")
    except ValueError:
        return None
