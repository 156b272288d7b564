"""Words of the counter that are chosen by a value: headlines, tags, names of channels and methods, short answers."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from cashier.channels.base import Outcome
from cashier.models import Attempt
from cashier.states import RefundState
from cashier.web.page_state import Ending, Name, PageState

# The headline says the outcome; the tag is an adjective; the tone is a colour that never stands alone.
_HEADLINES = {
    Name.READY: _("Pay %(merchant)s"),
    Name.WAITING_QR: _("Scan to pay with %(channel)s"),
    Name.CODE_EXPIRED: _("This code has expired"),
    Name.WAITING_CHANNEL: _("Finish paying at %(channel)s"),
    Name.WAITING_BRIDGE: _("Pay with %(channel)s"),
    Name.PROCESSING: _("We are preparing your payment"),
    Name.UNKNOWN: _("We do not know the result yet"),
    Name.CLOSING: _("Cancelling this payment"),
    Name.FAILED: _("The payment did not go through"),
    Name.CANCELLED: _("Payment cancelled"),
    Name.EXPIRED: _("The time to pay has ended"),
    Name.SUCCEEDED: _("Payment received"),
    Name.ALREADY_PAID: _("This order is already paid"),
    Name.PAID_LATE: _("We received your payment after the order closed"),
    Name.LATE_REFUNDED: _("Your late payment was returned"),
    Name.DUPLICATE_REFUNDING: _("You paid twice. We are returning the extra payment"),
    Name.DUPLICATE_REFUNDED: _("You paid twice. The extra payment was returned"),
    Name.REFUNDING: _("Refund in progress"),
    Name.REFUNDED: _("Refunded"),
    Name.PART_REFUNDED: _("Partly refunded"),
}
_ENDING_HEADLINES = {
    Ending.GIVEN_UP: _("Cancelling this payment"),
    Ending.CODE_OVER: _("Checking the code that has expired"),
    Ending.TIME_OVER: _("The time to pay has ended. We are checking"),
    Ending.CANCELLED: _("%(merchant)s cancelled this order. We are checking"),
}
_TAGS = {
    Name.READY: (_("Ready"), "calm"),
    Name.WAITING_QR: (_("Awaiting payment"), "calm"),
    Name.CODE_EXPIRED: (_("Expired"), "calm"),
    Name.WAITING_CHANNEL: (_("Awaiting payment"), "calm"),
    Name.WAITING_BRIDGE: (_("Awaiting payment"), "calm"),
    Name.PROCESSING: (_("Processing"), "calm"),
    Name.UNKNOWN: (_("Not confirmed"), "open"),
    Name.CLOSING: (_("Closing"), "open"),
    Name.FAILED: (_("Failed"), "bad"),
    Name.CANCELLED: (_("Cancelled"), "calm"),
    Name.EXPIRED: (_("Expired"), "calm"),
    Name.SUCCEEDED: (_("Paid"), "good"),
    Name.ALREADY_PAID: (_("Paid"), "good"),
    Name.PAID_LATE: (_("Paid late"), "open"),
    Name.LATE_REFUNDED: (_("Refunded"), "good"),
    Name.DUPLICATE_REFUNDING: (_("Paid, extra on its way back"), "open"),
    Name.DUPLICATE_REFUNDED: (_("Paid, extra returned"), "good"),
    Name.REFUNDING: (_("Refunding"), "open"),
    Name.REFUNDED: (_("Refunded"), "good"),
    Name.PART_REFUNDED: (_("Partly refunded"), "good"),
}


class Headline(NamedTuple):
    """The first thing that the page says."""

    text: str
    tag: str
    tone: str


def headline(state: PageState, merchant: str) -> Headline:
    """Return headline, tag and tone of the page."""
    text = _ENDING_HEADLINES[state.ending] if state.ending else _HEADLINES[state.name]
    channel = channel_name(state.attempt.account.channel) if state.attempt else ""
    tag, tone = _TAGS[state.name]
    return Headline(str(text) % {"merchant": merchant, "channel": channel}, str(tag), tone)


_CHANNELS = {
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
    "unionpay": _("UnionPay"),
    "stripe": _("Bank card"),
}
_HINTS = {
    "wechat.native": _("Scan a code with WeChat"),
    "wechat.h5": _("Open the WeChat app"),
    "wechat.jsapi": _("Pay here, in WeChat"),
    "alipay.precreate": _("Scan a code with Alipay"),
    "alipay.page": _("Log in at Alipay's own page"),
    "alipay.wap": _("Open the Alipay app"),
    "unionpay.gateway": _("Bank card, at UnionPay's own page"),
    "unionpay.qr": _("Scan a code with the UnionPay app or your bank's app"),
    "stripe.checkout": _("Visa, Mastercard and others, at Stripe's own page"),
}
_PHONE_HINTS = {
    "wechat.native": _("Scan a code with WeChat on another phone"),
    "alipay.precreate": _("Show a code, or open it in the Alipay app"),
}
# Where a shopper sees for themselves whether they were charged.
_WHERE_TO_LOOK = {
    "wechat": _("WeChat: Me › Services › Wallet › Bills"),
    "alipay": _("Alipay: My › Bills"),
}
_WHERE_ELSE_TO_LOOK = _("Your bank's app, or its text messages")


def channel_name(channel: str) -> str:
    """Return the channel's name for people."""
    return str(_CHANNELS.get(channel, channel))


