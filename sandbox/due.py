"""What happens by itself as the books' time passes: unpaid trades run out, accepted refunds settle."""

from __future__ import annotations

from dataclasses import replace

from sandbox import notify
from sandbox.books import Refund, RefundState, TradeState
from sandbox.box import Box


def pass_time(box: Box) -> float | None:
    """This function will close every trade and settle every refund whose time has come, let the channels do what they do
    day by day, and give the books' time at which something changes by itself again; None: never."""
    now = box.clock.now()
    with box.store.transaction():
        for trade in box.books.overdue_trades(now):
            lapsed = trade.state is TradeState.NEW
            closed = replace(
                trade, state=TradeState.LAPSED if lapsed else TradeState.CLOSED, closed_at=trade.expires_at
            )
            box.books.update_trade(closed)
            notify.announce_closed(box, closed)
        for refund in box.books.overdue_refunds(now):
            settle_refund(box, refund, RefundState.SUCCESS)
        moments = [clerk.pass_time(now) for clerk in box.clerks.values()]
    return min((at for at in (box.books.next_due(), *moments) if at is not None), default=None)


def settle_refund(box: Box, refund: Refund, state: RefundState) -> Refund:
    """This function will end a refund and write down its notification."""
    settled = replace(refund, state=state, settled_at=box.clock.now(), due_at=None)
    box.books.update_refund(settled)
    trade = box.books.trade_by_id(refund.trade_id)
    notify.announce_refund(box, trade, box.books.payment(refund.payment_id), settled)
    return settled
