"""Every state that a counter page can show, brought about as in life."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from cashier.models import Attempt, ChannelAccount, Refund
from cashier.models.refund import RefundReason
from cashier.services import refund as refunds
from cashier.services.close import close_attempt
from cashier.services.end_payment import cancel_payment, expire_due
from cashier.services.query import query_attempt
from cashier.services.settle import settle
from cashier.states import FactSource
from cashier.web.page_state import Name
from payhub import clock
from payhub.money import Money
from tests.browser.counter.conftest import Scene
from tests.conftest import staff
from tests.played.channel import PlayedChannel


def ready(scene: Scene) -> None:
    """Nobody has tried to pay; one of the channels does not answer."""
    until = clock.now() + timedelta(hours=1)
    ChannelAccount.objects.filter(pk=scene.accounts["beta"].pk).update(broken_until=until)
    scene.clock.forward(minutes=25)  # more time is offered


def waiting_qr(scene: Scene) -> None:
    """A code is shown."""
    attempt = scene.start()
    query_attempt(attempt_no=attempt.attempt_no)


def waiting_channel(scene: Scene) -> None:
    """The shopper is at a channel that cannot close, and nothing is heard: every way out is shown."""
    attempt = scene.start("bank")
    _ask_in_vain(scene, attempt)


def waiting_bridge(scene: Scene) -> None:
    """The shopper shall pay inside WeChat, and looks at the page there or elsewhere."""
    methods = [scene.methods.get(f"alpha.{method}", ("alpha", method))[1] for method in ("inapp", "qr")]
    ChannelAccount.objects.filter(pk=scene.accounts["alpha"].pk).update(methods=methods)
    attempt = scene.start("inapp")
    query_attempt(attempt_no=attempt.attempt_no)


def processing(scene: Scene) -> None:
    """The create is under way."""
    scene.alpha.arm("create", "timeout_before")
    scene.start()


def unknown(scene: Scene) -> None:
    """The create's answer was lost."""
    processing(scene)
    scene.clock.forward(seconds=20)
    _ask_in_vain(scene, scene.attempts[0])


def closing(scene: Scene) -> None:
    """The channel does not say whether it closed; the shopper may declare that nothing was charged."""
    attempt = scene.start()
    scene.alpha.arm("close", "timeout_before", times=9)
    scene.alpha.arm("query", "timeout_before", times=9)
    close_attempt(attempt_no=attempt.attempt_no, now=clock.now())
    _ask_in_vain(scene, attempt)


def failed(scene: Scene) -> None:
    """The channel refused for good."""
    attempt = scene.start()
    scene.alpha.trades[attempt.attempt_no].state = "DECLINED"
    query_attempt(attempt_no=attempt.attempt_no)


def code_expired(scene: Scene) -> None:
    """The code's time is over, and the channel says that nobody used it."""
    scene.clock.forward(minutes=10)
    attempt = scene.start()
    scene.clock.forward(minutes=15)
    query_attempt(attempt_no=attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)


def cancelled(scene: Scene) -> None:
    """The merchant no longer wants it."""
    cancel_payment(payment_id=scene.payment.pk, actor="merchant", now=clock.now())


def expired(scene: Scene) -> None:
    """Nobody paid in time."""
    scene.clock.forward(minutes=31)
    expire_due(now=clock.now())


def succeeded(scene: Scene) -> None:
    """Paid."""
    attempt = scene.start()
    scene.alpha.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)


def paid_late(scene: Scene) -> None:
    """Money came after the end."""
    attempt = scene.start()
    cancelled(scene)
    query_attempt(attempt_no=attempt.attempt_no)
    _pay_anyway(scene, attempt)


def late_refunded(scene: Scene) -> None:
    """… and went back."""
    paid_late(scene)
    _send_refunds()


def duplicate_refunding(scene: Scene) -> None:
    """A second payment came by a number that had been closed."""
    first = scene.start()
    close_attempt(attempt_no=first.attempt_no, now=clock.now())
    second = scene.start(channel="beta")
    scene.beta.pay(second.attempt_no)
    query_attempt(attempt_no=second.attempt_no)
    _pay_anyway(scene, first)


def duplicate_refunded(scene: Scene) -> None:
    """… and went back."""
    duplicate_refunding(scene)
    _send_refunds()


def refunding(scene: Scene) -> None:
    """The merchant returns the whole amount; the channel has accepted it."""
    scene.alpha.refunds_are_final = False
    _refund(scene, 12_800)


def refunded(scene: Scene) -> None:
    """The whole amount went back."""
    _refund(scene, 12_800)


def part_refunded(scene: Scene) -> None:
    """A part went back."""
    _refund(scene, 2_800)


MAKERS: dict[Name, Callable[[Scene], None]] = {
    Name(make.__name__): make
    for make in (
        ready, waiting_qr, waiting_channel, waiting_bridge, processing, unknown, closing, failed, code_expired, cancelled, expired,
        succeeded, paid_late, late_refunded, duplicate_refunding, duplicate_refunded, refunding, refunded, part_refunded,
    )
}  # fmt: skip


def _ask_in_vain(scene: Scene, attempt: Attempt) -> None:
    scene.alpha.arm("query", "timeout_before", times=3)
    for _ in range(3):
        scene.clock.forward(seconds=20)
        query_attempt(attempt_no=attempt.attempt_no)


def _pay_anyway(scene: Scene, attempt: Attempt) -> None:
    scene.alpha.pay(attempt.attempt_no, anyway=True)
    account = scene.accounts["alpha"]
    adapter = PlayedChannel(scene.alpha, "alpha", "X", None)  # type: ignore[arg-type]
    fact = adapter.read_notification(scene.alpha.notification(attempt.attempt_no))
    settle(fact=fact, source=FactSource.NOTIFICATION, account=account, now=clock.now())


def _send_refunds() -> None:
    for refund in Refund.objects.order_by("id"):
        refunds.send_refund(refund_no=refund.refund_no, now=clock.now())


def _refund(scene: Scene, minor: int) -> None:
    succeeded(scene)
    asker, approver = staff("asker"), staff("approver")
    wish = refunds.Wish(money=Money(minor, "CNY"), reason=RefundReason.RETURNED_GOODS, note="The box was damaged.")
    refund = refunds.request_refund(payment_id=scene.payment.pk, wish=wish, requested_by=asker, now=clock.now())
    refunds.approve_refund(refund_no=refund.refund_no, approver=approver, now=clock.now())
    _send_refunds()
