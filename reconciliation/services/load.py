"""Loading: a kept bill, line by line, into PostgreSQL with COPY. What cannot be read is kept with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice

from django.db import connection

from cashier.public import BillUnusable
from payhub.db import committed
from reconciliation.locks import lock_bill
from reconciliation.models import Bill, BillFile, BillLine
from reconciliation.services.files import kept
from reconciliation.services.partitions import analyze, make_partition, partition_of
from reconciliation.services.progress import Progress
from reconciliation.services.reading import Block, Seen, read_whole
from reconciliation.states import BillState

BATCH = 100  # blocks that are committed together: fifty thousand lines
LONGEST = 200
WORTH_ANALYZING = 5_000
_COLUMNS = (
    "day_date, bill_id, row, kind, attempt_no, refund_no, channel_trade_no, amount_minor, currency, fee_minor, "
    "occurred_at, state, is_final"
)
_NULL = "\\N"
# PostgreSQL keeps no NUL.
_ESCAPES = (("\x00", "\ufffd"), ("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_IS_FINAL = {True: "t", False: "f"}


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
    # Into the month's own table: finding it again for every line costs a sixth of the time.
    copy_in = f"COPY {partition_of(bill.day_date)} ({_COLUMNS}) FROM STDIN"
    with kept(row) as file:
        blocks = read_whole(bill, file, seen)
        copied = -1
        while copied < seen.lines:
            copied = seen.lines
            with committed(), connection.cursor() as cursor, cursor.copy(copy_in) as copy:
                for block in islice(blocks, BATCH):
                    copy.write(_copied(f"{bill.day_date}\t{bill.pk}\t", block))
            # How many there are is not known before the end: as many as the part of the file says that was read.
            progress.tell(seen.lines, seen.lines * row.size_bytes // max(file.tell(), 1))


def _copied(prefix: str, block: Block) -> str:
    """Write lines as COPY reads them, column by column: a million go through here (docs/performance.md)."""
    text = "".join(
        f"{prefix}{line.row}\tUNREADABLE\t\t\t\t0\t\t{_NULL}\t{_NULL}\t{_escaped(line.reason)}\tf\n"
        for line in block.unreadable
    )
    if not block.lines:
        return text
    rows, kinds, attempt_nos, amounts, refund_nos, fees, trade_nos, _, moments, states, finals = zip(
        *block.lines, strict=True
    )
    cells = zip(
        map(str, rows),
        kinds,
        *map(_texts, (attempt_nos, refund_nos, trade_nos)),
        [str(amount.minor) for amount in amounts],
        [amount.currency for amount in amounts],
        [_NULL if fee is None else str(fee.minor) for fee in fees],
        map(_moment, moments),
        _texts(states),
        map(_IS_FINAL.__getitem__, finals),
        strict=True,
    )
    return f"{text}{prefix}{f'{chr(10)}{prefix}'.join(map(chr(9).join, cells))}\n"


@lru_cache(maxsize=4096)  # a bill is in the order of time
def _moment(at: datetime | None) -> str:
    return _NULL if at is None else at.isoformat()


def _texts(cells: Sequence[str]) -> Iterable[str]:
    """Nearly every cell is letters and digits, or empty; any other is cut to a length and escaped: it may be a trick."""
    whole = "".join(cells)
    is_plain = (not whole or whole.isalnum()) and max(map(len, cells)) <= LONGEST
    return cells if is_plain else map(_escaped, cells)


def _escaped(cell: str) -> str:
    cell = cell[:LONGEST].encode(errors="replace").decode()
    for plain, escaped in _ESCAPES:
        cell = cell.replace(plain, escaped)
    return cell
