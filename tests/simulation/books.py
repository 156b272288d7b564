"""The oracle: what really happened at the two channels. Plain values; shares no code with payhub."""

from __future__ import annotations

from dataclasses import dataclass, field

# (method, can be closed)
METHODS = {"qr": True, "page": True, "bank": False}


@dataclass
class GivenBack:
    """One refund in a channel's books."""

    refund_no: str
    minor: int
    state: str = "ACCEPTED"  # -> RETURNED | REFUSED
    ended_at: int = 0


@dataclass
class Deal:
    """One trade in a channel's books."""

    number: str
    account: str
    method: str
    minor: int
    until: int  # virtual microseconds
    opened_at: int
    state: str = "OPEN"  # -> CLOSED | DECLINED
    broke_its_word: bool = False
    shown_at: int | None = None  # to a shopper, by payhub
    receipts: dict[str, int] = field(default_factory=dict)  # the channel's number -> minor
    received_at: dict[str, int] = field(default_factory=dict)  # the same
    paid_at: int | None = None
    refunds: dict[str, GivenBack] = field(default_factory=dict)

    def is_payable(self, now: int) -> bool:
        """Whether the channel would take money for it."""
        return self.state == "OPEN" and not self.receipts and now < self.until

    @property
    def received(self) -> int:
        """What it collected."""
        return sum(self.receipts.values())

    @property
    def returned(self) -> int:
        """What it gave back."""
        return sum(refund.minor for refund in self.refunds.values() if refund.state == "RETURNED")

    @property
    def promised(self) -> int:
        """What it gave back or will."""
        return sum(refund.minor for refund in self.refunds.values() if refund.state != "REFUSED")


@dataclass(frozen=True)
class Stray:
    """Money that an account received under a number that is not its own."""

    account: str
    number: str
    trade_no: str
    minor: int
    at: int


class Books:
    """All trades of all channels of one history, by number."""

    def __init__(self) -> None:
        self.deals: dict[str, Deal] = {}
        self.strays: list[Stray] = []
        self.refused_at: dict[str, int] = {}  # refund number -> virtual microseconds
        self.complaint = ""  # the first thing that no merchant may do to a channel

    def open(self, deal: Deal) -> Deal:
        """Book a trade; the same number again is the same trade."""
        known = self.deals.setdefault(deal.number, deal)
        if (known.account, known.method, known.minor) != (deal.account, deal.method, deal.minor):
            self.complain(f"{deal.number} was opened again with other contents")
        return known

    def state(self, number: str, now: int) -> str:
        """Return NONE, OPEN, PAID, CLOSED or DECLINED."""
        deal = self.deals.get(number)
        if deal is None:
            return "NONE"
        if deal.receipts:
            return "PAID"
        return "CLOSED" if deal.state == "OPEN" and now >= deal.until else deal.state

    def collect(self, number: str, minor: int, now: int) -> str:
        """Take money and return the channel's number of it."""
        deal = self.deals[number]
        trade_no = f"T{number}{len(deal.receipts)}"
        deal.receipts[trade_no] = minor
        deal.received_at[trade_no] = now
        deal.paid_at = now
        return trade_no

    def close(self, number: str, now: int) -> str:
        """Close an unpaid trade; return the state it is in then."""
        if self.state(number, now) == "OPEN":
            self.deals[number].state = "CLOSED"
        return self.state(number, now)

    def give_back(self, number: str, refund_no: str, minor: int) -> tuple[GivenBack | None, bool]:
        """Accept a refund and tell whether that is news; the same number again is the same refund, unless it was
        refused. None: there is no such trade."""
        deal = self.deals.get(number)
        if deal is None:
            return None, False
        known = deal.refunds.get(refund_no)
        if known is not None and known.minor != minor:
            self.complain(f"{refund_no} was sent again with another amount")
        if known is not None and known.state != "REFUSED":
            return known, False
        if deal.promised + minor > deal.received:
            self.complain(f"{refund_no} asks for more than {number} collected")
        deal.refunds[refund_no] = GivenBack(refund_no, minor)
        return deal.refunds[refund_no], True

    def complain(self, what: str) -> None:
        """Note what must never happen."""
        self.complaint = self.complaint or what

    def net(self, account: str) -> int:
        """Return what the channel holds for an account."""
        own = sum(deal.received - deal.returned for deal in self.deals.values() if deal.account == account)
        return own + sum(stray.minor for stray in self.strays if stray.account == account)