def method_hint(channel: str, method: str, *, on_phone: bool) -> str:
    """Return how one pays by this method, or nothing where the name says it all."""
    code = f"{channel}.{method}"
    hints = {**_HINTS, **_PHONE_HINTS} if on_phone else _HINTS
    return str(hints.get(code, ""))


def where_to_look(channel: str) -> str:
    """Return where the shopper finds their charges at this channel."""
    return str(_WHERE_TO_LOOK.get(channel, _WHERE_ELSE_TO_LOOK))


_ANSWERS = {
    Outcome.IN_PROGRESS: _("not paid yet"),
    Outcome.NOT_FOUND: _("nothing known of it yet"),
    Outcome.UNKNOWN: _("no clear answer"),
    Outcome.REFUSED: _("no clear answer"),
}


class Check(NamedTuple):
    """One query and what the channel answered."""

    at: datetime
    answer: str


def checks_of(attempt: Attempt) -> list[Check]:
    """Return the last queries that brought no end, oldest first."""
    return [Check(datetime.fromisoformat(at), str(_ANSWERS[Outcome(outcome)])) for at, outcome in attempt.answers]


_REFUNDS = {
    RefundState.REQUESTED: _("Awaiting a decision"),
    RefundState.APPROVED: _("Approved, being sent"),
    RefundState.SUBMITTED: _("Sent, awaiting confirmation"),
    RefundState.UNKNOWN: _("Refund not confirmed yet"),
    RefundState.SUCCEEDED: _("Returned"),
    RefundState.FAILED: _("Delayed: the channel did not take it. Our staff are on it"),
    RefundState.REJECTED: _("Being looked at by our staff"),
    RefundState.WITHDRAWN: _("Settled in another way; ask the shop"),
    RefundState.LAPSED: _("Being looked at by our staff"),
}


def refund_words(state: str) -> str:
    """Return where a refund stands, for the person who gets the money."""
    return str(_REFUNDS[RefundState(state)])


# What a click was answered, by the code of the refusal (cashier.errors) or of the thing said here.
SAID = {
    "refused": _("This was not possible. The page shows how your payment stands now."),
    "already_paid": _("This order is already paid. We stopped the second payment."),
    "payment_ended": _("The time to pay has ended, or the order was cancelled. No new payment was started."),
    "method_unavailable": _("This way to pay is not available. No new payment was started; choose another."),
    "channel_down": _("This way to pay does not answer at the moment. No new payment was started; choose another."),
    "channel_busy": _("Too many people are paying this way at the moment. Wait a few seconds, or choose another."),
    "asked_too_often": _("The channel was asked a moment ago. Wait a few seconds, then check again."),
    "cannot_close": _("This channel cannot cancel a payment in progress. Wait until its time is over."),
    "may_not_pay_again": _("The earlier payment may still go through, so no second one was started. We keep asking."),
    "may_not_extend": _("The time to pay cannot be extended now. The page says until when you can pay."),
    "extended": _("You have more time now. The page says until when."),
    "charged": _("Thank you. We have noted that you see a charge. Do not pay again: we are looking into it."),
    "not_sure": _("We keep checking. Come back to this page; it always shows how your payment stands."),
    "choose_first": _("Choose how you want to pay, then select Pay."),
    "same_attempt": _("A payment for this order was already started. This is that payment; you are charged once."),
    "asked": _("We have just asked the channel. Below is what it says."),
}
