"""WeChat Pay's trade bill of one day: fetched, its SHA-1 checked, its lines read, its totals compared.

UTF-8 with a mark, CRLF, a plain header; every cell of every row starts with a backtick; then a header of totals and
their row. Source: WeChat Pay v3, trade bill and its format.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
import zlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TextIO

from cashier.channels.base import QUERY_TIMEOUT_S, BillKind, BillLine, BillUnusable, UnreadableLine
from cashier.channels.beijing import read_plain
from cashier.channels.bill_reading import Lines, UnreadableRow, amount_of, cells_by_name, is_empty
from cashier.channels.strict_json import text_of
from cashier.channels.trouble import Trouble
from cashier.channels.wechat.wire import Wire
from payhub.money import Money

COLUMNS = {
    "交易时间", "商户号", "微信订单号", "商户订单号", "交易状态", "货币种类", "微信退款单号", "商户退款单号", "退款状态",
    "手续费", "订单金额", "申请退款金额",
}  # fmt: skip
TOTALS = "总交易单数"


def bill(wire: Wire, mchid: str, day: date) -> Lines:
    """Fetch and read the bill of a Beijing day; raise BillNotReady, BillUnusable."""
    path = f"/v3/bill/tradebill?bill_date={day:%Y-%m-%d}&bill_type=ALL&tar_type=GZIP"
    try:
        given = wire.call("GET", path, timeout_s=QUERY_TIMEOUT_S)
    except Trouble as trouble:
        if is_empty(trouble):
            return
        raise
    packed = wire.download(text_of(given, "download_url"))  # not signed: the checksum is what proves it
    try:
        _verify(packed, text_of(given, "hash_type"), text_of(given, "hash_value"))
        with _opened(packed) as plain, io.TextIOWrapper(plain, encoding="utf-8-sig", newline="\r\n") as lines:
            yield from _Reader(mchid).read(lines)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise BillUnusable(f"The bill does not unpack: {error}") from error


def _opened(packed: bytes) -> gzip.GzipFile | io.BytesIO:
    if packed.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=io.BytesIO(packed))
    return io.BytesIO(packed)


def _verify(packed: bytes, hash_type: str, hash_value: str) -> None:
    if hash_type != "SHA1":
        raise BillUnusable(f"A checksum of a kind that we do not know: {hash_type!r}.")
    digest = hashlib.sha1(usedforsecurity=False)  # the channel's choice; the download is authenticated by nothing else
    with _opened(packed) as plain:
        while chunk := plain.read(1 << 16):
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

    def read(self, lines: TextIO) -> Lines:
        names = lines.readline().rstrip("\r\n").split(",")
        if not set(names) >= COLUMNS:
            raise BillUnusable("The bill has not the columns that we know.")
        for number, line in enumerate(lines, start=2):
            text = line.rstrip("\r\n")
            if text.startswith(TOTALS):
                self._compare(text.split(","), lines.readline().rstrip("\r\n"))
                return
            self.rows += 1
            try:
                yield self._line(number, cells_by_name(names, _cells(text)))
            except UnreadableRow as error:
                self.unreadable += 1
                yield UnreadableLine(row=number, reason=str(error))
        raise BillUnusable("The bill ends without its totals.")

    def _line(self, number: int, row: dict[str, str]) -> BillLine:
        if row["商户号"] != self.mchid or row["货币种类"] != "CNY":
            raise UnreadableRow("It is about another merchant or currency.")
        # A refund's row repeats the payment's number, with the amount in a column of its own.
        kind = {"SUCCESS": BillKind.PAYMENT, "REFUND": BillKind.REFUND, "REVOKED": BillKind.REFUND}.get(row["交易状态"])
        if kind is None:
            raise UnreadableRow(f"A state that we do not know: {row['交易状态']}.")
        is_refund = kind is BillKind.REFUND
        amount = amount_of(row, "申请退款金额" if is_refund else "订单金额")
        self.sums[kind] += amount.minor
        return BillLine(
            row=number,
            kind=kind,
            attempt_no=row["商户订单号"],
            refund_no=row["商户退款单号"] if is_refund else "",
            amount=amount,
            fee=_fee(row["手续费"]),
            channel_trade_no=row["微信订单号"],
            channel_refund_no=row["微信退款单号"] if is_refund else "",
            occurred_at=read_plain(row["交易时间"]),
            state=row["退款状态"] if is_refund else row["交易状态"],
        )

    def _compare(self, names: list[str], text: str) -> None:
        try:
            totals = cells_by_name(names, _cells(text))
            rows = Decimal(totals[TOTALS])
            paid, returned = (Money.from_major(totals[name], "CNY").minor for name in ("订单总金额", "申请退款总金额"))
        except (UnreadableRow, KeyError, ValueError, InvalidOperation) as error:
            raise BillUnusable("The bill's totals cannot be read.") from error
        if rows != self.rows:
            raise BillUnusable(f"The bill has {self.rows} rows and says that it has {rows}.")
        ours = (self.sums[BillKind.PAYMENT], self.sums[BillKind.REFUND])
        if not self.unreadable and (paid, returned) != ours:
            raise BillUnusable("The bill's totals are not the sums of its rows.")


def _cells(text: str) -> list[str]:
    """Split at the comma and the backtick after it: a title may hold a comma."""
    if not text.startswith("`"):
        raise UnreadableRow("It does not begin with a backtick.")
    return text[1:].split(",`")


def _fee(text: str) -> Money | None:
    """Read a fee, which has five decimals; None when it is no whole number of fen, or none at all."""
    try:
        fen = Decimal(text).scaleb(2)
        return Money(int(fen), "CNY") if fen == fen.to_integral_value() else None
    except InvalidOperation:
        return None
