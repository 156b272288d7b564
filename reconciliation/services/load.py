"""Loading: a kept bill, line by line, into PostgreSQL with COPY. What cannot be read is kept with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.db import connection

from cashier.public import BillKind, BillUnusable, UnreadableLine
from cashier.public import BillLine as ReadLine
from payhub.db import committed
from reconciliation.locks import lock_bill
from reconciliation.models import Bill, BillFile, BillLine
from reconciliation.services.files import kept
from reconciliation.services.partitions import analyze, make_partition
from reconciliation.services.progress import Progress
from reconciliation.services.reading import Seen, read_whole
from reconciliation.states import BillState

BATCH = 20_000
WORTH_ANALYZING = 5_000
_COPY = (
    "COPY reconciliation_billline (day_date, bill_id, row, kind, attempt_no, refund_no, channel_trade_no, "
    "amount_minor, currency, fee_minor, occurred_at, state, is_final) FROM STDIN"
)


_KINDS = {kind: str(kind.value) for kind in BillKind}  # an enum's value is slow to ask for, a million times


def load(bill: Bill, progress: Progress) -> None:
    """Load the bill's lines unless they are here. Raises BillUnusable (nothing is left of it then), Cancelled.

    Batches are committed one by one, so that memory does not grow and progress is seen; they count only when the
    state says LOADED, after the totals agreed. A run that was cut off begins again.
    """
    if bill.is_loaded:
        return
    seen = Seen()
    _discard(bill)
    if bill.file is not None:
        make_partition(bill.day_date)
        try:
            _copy_all(bill, bill.file, seen, progress)
        except BillUnusable:
            _discard(bill)
            raise
    if seen.lines > WORTH_ANALYZING:
        analyze(bill.day_date)
    with committed():
        locked = lock_bill(bill.pk)
        if locked.state in {BillState.EXPECTED, BillState.MISSING}:
            locked.load()
        locked.lines, locked.unreadable, locked.problem = seen.lines, seen.unreadable, ""
        locked.save(update_fields=["state", "lines", "unreadable", "problem"])


def _discard(bill: Bill) -> None:
    """Throw away what a run that was cut off had copied."""
    with committed():
        BillLine.objects.filter(day_date=bill.day_date, bill_id=bill.pk).delete()


def _copy_all(bill: Bill, row: BillFile, seen: Seen, progress: Progress) -> None:
    with kept(row) as file:
        lines = read_whole(bill, file, seen)
        copied = -1
        while copied < seen.lines:
            copied = seen.lines
            with committed(), connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                for cells in _rows(bill, islice(lines, BATCH)):
                    copy.write_row(cells)
            # How many there are is not known before the end: as many as the part of the file says that was read.
            progress.tell(seen.lines, seen.lines * row.size_bytes // max(file.tell(), 1))


def _rows(bill: Bill, lines: Iterator[ReadLine | UnreadableLine]) -> Iterator[tuple[object, ...]]:
    day, bill_id = bill.day_date, bill.pk
    for line in lines:
        if isinstance(line, UnreadableLine):
            yield (day, bill_id, line.row, "UNREADABLE", "", "", "", 0, "", None, None, _text(line.reason), False)
            continue
        row, kind, attempt_no, amount, refund_no, fee, trade_no, _, at, state, is_final = line
        yield (
            day,
            bill_id,
            row,
            _KINDS[kind],
            _text(attempt_no),
            _text(refund_no),
            _text(trade_no),
            amount.minor,
            amount.currency,
            fee.minor if fee is not None else None,
            at,
            _text(state),
            is_final,
        )


def _text(cell: str) -> str:
    """PostgreSQL keeps no NUL; a cell that has one is somebody's trick, and so is an endless one."""
    return cell.replace("\x00", "�")[:200] if len(cell) > 64 or "\x00" in cell else cell
