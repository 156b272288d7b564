"""The rows of the payment centre, one thing a file."""

from __future__ import annotations

from cashier.models.attempt import Attempt
from cashier.models.channel_account import ChannelAccount
from cashier.models.channel_fact import ChannelFact
from cashier.models.ledger import LedgerEntry
from cashier.models.ledger_balance import LedgerBalance
from cashier.models.payment import Payment
from cashier.models.pending_query import PendingQuery
from cashier.models.refund import Refund

__all__ = [
    "Attempt",
    "ChannelAccount",
    "ChannelFact",
    "LedgerBalance",
    "LedgerEntry",
    "Payment",
    "PendingQuery",
    "Refund",
]
