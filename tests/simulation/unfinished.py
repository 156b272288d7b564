"""What is left to do: nothing, when everything has come to rest."""

from __future__ import annotations

UNFINISHED = """
SELECT 'payment', payment_no, state FROM cashier_payment WHERE state = 'OPEN'
UNION ALL SELECT 'order', order_no, state FROM orders_order WHERE state = 'AWAITING_PAYMENT'
UNION ALL SELECT 'attempt', attempt_no, state FROM cashier_attempt WHERE state IN ('PAYING', 'CLOSING', 'UNKNOWN')
UNION ALL SELECT 'refund', refund_no, state FROM cashier_refund
    WHERE state IN ('REQUESTED', 'APPROVED', 'SUBMITTED', 'UNKNOWN', 'FAILED')
UNION ALL SELECT 'query', id::text, channel FROM cashier_pendingquery
UNION ALL SELECT 'delivery', id::text, state FROM outbox_delivery WHERE state <> 'DONE'
ORDER BY 1, 2
"""
