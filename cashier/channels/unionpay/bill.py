"""UnionPay's bill of one settlement day: fetched, its rows read, its totals compared with the report beside it.

The answer, which is signed, holds a zip (zlib, base64) with the details (`…ZM_…`, rows of 607 bytes in GBK) and a
report (`RD…`). Source: UnionPay gateway 5.1.0, part 3 (files).
"""

from __future__ import annotations

import base64
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import BinaryIO

from cashier.channels.base import BillKind, BillLine, BillNotReady, BillUnusable, Outcome, UnreadableLine
from cashier.channels.beijing import BEIJING
from cashier.channels.bill_reading import DOWNLOAD_TIMEOUT_S, Lines, UnreadableRow, lines_of, size_of
from cashier.channels.trouble import Trouble
from cashier.channels.unionpay import codes
from cashier.channels.unionpay.facts import time_of
from cashier.channels.unionpay.wire import Wire
from payhub.money import Money

FETCH = {"txnType": "76", "txnSubType": "01", "bizType": "000000", "fileType": "00"}
# The 42 fields of a detail row, each followed by a space.
WIDTHS = (
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13,
    8, 32, 13, 13, 12, 2, 1, 32, 98,
)  # fmt: skip
STARTS = tuple(accumulate((width + 1 for width in WIDTHS), initial=0))
ROW_BYTES = STARTS[-1] - 1
TIME, AMOUNT, QUERY_ID, ORDER, FEE, TYPE, ORIGINAL_QUERY_ID, MERCHANT, RESERVED, ORIGINAL_ORDER = (
    5, 7, 10, 12, 16, 20, 27, 28, 35, 41,
)  # fmt: skip
KINDS = {"01": BillKind.PAYMENT, "04": BillKind.REFUND, "31": BillKind.REFUND}
MAX_BYTES = 1 << 30
MAX_REPORT_BYTES = 1 << 20
_TOTAL = re.compile(r"^总计\s+([0-9]+)\s+([0-9.]+)\s+([0-9.]+)\s", re.MULTILINE)


def fetch(wire: Wire, day: date, now: datetime, into: BinaryIO) -> bool:
    """Fetch the bill of a settlement day, a zip (the answer that holds it is signed); raise BillNotReady, BillUnusable."""
    try:
        answer = wire.call(
            "file", FETCH | {"settleDate": f"{day:%m%d}", "txnTime": time_of(now)}, timeout_s=DOWNLOAD_TIMEOUT_S
        )
    except Trouble as trouble:
        raise BillNotReady(f"There is no bill yet: {trouble.code}") from trouble
    code = answer.get("respCode", "")
    if code in codes.NOT_READY:
        raise BillNotReady("UnionPay has not made the bill yet.")
    if code != codes.SUCCESS:
        refused = codes.CALL.get(code) is Outcome.REFUSED
        raise (BillUnusable if refused else BillNotReady)(f"UnionPay says {code} {answer.get('respMsg', '')}.")
    try:
        content = base64.b64decode(answer.get("fileContent", ""), validate=True)
        into.write(zlib.decompressobj().decompress(content, MAX_BYTES))
    except (zlib.error, ValueError) as error:
        raise BillUnusable(f"The bill does not unpack: {error}") from error
    return True


def read(mer_id: str, file: BinaryIO, day: date) -> Lines:
    """Read the bill of a settlement day; raise BillUnusable."""
    packed_bytes = size_of(file)
    try:
        with zipfile.ZipFile(file) as archive:
            yield from _read(archive, _Reader(mer_id, day), packed_bytes)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise BillUnusable(f"The bill does not unpack: {error}") from error


def _read(archive: zipfile.ZipFile, reader: _Reader, packed_bytes: int) -> Lines:
    details = [name for name in archive.namelist() if re.match(r"IN[NO][0-9]{6}[0-9]*ZM_", name)]
    reports = [name for name in archive.namelist() if name.startswith("RD")]
    if len(details) != 1:
        raise BillUnusable("The archive has not one file of details.")
    with archive.open(details[0]) as rows:
        yield from reader.read(lines_of(rows, packed_bytes))
    if reports:
        with archive.open(reports[0]) as report:
            reader.compare(report.read(MAX_REPORT_BYTES).decode("gb18030", errors="replace"))


