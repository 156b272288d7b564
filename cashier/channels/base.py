"""What every channel adapter is: the Protocol, the values that go in, the facts that come out.

An adapter is plain Python. It gets its account's settings, an HTTP client, a clock and a source of nonces handed
in, so that it can be tested without a network and played under a seeded clock. It never decides what a fact means
for a payment: `cashier.services.settle` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, BinaryIO, NamedTuple, Protocol

import httpx

from payhub.money import Money

PREPAY_TIMEOUT_S = 5.0
QUERY_TIMEOUT_S = 3.0
REFUND_TIMEOUT_S = 10.0


class Outcome(StrEnum):
    """What an answer, a notification or a bill line says of a payment (or, with `refund_no`, of a refund).

    The five results of a call that could move money: PAID is success; FAILED and CLOSED are definite failure;
    IN_PROGRESS and NOT_FOUND are "in progress"; UNKNOWN is unknown; REFUSED is a refused configuration.
    """

    PAID = "PAID"  #: The money moved (payment collected, or refund returned).
    FAILED = "FAILED"  #: The channel says for certain that this number will never be paid (or returned).
    CLOSED = "CLOSED"  #: The channel says for certain that it closed this number unpaid.
    IN_PROGRESS = "IN_PROGRESS"  #: Known to the channel, no end yet (not paid yet, password being typed, accepted).
    NOT_FOUND = "NOT_FOUND"  #: The channel knows no such number. Proves nothing while a create may be in flight.
    UNKNOWN = "UNKNOWN"  #: No answer, an unreadable one, a bad signature, "system error", any code not in the table.
    #: The channel refused our signature, id, permission or parameters. This call moved nothing; an earlier one with the
    #: same number may have, so it proves no end.
    REFUSED = "REFUSED"


class PresentationKind(StrEnum):
    """How the shopper gets from the counter to the channel."""

    QR = "QR"  #: `content` is the text of a QR code.
    REDIRECT = "REDIRECT"  #: `content` is an address to open in the same tab.
    FORM = "FORM"  #: `content` is an address to post `fields` to, in the same tab.
    BRIDGE = "BRIDGE"  #: `fields` are handed to the function `content` that the channel's in-app browser offers.


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """What the counter shows so that the shopper can pay."""

    kind: PresentationKind
    content: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to pay at a channel, and what it can do. Services branch on these, never on names."""

    code: str
    letter: str  #: Its letter in our attempt numbers, unique within the channel.
    presentation: PresentationKind
    code_lifetime_s: int  #: How long a code or page stays payable; sent to the channel as an absolute deadline.
    can_close: bool = True
    #: The channel itself refuses payment after the deadline sent at creation. Else only its own word is an end.
    hard_expiry: bool = True
    idempotent_create: bool = True  #: The same create, byte for byte, gives the same trade again.
    idempotent_refund: bool = True  #: The same refund number returns the money once.
    needs_payer_id: bool = False  #: The channel must be told beforehand who is to pay (`Trade.payer_id`).


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One attempt as the channel needs it. Everything is fixed when the attempt is made, so that a repeated create
    is identical; only `channel_trade_no` and `memo` (what the channel gave us to keep) come later."""

    attempt_no: str
    method: str
    amount: Money
    title: str
    created_at: datetime
    expires_at: datetime
    notify_url: str
    return_url: str
    shopper_ip: str = ""
    #: Who is to pay, where a method must know it beforehand (WeChat Pay's openid). Personal: never in a log or a fact.
    payer_id: str = field(default="", repr=False)
    channel_trade_no: str = ""
    memo: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One refund as the channel needs it; its number never changes."""

    refund_no: str
    trade: Trade
    amount: Money
    paid: Money  #: What was really collected by this trade (differs from `trade.amount` on a wrong amount).
    reason: str
    first_sent_at: datetime  #: The same at every repeat and query (UnionPay: about now at first, then its identity).
    notify_url: str
    memo: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that a channel said about one payment or refund, checked and translated."""

    outcome: Outcome
    attempt_no: str
    refund_no: str = ""
    amount: Money | None = None  #: Collected or returned; required when `outcome` is PAID.
    channel_trade_no: str = ""
    occurred_at: datetime | None = None  #: The channel's own time of it.
    code: str = ""  #: The channel's own code, for support.
    message: str = ""  #: The channel's own words, for support.
    memo: Mapping[str, str] = field(default_factory=dict)  #: What the adapter wants back with the next call.
    raw: Mapping[str, Any] = field(default_factory=dict)  #: The message as evidence; no secrets, no payer's names.

    def __post_init__(self) -> None:
        if self.outcome is Outcome.PAID and self.amount is None:
            raise ValueError("A fact that says PAID must say how much.")
        for name in ("attempt_no", "refund_no", "channel_trade_no", "code", "message", "memo", "raw"):
            object.__setattr__(self, name, _storable(getattr(self, name)))


def _storable(value: Any) -> Any:
    """Replace what a database cannot hold (zero bytes, half surrogates): no such text may undo a money fact."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "?")
    if isinstance(value, Mapping):
        return {_storable(name): _storable(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(member) for member in value]
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The answer to a create: `presentation` is there exactly when the shopper can pay now (fact IN_PROGRESS)."""

    fact: Fact
    presentation: Presentation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A message that somebody posted to an account's notification address. Header names are lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the channel is answered."""

    status: int
    body: bytes
    content_type: str = "text/plain"


class Refusal(StrEnum):
    """Why a notification is not believed: stable words for the log and the counter."""

    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    UNKNOWN_SERIAL = "unknown_serial"
    UNKNOWN_SIGNER = "unknown_signer"
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    UNDECRYPTABLE = "undecryptable"
    OTHER_ACCOUNT = "other_account"
    UNKNOWN_EVENT = "unknown_event"
    OTHER_CURRENCY = "other_currency"

    @property
    def sentence(self) -> str:
        """What it means and what to look at, for the log."""
        return _REFUSAL_SENTENCES[self]


_REFUSAL_SENTENCES = {
    Refusal.TOO_LARGE: "It is larger than any message of a channel; it was not read.",
    Refusal.MALFORMED: "It cannot be read.",
    Refusal.UNSIGNED: "It is not signed.",
    Refusal.UNKNOWN_SERIAL: "It is signed with a key or certificate that we do not know (a new one is learned from the "
    "next answer).",
    Refusal.UNKNOWN_SIGNER: "It brings a certificate that is not the channel's, or not valid now.",
    Refusal.BAD_SIGNATURE: "The channel did not sign exactly this.",
    Refusal.STALE: "It was signed more than five minutes before or after our time: it is old, or one of the clocks is wrong.",
    Refusal.UNDECRYPTABLE: "The channel signed it, but our key does not open it: compare the account's key with the channel's.",
    Refusal.OTHER_ACCOUNT: "The channel signed it, but it is about another merchant, app or mode.",
    Refusal.UNKNOWN_EVENT: "The channel signed it, but it is about something that we do not follow.",
    Refusal.OTHER_CURRENCY: "The channel signed it, but it speaks of a currency that the account does not have.",
}


class NotificationRefused(Exception):
    """The message is not a well-formed, fresh, correctly signed message for this account. Nothing was changed."""

    def __init__(self, code: Refusal, detail: str = "") -> None:
        super().__init__(f"{code.sentence} {detail}".strip())
        self.code = code


class BillKind(StrEnum):
    """Which way the money of a bill line went."""

    PAYMENT = "PAYMENT"
    REFUND = "REFUND"


class BillLine(NamedTuple):
    """One payment or refund as the channel's bill has it. Numbers that are not ours stay as they are.

    A tuple, because there are a million a day: a frozen dataclass takes three times as long to make.
    """

    row: int  #: Its line in the bill, from 1, for people who look there.
    kind: BillKind
    attempt_no: str  #: Empty where the bill names none of ours.
    amount: Money  #: Positive, for refunds too.
    refund_no: str = ""
    fee: Money | None = None  #: What the channel keeps (negative: gives back); None where the bill does not say.
    channel_trade_no: str = ""  #: The same number as in the facts of this payment.
    channel_refund_no: str = ""
    occurred_at: datetime | None = None
    state: str = ""  #: The channel's own word.
    is_final: bool = True  #: False: the channel accepted it, and the bill does not say that the money moved.


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableLine:
    """A line of a bill that could not be read: it is reported, never dropped."""

    row: int
    reason: str


class BillNotReady(Exception):
    """The channel has not made this bill yet; ask again in half an hour."""


class BillUnusable(Exception):
    """The bill could not be fetched, or its checksum, shape or totals are wrong; nothing of it may be booked."""


class Http(Protocol):
    """The client that adapters get. Raises httpx.HTTPError for everything that is not an answer."""

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"", timeout_s: float
    ) -> httpx.Response: ...

    def fetch(self, url: str, *, headers: Mapping[str, str], timeout_s: float, into: BinaryIO) -> int:
        """Copy what an address holds into a file, piece by piece; return the status (nothing is copied but of 200)."""


