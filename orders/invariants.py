"""What must always hold of product orders. An auditor compares both sides, so these read the payment centre's tables."""

from __future__ import annotations

from payhub.invariants import Invariant

_UNPAID = "('AWAITING_PAYMENT', 'CANCELLED', 'EXPIRED')"
_PAYMENT = "JOIN cashier_payment p ON p.merchant_id = o.merchant_id AND p.merchant_order_no = o.order_no"

INVARIANTS = [
    Invariant(
        code="F1o",
        says="A paid order has a paid payment of the same amount.",
        checked=f"SELECT id FROM orders_order WHERE state NOT IN {_UNPAID}",  # noqa: S608 - our own SQL
        broken=f"SELECT o.order_no FROM orders_order o LEFT {_PAYMENT} WHERE o.state NOT IN {_UNPAID} AND "  # noqa: S608 - our own SQL
        "(p.state IS DISTINCT FROM 'PAID' OR p.payment_no <> o.payment_no OR p.amount_minor <> o.amount_minor "
        "OR p.currency <> o.currency)",
    ),
    Invariant(
        code="F1p",
        says="Ten minutes after its payment was paid an order is paid, or a person has been told.",
        checked=f"SELECT o.id FROM orders_order o {_PAYMENT} WHERE p.state = 'PAID'",  # noqa: S608 - our own SQL
        broken=f"SELECT o.order_no FROM orders_order o {_PAYMENT} WHERE p.state = 'PAID' AND o.state IN {_UNPAID} "  # noqa: S608 - our own SQL
        "AND p.paid_at < %(now)s - interval '10 minutes' AND NOT EXISTS (SELECT 1 FROM review_reviewitem i "
        "WHERE i.subject = 'order:' || o.order_no AND i.kind = 'UNPAYABLE_ORDER')",
    ),
    Invariant(
        code="F1q",
        says="An order is paid once: its trail says so once.",
        checked=f"SELECT id FROM orders_order WHERE state NOT IN {_UNPAID}",  # noqa: S608 - our own SQL
        broken="SELECT subject FROM trail_operationrecord WHERE action IN ('order.paid', 'order.paid_late') "
        "GROUP BY subject HAVING count(*) > 1",
    ),
    Invariant(
        code="L1o",
        says="No order is overdue by more than ten minutes to be compared with its payment.",
        checked="SELECT id FROM orders_order WHERE ask_at IS NOT NULL",
        broken="SELECT order_no FROM orders_order WHERE ask_at < %(now)s - interval '10 minutes'",
    ),
]
