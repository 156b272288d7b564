"""What the tour's button does: somebody pays the first code of a walk, whatever has happened since."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from django.core.management import CommandError, call_command
from django.utils import timezone

from orders.models import Order
from orders.tour.rows import Row
from orders.tour.sandbox_door import SandboxRefused, pay_anyway, set_clock
from orders.tour.walk import Walk
from payhub import clock


def may_act(row: Row, walk: Walk) -> bool:
    """Tell whether there is a first code that nobody has paid."""
    paid = {charge["out_trade_no"] for charge in walk.charges}
    return row.act is not None and bool(walk.payment.attempts) and walk.payment.attempts[0].attempt_no not in paid


def act(row: Row, walk: Walk) -> None:
    """Let somebody pay the walk's first code. Raises SandboxRefused, in the channel's words when it takes no money."""
    first = walk.payment.attempts[0]
    if row.act is None:
        return
    if row.act.billed:
        _pay_for_the_bill(walk.order, first.channel, first.attempt_no)
    else:
        pay_anyway(first.channel, first.attempt_no, force=row.act.force)


def _pay_for_the_bill(order: Order, channel: str, attempt_no: str) -> None:
    """Let money move of which only a bill tells, and compare that bill with our books.

    Today's bill comes tomorrow, and a day that was compared is closed for good: every walk has a day of its own, in
    the last weeks on the channels' clock. The books are another app: it is asked by its command, as an operator would.
    """
    days = 2 + order.pk % 80
    try:
        set_clock(-days)
        pay_anyway(channel, attempt_no, force=True, is_told=False)
    finally:
        set_clock(0)
    try:
        with suppress(SystemExit):  # how it says that something is left to decide
            call_command(
                "reconcile", channel=channel, date=timezone.localtime(clock.now() - timedelta(days=days)).date()
            )
    except CommandError as error:
        raise SandboxRefused(str(error)) from error