class Channel(Protocol):
    """One channel account, ready to be called. Calls never raise for what a channel may do: they return a Fact."""

    code: str
    letter: str  #: Its letter in our attempt numbers, unique among channels.
    methods: Mapping[str, Method]

    def create(self, trade: Trade) -> Created:
        """Open the trade at the channel. A repeated number that may be paid already gives UNKNOWN: query."""

    def query(self, trade: Trade) -> Fact:
        """Ask what the trade is. PAID, FAILED and CLOSED only from an authenticated answer."""

    def close(self, trade: Trade) -> Fact:
        """Ask the channel to close the unpaid trade. CLOSED when it says that it did; the caller confirms by query."""

    def refund(self, order: Return) -> Fact:
        """Ask for money back. IN_PROGRESS when accepted; PAID only when the answer is final."""

    def query_refund(self, order: Return) -> Fact:
        """Ask what became of a refund."""

    def bill_starts_at(self, day: date) -> datetime:
        """Return when the channel's own day `day` begins (Beijing midnight; 23:00 before it; UTC midnight)."""

    def fetch_bill(self, day: date, into: BinaryIO) -> bool:
        """Fetch the channel's bill of one day of its own into a file, as it comes, and verify its checksum.

        False: the channel says that there were no trades, and `into` is empty. Raises BillNotReady, BillUnusable.
        """

    def read_bill(self, file: BinaryIO, day: date) -> Iterator[BillLine | UnreadableLine]:
        """Give the lines of a fetched (or uploaded) bill in order; memory does not grow with the file.

        Raises BillUnusable when it is another account's or day's, or broken, and after the last line when the totals
        are not the sums of its lines: nothing of it may be booked then.
        """

    def read_notification(self, notification: Notification) -> Fact:
        """Authenticate and translate; raise NotificationRefused otherwise. Fails closed, there is no default."""

    def accept(self) -> Reply:
        """The answer that stops the channel from repeating a notification; sent only after the commit."""

    def refuse(self, code: Refusal) -> Reply:
        """The answer that makes the channel repeat it, or shows a forger nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What an adapter is built from."""

    settings: Mapping[str, str]  #: The account's ids, addresses, keys (PEM) and secrets.
    http: Http
    now: Callable[[], datetime]
    nonce: Callable[[], str]