@dataclass(slots=True)
class _Reader:
    """Reads the rows of one bill and keeps the sums."""

    mer_id: str
    day: date
    rows: int = 0
    unreadable: int = 0
    sums: dict[BillKind, int] = field(default_factory=lambda: dict.fromkeys(BillKind, 0))

    def read(self, rows: Iterable[bytes]) -> Lines:
        for number, text in enumerate(rows, start=1):
            if not text:
                continue
            self.rows += 1
            try:
                yield self._line(number, text)
            except UnreadableRow as error:
                self.unreadable += 1
                yield UnreadableLine(row=number, reason=str(error))

    def _line(self, number: int, text: bytes) -> BillLine:
        if len(text) != ROW_BYTES:
            raise UnreadableRow(f"It has {len(text)} bytes instead of {ROW_BYTES}.")
        # Cut as bytes: a name of two-byte characters must not move what follows.
        cells = [text[start : start + width].decode("gb18030", errors="replace") for start, width in _spans()]
        row = {at: cell.strip() for at, cell in enumerate(cells, start=1)}
        if row[MERCHANT] != self.mer_id:
            raise UnreadableRow("It is about another merchant.")
        kind = KINDS.get(row[TYPE])
        if kind is None:
            raise UnreadableRow(f"A kind of trade that we do not know: {row[TYPE]}.")
        is_refund = kind is BillKind.REFUND
        amount = Money(_fen(row[AMOUNT]), "CNY")
        if amount.minor == 0:
            raise UnreadableRow("It has no amount.")
        self.sums[kind] += amount.minor
        return BillLine(
            row=number,
            kind=kind,
            attempt_no=(row[ORIGINAL_ORDER] or row[RESERVED]) if is_refund else row[ORDER],
            refund_no=row[ORDER] if is_refund else "",
            amount=amount,
            fee=_fee(row[FEE]),
            channel_trade_no=row[ORIGINAL_QUERY_ID] if is_refund else row[QUERY_ID],
            channel_refund_no=row[QUERY_ID] if is_refund else "",
            occurred_at=_near(self.day, row[TIME]),
            state=row[TYPE],
        )

    def compare(self, report: str) -> None:
        """Raise BillUnusable unless the report's first total (credit: payments, debit: refunds) is the rows' sum."""
        found = _TOTAL.search(report)
        if found is None:
            raise BillUnusable("The bill's report has no total.")
        count, debit, credit = int(found[1]), found[2], found[3]
        if self.unreadable:
            return  # the rows that could not be read are reported; the sums cannot agree
        ours = (self.rows, Money(self.sums[BillKind.REFUND], "CNY"), Money(self.sums[BillKind.PAYMENT], "CNY"))
        if (count, Money.from_major(debit, "CNY"), Money.from_major(credit, "CNY")) != ours:
            raise BillUnusable("The bill's totals are not the sums of its rows.")


def _spans() -> Iterator[tuple[int, int]]:
    return zip(STARTS, WIDTHS, strict=False)


def _fen(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UnreadableRow(f"{text!r} is not an amount.")
    return int(text)


def _fee(text: str) -> Money:
    """Read `D000000002861`: debited from the merchant; `C`: credited."""
    sign = {"D": 1, "C": -1}.get(text[:1])
    if sign is None:
        raise UnreadableRow(f"{text!r} is not a fee.")
    return Money(sign * _fen(text[1:]), "CNY")


def _near(day: date, text: str) -> datetime | None:
    """Read `MMDDhhmmss` in the year that puts it nearest to the settlement day."""
    for year in (day.year, day.year - 1, day.year + 1):
        try:
            moment = datetime.strptime(f"{year}{text}", "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
        except ValueError:
            continue
        if abs(moment.date() - day) < timedelta(days=180):
            return moment
    return None
