"""An order that was paid twice, and the people of the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from cashier.models import Attempt, ChannelAccount, Payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from orders.models import Complaint, Order
from orders.models.complaint import ComplaintKind
from orders.services.complaints.report import report_by_shopper
from orders.services.submit import Draft, Item, submit
from payhub import clock
from payhub.merchants.models import DoublePaymentPolicy, Merchant
from payhub.outbox.deliver import deliver_due
from tests.conftest import staff
from tests.played.channel import Books


@pytest.fixture(autouse=True)
def empty_redis() -> Iterator[None]:
    """Start with an empty Redis."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    """A merchant who lets several attempts run and has every surplus approved by a person."""
    merchant.double_payment_policy = DoublePaymentPolicy.REFUND_EXTRA
    merchant.auto_refund_limit_minor = 0
    merchant.save()
    return merchant


@pytest.fixture
def place(shop: Merchant) -> Callable[..., Order]:
    """Order two novels for 128.00."""

    def place(buyer: str = "shopper-1", **more: str) -> Order:
        novels = Item(sku="novel", title="A novel", unit_minor=6_400, quantity=2)
        draft = Draft(merchant_id=shop.pk, items=(novels,), currency="CNY", buyer=buyer, **more)
        return submit(draft=draft, now=clock.now()).order

    return place


@pytest.fixture
def pay_by(
    alpha: Books, alpha_account: ChannelAccount, beta: Books, beta_account: ChannelAccount
) -> Callable[[Order, str], Attempt]:
    """Pay an order at one of the played channels; two calls start both attempts before either is paid."""

    def pay_by(order: Order, channel: str = "alpha") -> Attempt:
        payment = Payment.objects.get(merchant_order_no=order.order_no)
        books, account = {"alpha": (alpha, alpha_account), "beta": (beta, beta_account)}[channel]
        attempt = pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method="qr"), now=clock.now())
        books.pay(attempt.attempt_no)
        query_attempt(attempt_no=attempt.attempt_no)
        deliver_all()
        return attempt

    return pay_by


@pytest.fixture
def pay_twice(
    alpha: Books, alpha_account: ChannelAccount, beta: Books, beta_account: ChannelAccount
) -> Callable[[Order], None]:
    """Start an attempt at each channel, then pay both."""

    def pay_twice(order: Order) -> None:
        payment = Payment.objects.get(merchant_order_no=order.order_no)
        started = [
            (books, pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method="qr"), now=clock.now()))
            for books, account in ((alpha, alpha_account), (beta, beta_account))
        ]
        for books, attempt in started:
            books.pay(attempt.attempt_no)
        for _, attempt in started:
            query_attempt(attempt_no=attempt.attempt_no)
        deliver_all()

    return pay_twice


def deliver_all() -> None:
    """Deliver every event that is due."""
    while deliver_due(now=clock.now()):
        pass


@pytest.fixture
def twice(place: Callable[..., Order], pay_twice: Callable[[Order], None]) -> Complaint:
    """The case that opened by itself because an order was paid twice."""
    order = place()
    pay_twice(order)
    return Complaint.objects.select_related("order").get(order=order)


@pytest.fixture
def case(place: Callable[..., Order]) -> Complaint:
    """The case of a shopper who says that they paid, about an order that nobody paid."""
    return report_by_shopper(
        order=place(), kind=ComplaintKind.LOST, text="I paid by WeChat.", uploads=(), now=clock.now()
    ).complaint


def person(name: str, role: str = "cs_agent") -> User:
    """Return somebody of the desk, who may sign in to the back office."""
    found = staff(name, role)
    found.is_staff = True
    found.set_password(f"the password of {name}")
    found.save()
    return found


def signed_in(who: User) -> Client:
    """Return a browser in which this person has signed in."""
    browser = Client()
    browser.force_login(who, backend="payhub.roles.RoleBackend")
    return browser
