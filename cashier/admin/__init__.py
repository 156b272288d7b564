"""The back office's screens of the payment centre."""

from __future__ import annotations

from cashier.admin.attempt import AttemptAdmin
from cashier.admin.channel_account import ChannelAccountAdmin
from cashier.admin.channel_fact import ChannelFactAdmin
from cashier.admin.ledger import LedgerEntryAdmin
from cashier.admin.ledger_balance import LedgerBalanceAdmin
from cashier.admin.payment import PaymentAdmin
from cashier.admin.pending_query import PendingQueryAdmin
from cashier.admin.refund import RefundAdmin

__all__ = ["AttemptAdmin", "ChannelAccountAdmin", "ChannelFactAdmin", "LedgerEntryAdmin", "PaymentAdmin"]
__all__ += ["LedgerBalanceAdmin", "PendingQueryAdmin", "RefundAdmin"]
