"""The rows of the tour. The browser tests walk the same ones (tests/browser/test_tour.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.states import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What is so when the row has been walked: how many attempts, charges and returns, and where the order stands."""

    attempts: int = 1
    charged: int = 1
    returned: int = 0
    order: OrderState = OrderState.PAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A button of the tour: somebody pays the first code, whatever has happened since."""

    label: Promise
    force: bool  #: The channel takes the money although it said that this number is closed.
    billed: bool = False  #: Nobody is told; the day's bill is fetched and compared instead.


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way to lose money."""

    slug: str
    title: Promise
    danger: Promise  #: How money is lost this way elsewhere.
    steps: tuple[Promise, ...]
    see: Promise
    end: End = End()
    faults: tuple[dict[str, Any], ...] = ()
    act: Act | None = None
    seconds_left: int = 0  #: How long the order can still be paid; 0: as long as any.


_PAY_BY_PHONE = _("Open the code as the phone and pay it.")
_ANY_CODE = _("On the payment page choose a way to pay by code, and select Pay.")
_WECHAT = _("On the payment page choose WeChat Pay, and select Pay. Do not scan the code.")
_CANCEL = _("Open the order's page and cancel the order.")
_NO_ANSWER = {"channel": "wechat", "call": "create", "kind": "timeout_after", "wait_s": 8}
_PAY_FIRST = Act(label=_("Somebody pays the first code after all"), force=True)

ROWS = (
    Row(
        slug="double-click",
        title=_("The button is pressed twice"),
        danger=_("Each click starts a payment of its own, and both codes are payable."),
        steps=(
            _(
                "On the payment page choose a way to pay by code, and press Pay twice, quickly. The channel answers slowly."
            ),
            _PAY_BY_PHONE,
        ),
        see=_("One code, one attempt, one charge."),
        faults=({"call": "create", "kind": "slow", "wait_s": 3},),
    ),
    Row(
        slug="two-tabs",
        title=_("The page is open in two tabs"),
        danger=_("Each tab shows a code of its own. One is paid in the shop's queue, the other by mistake."),
        steps=(
            _("Open the payment page in two tabs. Select Pay in both, with the same way to pay."),
            _PAY_BY_PHONE,
        ),
        see=_("Both tabs show the same code and then the same receipt."),
    ),
    Row(
        slug="two-channels",
        title=_("WeChat Pay in one tab, Alipay in the other"),
        danger=_("Two channels know nothing of one another: each takes the money."),
        steps=(
            _("Open the payment page in two tabs. Choose WeChat Pay in the first and select Pay."),
            _(
                "Choose Alipay in the second and select Pay: it shows the payment that was started. Cancel it there, choose Alipay again, and pay that code by the phone."
            ),
            _("Come back here and let somebody pay the first code."),
        ),
        see=_("Alipay's code appears only when WeChat Pay has closed its own; the first code cannot be paid any more."),
        end=End(attempts=2),
        act=Act(label=_("Somebody pays the first code"), force=False),
    ),
    Row(
        slug="lost-callback",
        title=_("The channel's message is lost"),
        danger=_("The money is gone, the order stays unpaid, and the shopper pays again."),
        steps=(_ANY_CODE, _PAY_BY_PHONE),
        see=_("Within 15 seconds the page says that the payment was received: payhub asked by itself."),
        faults=({"call": "notify", "kind": "drop"},),
    ),
    Row(
        slug="late-callback",
        title=_("The channel's message comes late"),
        danger=_("The late message is booked as a second payment, or moves an order that has gone on since."),
        steps=(_ANY_CODE, _PAY_BY_PHONE, _("Wait for the late message: it comes after 20 seconds.")),
        see=_("The order is paid before the message comes, and the message changes nothing."),
        faults=({"call": "notify", "kind": "delay", "delay_s": 20},),
    ),
    Row(
        slug="unknown-close",
        title=_("No answer from the channel: close it"),
        danger=_("No answer is taken for no payment: a second code is shown while the first can still be paid."),
        steps=(
            _(
                "On the payment page choose WeChat Pay, and select Pay. The channel makes the payment, and its answer is lost."
            ),
            _("When the page says that we do not know the result yet, cancel this payment."),
            _("Pay again, any way you like."),
        ),
        see=_(
            "The page says that no money was taken only when the channel has confirmed it; then a new payment starts."
        ),
        end=End(attempts=2),
        faults=(_NO_ANSWER,),
    ),
    Row(
        slug="unknown-again",
        title=_("No answer, paid again, and the first one went through"),
        danger=_("The shopper is charged twice and has to prove it."),
        steps=(
            _("On the payment page choose WeChat Pay, and select Pay. From now on WeChat Pay answers nothing."),
            _(
                "When the page says that we do not know the result yet, cancel this payment. It cannot be confirmed either."
            ),
            _(
                "After a while the page offers: I was not charged, pay again. Say so, choose Alipay, and pay by the phone."
            ),
            _("Come back here and let the first payment go through."),
        ),
        see=_("You paid twice, and the page says so. The extra payment goes back by itself, without a person."),
        end=End(attempts=2, charged=2, returned=1),
        faults=(
            _NO_ANSWER,
            {"channel": "wechat", "call": "query", "kind": "timeout_before", "wait_s": 4, "count": None},
            {"channel": "wechat", "call": "close", "kind": "timeout_before", "wait_s": 4, "count": None},
        ),
        act=_PAY_FIRST,
    ),
    Row(
        slug="expired-paid",
        title=_("The time to pay is over, and then the money comes"),
        danger=_("The order is gone, the money is taken, and nobody looks after it."),
        steps=(
            _WECHAT,
            _("Wait until the page says that the time to pay has ended: this order has one minute left."),
            _("Come back here and let somebody pay the old code."),
        ),
        see=_("The late money is taken in, told to the shopper, and goes back by itself."),
        end=End(returned=1, order=OrderState.EXPIRED),
        act=_PAY_FIRST,
        seconds_left=60,
    ),
    Row(
        slug="refund-unknown",
        title=_("No answer to a refund"),
        danger=_("The refund is sent again under a new number, and the money goes back twice."),
        steps=(
            _WECHAT,
            _CANCEL,
            _(
                "Come back here and let somebody pay the old code: the money goes back, and the channel's answer to that is lost."
            ),
        ),
        see=_(
            "The page says that the refund awaits confirmation. payhub asks, never sends it under another number, and the money goes back once."
        ),
        end=End(returned=1, order=OrderState.CANCELLED),
        faults=(
            {"call": "refund", "kind": "timeout_after", "wait_s": 12},
            {"call": "notify", "kind": "drop", "skip": 1},  # the payment is told, its return is not
        ),
        act=_PAY_FIRST,
    ),
    Row(
        slug="found-by-bill",
        title=_("Only the bill knows"),
        danger=_(
            "Nobody asks about a closed number any more, and the money stays where it is until somebody complains."
        ),
        steps=(
            _WECHAT,
            _CANCEL,
            _(
                "Come back here and let somebody pay the old code: the channel tells nobody, and then the day's bill is compared with the books."
            ),
        ),
        see=_(
            "The bill's line is a fact like any other: the money is taken in, told to the shopper, and goes back by itself."
        ),
        end=End(returned=1, order=OrderState.CANCELLED),
        act=Act(label=_("Somebody pays the old code, and the bill comes"), force=True, billed=True),
    ),
)
BY_SLUG = {row.slug: row for row in ROWS}
