"""A small world: a merchant, two played channels, shoppers, staff, a beat that ticks when it is told to.

Its people do what people do through the public functions and the real notification address; what then holds is
asked of `tests.played.oracle`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Min
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve

from cashier import public
from cashier.channels.base import Notification
from cashier.errors import CashierError, MayNotPayAgain
from cashier.models import Attempt, ChannelAccount, ChannelFact, Payment, PendingQuery, Refund
from cashier.models.refund import RefundReason
from cashier.services import end_payment, query, refund
from cashier.services.channel_calls import channel_of
from cashier.services.pay import Choice, pay
from cashier.services.pay_again import Declaration, pay_again
from cashier.services.settle import settle
from cashier.states import PAYING_VERDICTS, SURPLUS, FactSource, PaymentState, RefundState
from payhub.merchants.models import Merchant
from payhub.money import Money
from payhub.outbox.deliver import deliver_due
from payhub.outbox.models import Delivery, DeliveryState
from tests.conftest import MovedClock, staff
from tests.played.channel import Books, Call, Killed
from tests.played.oracle import unknown_before_the_bill

PEOPLE = ("asks", "first", "second", "third")
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class News:
    """A receipt of the channel that it will notify us of."""

    channel: str
    attempt_no: str
    channel_trade_no: str


@dataclass
class World:
    """Everybody and everything around the payment centre."""

    merchant: Merchant
    accounts: Mapping[str, ChannelAccount]  # by channel
    sides: Mapping[str, Books]
    clock: MovedClock
    people: list[User] = field(default_factory=list)
    payments: list[int] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    paid_by: dict[int, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.people = [staff(name) for name in PEOPLE]

    # Shoppers -----------------------------------------------------------------------------------------------------

    def opens_a_payment(self, minor: int = 12_800, lifetime_s: int = 1800) -> Payment:
        """A merchant's order asks for a payment."""
        view = public.open_payment(
            merchant_id=self.merchant.pk,
            merchant_order_no=f"order-{len(self.payments)}",
            money=Money(minor, "CNY"),
            title="Two books",
            return_url="https://shop.example/back",
            expires_at=self.clock() + timedelta(seconds=lifetime_s),
            actor="merchant:lantern",
            now=self.clock(),
        )
        payment = Payment.objects.get(payment_no=view.payment_no)
        self.payments.append(payment.pk)
        return payment

    def clicks(self, payment_id: int, channel: str, method: str = "qr", seen: str | None = None) -> Attempt:
        """The shopper chooses a way to pay."""
        choice = Choice(account_id=self.accounts[channel].pk, method=method, seen_attempt_no=seen)
        return pay(payment_id=payment_id, choice=choice, now=self.clock())

    def pays_again(self, payment_id: int, channel: str, method: str = "qr") -> Attempt:
        """The shopper says that the latest attempt charged them nothing, and pays another way."""
        latest = Attempt.objects.filter(payment_id=payment_id).order_by("id").last()
        if latest is None:
            raise MayNotPayAgain
        said = Declaration(
            attempt_no=latest.attempt_no,
            sees="not_charged",
            text_version="1",
            language="en",
            shopper_ip=None,
            user_agent="",
        )
        choice = Choice(account_id=self.accounts[channel].pk, method=method)
        return pay_again(payment_id=payment_id, declaration=said, choice=choice, now=self.clock())

    def payable(self) -> list[tuple[str, str]]:
        """Channel and number of every code that somebody sees and could pay now."""
        shown = set(Attempt.objects.exclude(presentation_kind="").values_list("attempt_no", flat=True))
        return sorted((c, no) for c, books in self.sides.items() for no in books.payable() & shown)

    def trades(self) -> list[tuple[str, str]]:
        """Channel and number of every trade in the channels' books."""
        return sorted((channel, number) for channel, books in self.sides.items() for number in books.trades)

    def pays(
        self,
        channel: str,
        attempt_no: str,
        *,
        minor: int | None = None,
        currency: str | None = None,
        again: bool = False,
    ) -> News:
        """Somebody pays a code at the channel; it will notify us. `again`: the channel lets a dead or paid one pass."""
        number = self.sides[channel].pay(attempt_no, minor=minor, currency=currency, anyway=again)
        told = News(channel, attempt_no, number)
        self.news.append(told)
        return told

    # The channel's messages ---------------------------------------------------------------------------------------

    def notifies(self, news: News, times: int = 1) -> None:
        """The channel posts its notification; every acknowledged one must stand in the facts."""
        message = self.sides[news.channel].notification(news.attempt_no, news.channel_trade_no)
        for _ in range(times):
            assert self.posts(news.channel, message) == 200
            known = ChannelFact.objects.filter(
                attempt_no=news.attempt_no,
                channel_trade_no=news.channel_trade_no,
                verdict__in=[*PAYING_VERDICTS, *SURPLUS],
            )
            assert known.count() == 1, f"{news} was acknowledged and stands {known.count()} times"
        if news in self.news:
            self.news.remove(news)

    def notifies_of_returns(self) -> None:
        """The channels post a notification for every refund that they brought to an end."""
        for channel, number in self.trades():
            books = self.sides[channel]
            for refund_no, booked in list(books.trades[number].refunds.items()):
                if booked.state != "ACCEPTED":
                    assert self.posts(channel, books.refund_notification(number, refund_no)) == 200

    def posts(self, channel: str, message: Notification) -> int:
        """Post a message to the account's notification address; return the status."""
        address = f"/notify/{channel}/{self.accounts[channel].code}"
        request = RequestFactory(headers=message.headers).post(address, message.body, "application/json")
        found = resolve(address)
        answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
        return answer.status_code

    def forges(self, channel: str, attempt_no: str) -> int:
        """Somebody posts a success that the channel never signed."""
        body = {"attempt_no": attempt_no, "trade_no": "FORGED", "minor": 12_800, "currency": "CNY"}
        return self.posts(channel, Notification(headers={}, body=json.dumps(body).encode()))

    def bills(self, channel: str, attempt_no: str) -> None:
        """The channel's bill names every receipt of a number."""
        account = self.accounts[channel]
        for number in self.sides[channel].trades[attempt_no].receipts:
            message = self.sides[channel].notification(attempt_no, number)
            fact = channel_of(account).read_notification(message)
            settle(fact=fact, source=FactSource.BILL, account=account, now=self.clock())

    # Staff and the merchant ---------------------------------------------------------------------------------------

    def cancels(self, payment_id: int) -> None:
        """The merchant no longer wants the payment."""
        number = Payment.objects.get(pk=payment_id).merchant_order_no
        public.cancel_payment(
            merchant_id=self.merchant.pk, merchant_order_no=number, actor="merchant:lantern", now=self.clock()
        )

    def asks_for_a_refund(self, payment_id: int, minor: int) -> Refund:
        """Somebody of the staff asks to return money."""
        wish = refund.Wish(money=Money(minor, "CNY"), reason=RefundReason.RETURNED_GOODS, note="came back")
        return refund.request_refund(payment_id=payment_id, wish=wish, requested_by=self.people[0], now=self.clock())

    def decides(self, refund_no: str, how: str, person: int) -> Refund:
        """A person approves, rejects, withdraws or sends again."""
        who, now = self.people[person], self.clock()
        if how == "approve":
            return refund.approve_refund(refund_no=refund_no, approver=who, now=now)
        if how == "reject":
            return refund.reject_refund(refund_no=refund_no, decider=who, why="no", now=now)
        if how == "withdraw":
            return refund.withdraw_refund(refund_no=refund_no, person=who, why="no", now=now)
        return refund.send_again(refund_no=refund_no, person=who, now=now)

    # Time and the beat --------------------------------------------------------------------------------------------

    def waits(self, seconds: float) -> datetime:
        """Time passes; the channels close what was not paid in time."""
        now = self.clock.forward(seconds=seconds)
        for books in self.sides.values():
            books.expire(now)
        return now

    def sweeps(self, channel: str) -> int:
        """The beat asks one channel about what is due."""
        return query.query_due(channel=channel, now=self.clock())

    def beats(self) -> None:
        """Every sweep runs once."""
        end_payment.expire_due(now=self.clock())
        for channel in self.sides:
            self.sweeps(channel)
        refund.send_approved(now=self.clock())
        refund.lapse_due(now=self.clock())
        deliver_due(now=self.clock())

    def interferes(self, channel: str, call: Call, what: Callable[[], object]) -> None:
        """Let something happen while the channel's next such call is under way."""

        def once() -> None:
            del self.sides[channel].before[call]
            with self.tolerates_refusals():
                what()

        self.sides[channel].before[call] = once

    @staticmethod
    @contextmanager
    def tolerates_refusals() -> Iterator[None]:
        """Do something that the payment centre may refuse, or in which a process dies."""
        with suppress(CashierError, Killed):
            yield

    # The end ------------------------------------------------------------------------------------------------------

    def comes_to_rest(self) -> None:
        """All is well again, what is due is done, then the bills of the day are read and that is brought to its end."""
        self.heals()
        self.runs_until_quiet()
        assert unknown_before_the_bill(self.sides) == []
        self.the_day_is_billed()
        self.runs_until_quiet()

    def heals(self) -> None:
        """Nothing goes wrong any more; the notifications that are still under way are lost."""
        for books in self.sides.values():
            books.heal()
            books.before.clear()
            books.refunds_are_final = True
            for booked in books.trades.values():
                for returned in booked.refunds.values():
                    returned.state = "RETURNED" if returned.state == "ACCEPTED" else returned.state
        self.news.clear()

    def the_day_is_billed(self) -> None:
        """The channels' bills name every receipt of the day."""
        for channel, number in self.trades():
            self.bills(channel, number)

    def runs_until_quiet(self, limit: int = 150) -> None:
        """Let the beat tick, from one due time to the next, until nothing is due any more."""
        for _ in range(limit):
            self.beats()
            due = self._next_due()
            if due is None:
                return
            self.waits(max((due - self.clock()).total_seconds(), 0))
        raise AssertionError(f"Still not quiet: {list(PendingQuery.objects.all())} {self._next_due()}")

    def _next_due(self) -> datetime | None:
        dues = [
            PendingQuery.objects.aggregate(at=Min("next_at"))["at"],
            Delivery.objects.filter(state=DeliveryState.PENDING).aggregate(at=Min("next_at"))["at"],
            Payment.objects.filter(state=PaymentState.OPEN, close_wanted="").aggregate(at=Min("expires_at"))["at"],
            self.clock() if Refund.objects.filter(state=RefundState.APPROVED).exists() else None,
        ]
        return min((due for due in dues if due is not None), default=None)

    def paid_payments_that_went_back(self) -> list[str]:
        """Return every payment that was PAID and no longer is, or by another attempt."""
        payments = Payment.objects.filter(state=PaymentState.PAID, paid_by__isnull=False)
        now: dict[int, int | None] = dict(payments.values_list("pk", "paid_by_id"))
        lost = [
            f"Payment {pk}: paid by {by}, now by {now.get(pk)}." for pk, by in self.paid_by.items() if now.get(pk) != by
        ]
        self.paid_by.update(now)
        return lost
