"""Paying: one live attempt, the same number again, and never a new number while the old one may still be paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cashier.errors import AlreadyPaid, MethodUnavailable, PaymentEnded
from cashier.metrics import duplicates_prevented
from cashier.models import Attempt, ChannelAccount, Payment, PendingQuery
from cashier.services.pay import LEASE_S, Choice, pay
from cashier.services.query import query_attempt, query_due
from cashier.states import AttemptState
from payhub import clock, numbers
from payhub.review.models import Kind, ReviewItem
from tests.conftest import MovedClock
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]


def start(payment: Payment, account: ChannelAccount, method: str = "qr", seen: str | None = None) -> Attempt:
    choice = Choice(account_id=account.pk, method=method, seen_attempt_no=seen)
    return pay(payment_id=payment.pk, choice=choice, now=clock.now())


def test_a_click_starts_one_attempt_and_shows_its_code(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books
) -> None:
    attempt = start(payment, alpha_account)
    assert attempt.state == AttemptState.PAYING
    assert attempt.presentation_kind == "QR"
    assert attempt.presentation_content.endswith(attempt.attempt_no)
    assert numbers.is_well_formed(attempt.attempt_no)
    assert attempt.attempt_no[7:9] == "XQ"  # the number says channel and method
    assert alpha.count("create") == 1
    assert PendingQuery.objects.get().attempt_id == attempt.pk


def test_a_second_click_gives_the_same_attempt_and_asks_the_channel_nothing(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books
) -> None:
    first, second = start(payment, alpha_account), start(payment, alpha_account)
    assert first.attempt_no == second.attempt_no
    assert second.presentation_content
    assert alpha.count("create") == 1
    assert Attempt.objects.count() == 1


def test_a_lost_answer_keeps_the_number_and_a_later_click_repeats_the_same_create(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    alpha.arm("create", "timeout_after")
    first = start(payment, alpha_account)
    assert first.presentation_kind == ""
    assert start(payment, alpha_account).presentation_kind == ""  # the lease runs: nobody calls a second time
    assert alpha.count("create") == 1
    moved_clock.forward(seconds=LEASE_S + 1)
    again = start(payment, alpha_account)
    assert again.attempt_no == first.attempt_no
    assert again.presentation_kind == "QR"
    assert len(alpha.trades) == 1


def test_another_method_closes_the_first_and_then_starts(
    payment: Payment, alpha_account: ChannelAccount, beta_account: ChannelAccount, alpha: Books
) -> None:
    first = start(payment, alpha_account)
    second = start(payment, beta_account)
    assert second.account_id == beta_account.pk
    assert alpha.trades[first.attempt_no].state == "CLOSED"
    closed = Attempt.objects.get(pk=first.pk)
    assert closed.state == AttemptState.CLOSED
    assert closed.proof is not None
    assert closed.proof.outcome == "CLOSED"


def test_another_method_is_refused_while_the_close_is_not_confirmed(
    payment: Payment, alpha_account: ChannelAccount, beta_account: ChannelAccount, alpha: Books, beta: Books
) -> None:
    first = start(payment, alpha_account)
    alpha.arm("close", "timeout_before")
    alpha.arm("query", "timeout_before")
    given = start(payment, beta_account)
    assert given.attempt_no == first.attempt_no
    assert given.state == AttemptState.CLOSING
    assert beta.count("create") == 0


def test_a_channel_that_says_closed_but_did_not_is_not_believed(
    payment: Payment, alpha_account: ChannelAccount, beta_account: ChannelAccount, alpha: Books, beta: Books
) -> None:
    first = start(payment, alpha_account)
    alpha.arm("close", "lie")
    assert start(payment, beta_account).attempt_no == first.attempt_no
    assert beta.count("create") == 0


def test_the_first_method_was_paid_when_the_second_was_chosen(
    payment: Payment, alpha_account: ChannelAccount, beta_account: ChannelAccount, alpha: Books, beta: Books
) -> None:
    first = start(payment, alpha_account)
    alpha.pay(first.attempt_no)
    with pytest.raises(AlreadyPaid):
        start(payment, beta_account)
    assert Payment.objects.get(pk=payment.pk).state == "PAID"
    assert beta.count("create") == 0


def test_close_never_overtakes_prepay(
    payment: Payment,
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    alpha: Books,
    beta: Books,
    moved_clock: MovedClock,
) -> None:
    """A slow prepay; meanwhile another method is chosen, and the channel says "no such order"."""
    during: list[Attempt] = []

    def second_click() -> None:
        del alpha.before["create"]
        during.append(start(payment, beta_account))

    alpha.before["create"] = second_click
    shown = start(payment, alpha_account)
    assert during[0].attempt_no == shown.attempt_no  # "no such order" did not free the payment
    assert beta.count("create") == 0
    assert shown.presentation_kind == ""  # the code that came too late is shown to nobody
    assert shown.state == AttemptState.CLOSING
    query_due(channel="alpha", now=moved_clock.forward(seconds=1))
    assert alpha.trades[shown.attempt_no].state == "CLOSED"
    assert Attempt.objects.get(pk=shown.pk).state == AttemptState.CLOSED


def test_an_answer_after_the_lease_shows_nothing_and_is_closed(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    alpha.before["create"] = lambda: (moved_clock.forward(seconds=LEASE_S), None)[1]
    attempt = start(payment, alpha_account)
    assert attempt.presentation_kind == ""
    assert attempt.state == AttemptState.CLOSING
    query_attempt(attempt_no=attempt.attempt_no)
    assert alpha.trades[attempt.attempt_no].state == "CLOSED"


def test_a_create_that_is_paid_at_once_pays(payment: Payment, alpha_account: ChannelAccount, alpha: Books) -> None:
    alpha.arm("create", "paid")
    assert start(payment, alpha_account).state == AttemptState.SUCCEEDED
    assert Payment.objects.get(pk=payment.pk).state == "PAID"


@pytest.fixture
def called_dead(payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock) -> Attempt:
    """An attempt that "no such order" proved dead while its create was still on its way, far beyond its lease."""

    def long_after() -> None:
        del alpha.before["create"]
        moved_clock.forward(seconds=LEASE_S)
        query_due(channel="alpha", now=moved_clock())
        assert Attempt.objects.get().state == AttemptState.CLOSED

    alpha.before["create"] = long_after
    return start(payment, alpha_account)


def test_a_code_that_comes_after_the_end_is_shown_to_nobody_and_closed(called_dead: Attempt, alpha: Books) -> None:
    assert (called_dead.state, called_dead.presentation_kind) == (AttemptState.CLOSED, "")
    assert alpha.trades[called_dead.attempt_no].state == "CLOSED"


def test_money_that_a_create_brings_after_the_end_is_not_lost(
    payment: Payment, alpha: Books, request: pytest.FixtureRequest
) -> None:
    alpha.arm("create", "paid")
    called_dead: Attempt = request.getfixturevalue("called_dead")
    assert called_dead.state == AttemptState.SUCCEEDED
    assert Payment.objects.get(pk=payment.pk).state == "PAID"


def test_a_create_that_never_arrived_frees_the_payment_only_after_the_lease(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    alpha.arm("create", "timeout_before")
    attempt = start(payment, alpha_account)
    assert query_attempt(attempt_no=attempt.attempt_no).state == AttemptState.PAYING
    moved_clock.forward(seconds=LEASE_S)
    assert query_attempt(attempt_no=attempt.attempt_no).state == AttemptState.CLOSED
    assert start(payment, alpha_account).attempt_no != attempt.attempt_no


def test_a_shown_code_that_the_channel_does_not_know_frees_nothing_before_its_deadline(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    attempt = start(payment, alpha_account)
    del alpha.trades[attempt.attempt_no]  # as with a QR code that nobody has scanned yet
    moved_clock.forward(minutes=10)
    assert query_attempt(attempt_no=attempt.attempt_no).state == AttemptState.PAYING
    moved_clock.forward(minutes=6)
    assert query_attempt(attempt_no=attempt.attempt_no).state == AttemptState.CLOSED


def test_no_such_order_proves_nothing_of_the_time_after_it_was_asked(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    """The answer of before the deadline is settled long after it: somebody may have scanned and paid in between."""
    attempt = start(payment, alpha_account)
    del alpha.trades[attempt.attempt_no]
    moved_clock.at = attempt.expires_at - timedelta(seconds=1)
    alpha.before["query"] = lambda: (moved_clock.forward(minutes=2), None)[1]
    query_due(channel="alpha", now=moved_clock())
    assert Attempt.objects.get(pk=attempt.pk).is_live
    assert query_attempt(attempt_no=attempt.attempt_no).state == AttemptState.CLOSED


def test_a_refused_account_starts_nothing_and_tells_operations(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books
) -> None:
    alpha.arm("create", "refuse")
    attempt = start(payment, alpha_account)
    assert attempt.state == AttemptState.CLOSED  # the channel knows no such order, and nothing is in flight
    assert ReviewItem.objects.get().kind == Kind.REFUSED_ACCOUNT


def test_a_stale_page_does_not_start_anew(payment: Payment, alpha_account: ChannelAccount, alpha: Books) -> None:
    first = start(payment, alpha_account, seen="")
    alpha.trades[first.attempt_no].state = "DECLINED"
    query_attempt(attempt_no=first.attempt_no)
    stale = start(payment, alpha_account, seen="")
    assert stale.attempt_no == first.attempt_no
    assert stale.state == AttemptState.FAILED
    fresh = start(payment, alpha_account, seen=first.attempt_no)
    assert fresh.attempt_no != first.attempt_no


def test_a_paid_payment_says_so(payment: Payment, alpha_account: ChannelAccount, alpha: Books) -> None:
    attempt = start(payment, alpha_account)
    alpha.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)
    with pytest.raises(AlreadyPaid):
        start(payment, alpha_account)


def test_an_ended_payment_takes_no_attempt(
    new_payment: Callable[..., Payment], alpha_account: ChannelAccount, moved_clock: MovedClock
) -> None:
    payment = new_payment()
    moved_clock.forward(minutes=31)
    with pytest.raises(PaymentEnded):
        start(payment, alpha_account)


def test_an_unknown_method_or_a_foreign_account_is_refused(payment: Payment, alpha_account: ChannelAccount) -> None:
    with pytest.raises(MethodUnavailable):
        start(payment, alpha_account, "cheque")
    alpha_account.is_active = False
    alpha_account.save()
    with pytest.raises(MethodUnavailable):
        start(payment, alpha_account)


def test_the_first_transaction_of_a_click_takes_at_most_eight_statements(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books
) -> None:
    seen: list[int] = []
    with CaptureQueriesContext(connection) as queries:
        alpha.before["create"] = lambda: seen.append(len(statements(queries)))
        start(payment, alpha_account)
    assert seen[0] <= 8


def statements(queries: CaptureQueriesContext) -> list[str]:
    """What was sent to the database, but for the savepoints of the test's own transaction."""
    return [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]


