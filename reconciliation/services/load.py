"""Loading: a kept bill, line by line, into PostgreSQL with COPY. What cannot be read is kept with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
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
BLOCK = 500  # rows that go to the server together
LONGEST = 200
WORTH_ANALYZING = 5_000
_COPY = (
    "COPY reconciliation_billline (day_date, bill_id, row, kind, attempt_no, refund_no, channel_trade_no, "
    "amount_minor, currency, fee_minor, occurred_at, state, is_final) FROM STDIN"
)


_NULL = "\\N"
# PostgreSQL keeps no NUL.
_ESCAPES = (("\x00", "\ufffd"), ("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
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
                rows = _copied(bill, islice(lines, BATCH))
                while block := "".join(islice(rows, BLOCK)):
                    copy.write(block)
            # How many there are is not known before the end: as many as the part of the file says that was read.
            progress.tell(seen.lines, seen.lines * row.size_bytes // max(file.tell(), 1))


def _copied(bill: Bill, lines: Iterator[ReadLine | UnreadableLine]) -> Iterator[str]:
    """Write lines as COPY reads them: by hand, because a million rows go through here (docs/reconciliation.md)."""
    prefix = f"{bill.day_date}\t{bill.pk}"
    for line in lines:
        if isinstance(line, UnreadableLine):
            yield f"{prefix}\t{line.row}\tUNREADABLE\t\t\t\t0\t\t\\N\t\\N\t{_text(line.reason)}\tf\n"
            continue
        row, kind, attempt_no, amount, refund_no, fee, trade_no, _, at, state, is_final = line
        yield (
            f"{prefix}\t{row}\t{_KINDS[kind]}\t{_text(attempt_no)}\t{_text(refund_no)}\t{_text(trade_no)}\t"
            f"{amount.minor}\t{amount.currency}\t{_NULL if fee is None else fee.minor}\t"
            f"{_NULL if at is None else _moment(at)}\t{_text(state)}\t{'t' if is_final else 'f'}\n"
        )


@lru_cache(maxsize=4096)  # a bill is in the order of time
def _moment(at: datetime) -> str:
    return at.isoformat()


def _text(cell: str) -> str:
    """Nearly every cell is letters and digits; any other is cut to a length and escaped, for it may be a trick."""
    return cell if cell.isalnum() and len(cell) <= LONGEST else _escaped(cell)


def _escaped(cell: str) -> str:
    cell = cell[:LONGEST].encode(errors="replace").decode()
    for plain, escaped in _ESCAPES:
        cell = cell.replace(plain, escaped)
    return cell
