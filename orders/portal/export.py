"""Orders as CSV: streamed, of one moment, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.db.models import Max, QuerySet
from django.http import StreamingHttpResponse
from django.utils.timezone import localtime

from orders.models import Order

CHUNK = 500
_HEAD = (
    *("created_at", "order_no", "merchant_order_no", "title", "state", "amount", "amount_minor", "refunded"),
    *("refunded_minor", "currency", "paid_at", "payment_no"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula (OWASP, CSV Injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Echo:
    """A file that gives back what is written."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def csv_of(orders: QuerySet[Order]) -> StreamingHttpResponse:
    """Return the orders, oldest first, as they are when this is called: later ones are not in it."""
    newest = orders.aggregate(pk=Max("pk"))["pk"] or 0
    answer = StreamingHttpResponse(_lines(orders, newest), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="orders.csv"'
    return answer


def _lines(orders: QuerySet[Order], newest: int) -> Iterator[str]:
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield "\ufeff"  # or Excel takes UTF-8 for something else
    yield writer.writerow(_HEAD)
    last = 0
    while True:
        # Chunk by chunk, so that no connection and no memory is held while a slow reader reads.
        chunk = list(orders.filter(pk__gt=last, pk__lte=newest).order_by("pk")[:CHUNK])
        yield from (writer.writerow(_row(order)) for order in chunk)
        if len(chunk) < CHUNK:
            return
        last = chunk[-1].pk


def _row(order: Order) -> list[str]:
    return [
        localtime(order.created_at).isoformat(timespec="seconds"),
        *(cell(text) for text in (order.order_no, order.merchant_order_no, order.title, order.state)),
        *(order.money.to_major(), str(order.amount_minor), order.refunded.to_major(), str(order.refunded_minor)),
        order.currency,
        localtime(order.paid_at).isoformat(timespec="seconds") if order.paid_at else "",
        order.payment_no,
    ]
