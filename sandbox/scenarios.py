"""What happens by itself: the last two digits of an amount choose the outcome, for whoever cannot arm faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.books import Trade
from sandbox.box import Box
from sandbox.faults import Fault, call_fault, twist

NOTIFICATIONS = {71: "drop", 72: "repeat", 74: "drop"}
SILENT = 74  #: The channel breaks whenever it is asked about the payment, or to close it.
_ASKING = {"query", "close"}


def of_notification(box: Box, trade: Trade) -> Mapping[str, Any]:
    """This function will give the twist of the notification that this trade's amount asks for; empty for most."""
    kind = NOTIFICATIONS.get(_ending(box, trade))
    return {} if kind is None else twist(kind, {})


def of_call(box: Box, channel: str, call: str, number: str) -> Fault | None:
    """This function will give the fault of a call that the amount of its trade asks for; None for most."""
    if call not in _ASKING:
        return None
    trade = box.books.trade(channel, number)
    return call_fault("system_error", {}) if trade is not None and _ending(box, trade) == SILENT else None


def _ending(box: Box, trade: Trade) -> int:
    return trade.amount_minor % 100 if box.settings["amount_scenarios"] else 0