def prevented() -> dict[str, float]:
    return {labels["by"]: number for labels, number in duplicates_prevented.read(clock.now()) if number}


def test_every_click_that_could_have_paid_twice_is_counted_by_what_prevented_it(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    cache.clear()
    first = start(payment, alpha_account, seen="")
    assert prevented() == {}, "the first click was not about to pay twice"
    start(payment, alpha_account, seen="")
    assert prevented() == {"same_attempt": 1}
    start(payment, alpha_account, seen=first.attempt_no)
    assert prevented() == {"same_attempt": 1}, "who goes on with what their page shows is no duplicate"
    start(payment, alpha_account, "page", seen="")  # an old tab that wants another way to pay
    assert prevented() == {"same_attempt": 1, "open_attempt_shown": 1}
    moved_clock.forward(seconds=LEASE_S)
    second = start(payment, alpha_account, "page", seen=first.attempt_no)
    assert prevented() == {"same_attempt": 1, "open_attempt_shown": 1, "closed_first": 1}
    alpha.pay(second.attempt_no)
    query_attempt(attempt_no=second.attempt_no)
    with pytest.raises(AlreadyPaid):
        start(payment, alpha_account, seen="")
    assert prevented() == {"same_attempt": 1, "open_attempt_shown": 1, "closed_first": 1, "already_paid": 1}
