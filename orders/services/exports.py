"""Exports: many orders as CSV. Few at once and streamed, many in the background and kept for a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Max, QuerySet
from django.http import QueryDict
from django.utils.timezone import localtime

from orders.errors import TooManyExports
from orders.locks import lock_export
from orders.models import Export, ExportPart, Order
from orders.search import Filters, matching
from orders.selectors import merchants_of_member, orders_of_member
from payhub import clock, numbers
from payhub.db import after_commit, committed
from payhub.lane import lane
from payhub.safe_csv import csv_line
from payhub.tasks import wake

AT_ONCE = 5_000  # orders; more are made in the background
CHUNK = 500
PART = 2_500
SWEEP_FOR_S = 20
KEEP_EXPORTS = timedelta(hours=24)
MAX_EXPORTS = 5  # of one member
HEAD = (
    *("created_at", "order_no", "merchant_order_no", "title", "state", "amount", "amount_minor", "refunded"),
    *("refunded_minor", "currency", "paid_at", "payment_no"),
)


def lines_of(orders: QuerySet[Order]) -> Iterator[str]:
    """Give the orders as lines, oldest first; what is ordered after this is called is not among them."""
    newest = newest_of(orders)

    def lines() -> Iterator[str]:
        yield csv_line(HEAD)
        last = 0
        while chunk := _chunk(orders, after=last, newest=newest, size=CHUNK):
            yield _text(chunk)
            last = chunk[-1].pk

    return lines()


def newest_of(orders: QuerySet[Order]) -> int:
    """Return the id of the newest of these orders."""
    return orders.aggregate(pk=Max("pk"))["pk"] or 0


def _chunk(orders: QuerySet[Order], *, after: int, newest: int, size: int) -> list[Order]:
    # Chunk by chunk, so that no connection and no memory is held while a slow reader reads.
    return list(orders.filter(pk__gt=after, pk__lte=newest).order_by("pk")[:size])


def _text(orders: list[Order]) -> str:
    return "".join(csv_line(_row(order)) for order in orders)


def _row(order: Order) -> list[object]:
    return [
        localtime(order.created_at).isoformat(timespec="seconds"),
        *(order.order_no, order.merchant_order_no, order.title, order.state),
        *(order.money.to_major(), order.amount_minor, order.refunded.to_major(), order.refunded_minor),
        order.currency,
        localtime(order.paid_at).isoformat(timespec="seconds") if order.paid_at else "",
        order.payment_no,
    ]


def ask_export(*, user_id: int, filters: Filters, now: datetime) -> Export:
    """Have these orders made into a file; the same again while it is being made is the same file. Raises TooManyExports."""
    mine = exports_of(user_id, now=now)
    standing = mine.filter(query=filters.asked, finished_at=None).first()
    if standing is not None:
        return standing
    if mine.count() >= MAX_EXPORTS:
        raise TooManyExports
    orders = matching(orders_of_member(user_id), filters, now=now)
    with committed():
        export = Export.objects.create(
            export_no=numbers.export_no(now),
            user_id=user_id,
            merchant_ids=merchants_of_member(user_id),
            query=filters.asked,
            newest_id=newest_of(orders),
            total=orders.count(),
            asked_at=now,
        )
        after_commit(partial(wake, "orders.make_exports"))
    return export


def exports_of(user_id: int, *, now: datetime) -> QuerySet[Export]:
    """Return a member's exports of the last day, newest first."""
    return Export.objects.filter(user_id=user_id, asked_at__gt=now - KEEP_EXPORTS).order_by("-pk")


def file_of(*, user_id: int, export_no: str, now: datetime) -> Iterator[str] | None:
    """Give a finished export as lines; None when there is none, or it holds orders that are no longer theirs to see."""
    export = exports_of(user_id, now=now).filter(export_no=export_no).exclude(finished_at=None).first()
    if export is None:
        return None
    if not set(export.merchant_ids) <= set(merchants_of_member(user_id)):
        return None
    parts = export.parts.order_by("pk").values_list("text", flat=True)
    return parts.iterator(chunk_size=1)


def sweep() -> None:
    """Go on with what is asked for, for some seconds. One sweep at a time; the next one takes up what is left."""
    until = clock.now() + timedelta(seconds=SWEEP_FOR_S)
    with lane("exports") as is_mine:
        while is_mine and clock.now() < until and make_part(now=clock.now()):
            pass


def make_part(*, now: datetime) -> bool:
    """Make the next part of the oldest unfinished export; tell whether there was one."""
    with committed():
        export = lock_export()
        if export is None:
            return False
        filters = Filters.read(QueryDict(export.query))
        # What fitted when it was asked for: "not confirmed for ten minutes" is meant from then.
        orders = matching(orders_of_member(export.user_id), filters, now=export.asked_at)
        found = _chunk(orders, after=export.last_id, newest=export.newest_id, size=PART)
        ExportPart.objects.create(export=export, text=("" if export.done else csv_line(HEAD)) + _text(found))
        export.done += len(found)
        if found:
            export.last_id = found[-1].pk
        if len(found) < PART:
            export.finished_at = now
        export.save(update_fields=["done", "last_id", "finished_at"])
    return True
