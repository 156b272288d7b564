"""UnionPay's bill, written and packed as UnionPay does: rows of fixed width and a report; shares nothing with the reader."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date

from tests.bills.row import BEIJING, Row, sums, yuan

WIDTHS = (
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13,
    8, 32, 13, 13, 12, 2, 1, 32, 98,
)  # fmt: skip
MERCHANT = "777290000000001"


def bill(
    rows: Iterable[Row | None], day: date, *, account: str = "", more_paid_minor: int = 0, encoding: str = ""
) -> Iterator[bytes]:
    """Write a bill: a zip of details and a report."""
    known, merchant = list(rows), account or MERCHANT
    details = [b"?" if row is None else _line(row, merchant, encoding or "gb18030") for row in known]
    paid, returned = sums(known)
    total = f"{len(known):>8}{yuan(returned):>16}{yuan(paid + more_paid_minor):>16}{'0.00':>16}{'0.00':>16}"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"INN{day:%y%m%d}88ZM_{merchant}", b"\r\n".join([*details, b""]))
        report = f"商户交易汇总表\r\n总计  {total}\r\n".encode(encoding or "gb18030")
        archive.writestr(f"RD2010{day:%y%m%d}01_{merchant}", report)
    yield packed.getvalue()


def _line(row: Row, merchant: str, encoding: str) -> bytes:
    cells = dict.fromkeys(range(1, 43), "") | {
        1: "S56",
        5: row.at.astimezone(BEIJING).strftime("%m%d%H%M%S"),
        6: "622609******0048",
        7: f"{row.minor:012}",
        10: f"R{row.trade_no}"[:21] if row.refund_no else row.trade_no,
        12: row.refund_no or row.attempt_no,
        16: f"D{row.fee_minor:012}",
        20: "04" if row.refund_no else "01",
        27: row.trade_no if row.refund_no else "",
        28: merchant,
        31: "二级商户",
        41: row.attempt_no if row.refund_no else "",
    }
    return b" ".join(cells[at].encode(encoding).ljust(width) for at, width in enumerate(WIDTHS, start=1))
