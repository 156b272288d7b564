"""The pages of the desk that are measured, with the rows that they are about."""

from __future__ import annotations

from cashier.models import Attempt, Payment, Refund
from orders.models import Complaint, Order

_LISTS = (
    "orders/order", "cashier/payment", "cashier/attempt", "cashier/refund", "cashier/channelfact", "cashier/ledgerentry",
    "outbox/event", "outbox/delivery", "trail/operationrecord", "review/reviewitem", "orders/complaint",
)  # fmt: skip
# Lists as people filter them: what most rows are, what hardly any is, and what none is.
_FILTERED = (
    "orders/order/?state=FULFILLED", "orders/order/?state=AWAITING_PAYMENT", "orders/order/?state=PARTLY_REFUNDED",
    "cashier/payment/?state=OPEN", "cashier/attempt/?state=UNKNOWN", "cashier/attempt/?state=CLOSING",
    "cashier/attempt/?surplus__exact=1", "cashier/attempt/?account__channel=stripe", "cashier/refund/?queue=awaiting",
    "cashier/refund/?queue=stuck", "cashier/refund/?is_surplus__exact=1&state=SUCCEEDED",
    "outbox/delivery/?state=PARKED", "cashier/channelfact/?verdict=CONTRADICTS", "review/reviewitem/?open=all",
    "review/reviewitem/?kind=UNKNOWN_PAYMENT", "orders/complaint/?queue=mine", "orders/complaint/?queue=overdue",
    "orders/complaint/?queue=duplicates", "orders/complaint/?queue=all", "orders/complaint/?queue=refunding",
)  # fmt: skip


def pages() -> list[str]:
    """Return the addresses, in the order in which they are shown."""
    case = Complaint.objects.filter(kind="DUPLICATE", source="SYSTEM").select_related("order").latest("pk")
    order = Order.objects.filter(state="FULFILLED").latest("pk")
    payment = Payment.objects.get(payment_no=order.payment_no)
    attempt = Attempt.objects.filter(payment=payment).latest("pk")
    refund = Refund.objects.latest("pk")
    found = [
        f"orders/complaint/?q={number}"
        for number in (case.complaint_no, case.order.order_no, attempt.channel_trade_no, "128.00", order.contact[-4:])
    ]
    found += [
        f"orders/order/?q={order.order_no}",
        f"cashier/payment/?q={order.order_no}",
        f"cashier/attempt/?q={attempt.channel_trade_no}",
        f"cashier/refund/?q={refund.refund_no}",
        f"outbox/event/?q=payment:{payment.payment_no}",
        f"trail/operationrecord/?q={case.subject}",
        f"cashier/ledgerentry/?q=return:{refund.refund_no}",
        f"orders/complaint/{case.pk}/change/",
        f"orders/order/{order.pk}/change/",
        f"cashier/payment/{payment.pk}/change/",
        f"cashier/attempt/{attempt.pk}/change/",
        f"cashier/refund/{refund.pk}/change/",
    ]
    return [f"/admin/{page}" for page in ("", *(f"{name}/" for name in _LISTS), *_FILTERED, *found)]
