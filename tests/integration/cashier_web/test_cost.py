"""What a payment costs the database: statements, and none that reads more the more history there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from cashier.models import ChannelAccount, Payment
from cashier.services.end_payment import expire_due
from cashier.services.query import query_due
from payhub import clock
from payhub.outbox.deliver import deliver_due
from tests.conftest import MovedClock
from tests.integration.cashier_web.conftest import Counter
from tests.plans import full_reads
from tests.played.channel import Books

_MARKS = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")


def told(act: Callable[[], object]) -> list[str]:
    """Return what is sent to the database, but for the marks of transactions."""
    with CaptureQueriesContext(connection) as caught:
        act()
    return [query["sql"] for query in caught.captured_queries if not query["sql"].startswith(_MARKS)]


def fill(like: Payment, count: int) -> None:
    """Put as many other payments beside one: of a handful of rows all indexes look alike to the planner."""
    Payment.objects.bulk_create(
        Payment(
            payment_no=f"P{n}",
            token=f"other{n}",
            merchant_id=like.merchant_id,
            merchant_order_no=f"other-{n}",
            amount_minor=like.amount_minor,
            currency=like.currency,
            title="Another",
            created_at=like.created_at,
            expires_at=like.expires_at + timedelta(days=1),
        )
        for n in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cashier_payment")


def test_paying_costs_twelve_statements_at_most(counter: Counter) -> None:
    sent = told(counter.pay)
    assert len(sent) <= 12, "\n".join(sent)


def test_a_page_costs_three_statements_at_most(counter: Counter) -> None:
    assert len(told(counter.open)) <= 3
    counter.pay()
    assert len(told(counter.open)) == 1


def test_asking_about_an_open_attempt_costs_nine_statements_at_most(
    counter: Counter, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    counter.pay()
    moved_clock.forward(seconds=30)
    sent = told(lambda: query_due(channel="alpha", now=clock.now()))
    assert alpha.count("query") == 1
    assert len(sent) <= 9, "\n".join(sent)


def test_no_step_of_a_payments_life_reads_a_growing_table_from_end_to_end(
    counter: Counter, alpha: Books, moved_clock: MovedClock
) -> None:
    fill(counter.payment, 1000)

    def live() -> None:
        counter.open()
        counter.pay()
        counter.open()
        counter.status()
        moved_clock.forward(seconds=30)
        query_due(channel="alpha", now=clock.now())
        alpha.pay(counter.attempts[0].attempt_no)
        moved_clock.forward(seconds=30)
        query_due(channel="alpha", now=clock.now())
        deliver_due(now=clock.now())
        expire_due(now=clock.now())
        assert counter.state == "succeeded"

    sent = told(live)
    assert len(sent) > 30
    assert full_reads(sent) == {}


def test_a_statement_without_an_index_is_found(counter: Counter) -> None:
    assert full_reads(["SELECT * FROM cashier_payment WHERE title = 'x'"])
    assert full_reads(["SELECT * FROM cashier_payment WHERE title = 'x' ORDER BY id"])
    assert not full_reads(["SELECT * FROM cashier_payment WHERE token = 'x'"])
