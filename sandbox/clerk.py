"""What differs from channel to channel when people pay: numbers, what is told to the merchant, the way back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.books import Payment, Refund, Trade

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a notification tells, frozen when it happened. Repeats carry the same event_id."""

    event_id: str
    created_at: float
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A notification as it is posted."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """How the phone gets back to the shop: an address to open, or (with fields) to post a form to."""

    url: str
    fields: Mapping[str, str] = field(default_factory=dict)


class Clerk(ABC):
    """One channel's clerk. Lists are of notifications: usually one or none, at Stripe several."""

    title: str  #: The channel's name on its pages.
    colour: str
    waits_s: tuple[float, ...]  #: The pauses before a notification's repeats.
    timeout_s: float  #: How long the merchant may take to acknowledge one.

    @abstractmethod
    def fresh_no(self, trade: Trade) -> str:
        """This function will give a fresh number of the channel's own for the trade."""

    def payment_no(self, trade: Trade, *, is_first: bool) -> str:
        """This function will give a payment's number: the first one has the trade's, where that has one already."""
        return trade.trade_no if trade.trade_no and is_first else self.fresh_no(trade)

    def address(self, url: str) -> str:
        """This function will give where a notification goes that the merchant wants at `url`; empty: nowhere."""
        return url

    @abstractmethod
    def payment(self, trade: Trade, payment: Payment) -> Sequence[Content]:
        """This function will give what is told of a payment."""

    @abstractmethod
    def refund(self, trade: Trade, payment: Payment, refund: Refund) -> Sequence[Content]:
        """This function will give what is told of a refund's end."""

    @abstractmethod
    def envelope(self, event: Event, signature: str) -> Envelope:
        """This function will sign now; signature is "true", "bad_signature" or "probe"."""

    @abstractmethod
    def acknowledged(self, status: int, body: bytes) -> bool:
        """This function will tell whether the merchant's answer ends the repeats."""

    def closed(self, trade: Trade) -> Sequence[Content]:
        """This function will give what is told of a trade closed unpaid."""
        return []

    def declined(self, trade: Trade) -> Sequence[Content]:
        """This function will give what is told of a person who did not pay."""
        return []

    def begins_when_opened(self, trade: Trade) -> bool:
        """This function will tell whether opening the page is enough for the trade to come into being."""
        return True

    def returns_after_s(self, trade: Trade, payment: Payment) -> float | None:
        """This function will tell after how long the channel returns the money by itself; None: it keeps it."""
        return None

    def pass_time(self, now: float) -> float | None:
        """This function will do what the channel does by itself as the books' time passes, and say when it is next to."""
        return None

    def way_back(self, trade: Trade, payment: Payment | None) -> WayBack | None:
        """This function will give the way from the pay page back to the shop."""
        return None
