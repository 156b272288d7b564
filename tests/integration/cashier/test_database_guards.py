"""PostgreSQL refuses what no service would do: raw SQL cannot bend a state, a fact, the books or the trail."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection

from cashier.models import Attempt, ChannelAccount, ChannelFact, Payment, Refund
from cashier.models.refund import RefundReason
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from cashier.services.refund import Wish, request_refund
from payhub import clock
from payhub.db import savepoint
from payhub.money import Money
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]


@pytest.fixture
def paid(payment: Payment, alpha_account: ChannelAccount, alpha: Books) -> Attempt:
    """An attempt that paid."""
    attempt = pay(payment_id=payment.pk, choice=Choice(account_id=alpha_account.pk, method="qr"), now=clock.now())
    alpha.pay(attempt.attempt_no)
    return query_attempt(attempt_no=attempt.attempt_no)


def refused(sql: str, *values: Any) -> str:
    try:
        with savepoint(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError as told:
        return str(told)
    return "nothing was refused"


@pytest.mark.parametrize("state", ["PAYING", "CLOSING", "UNKNOWN", "FAILED", "CLOSED"])
def test_a_succeeded_attempt_stays_succeeded(paid: Attempt, state: str) -> None:
    assert "Invalid transition" in refused("UPDATE cashier_attempt SET state = %s", state)


@pytest.mark.parametrize("state", ["OPEN", "CLOSED"])
def test_a_paid_payment_stays_paid(paid: Attempt, state: str) -> None:
    assert "Invalid transition" in refused(
        "UPDATE cashier_payment SET state = %s, paid_by_id = NULL, paid_at = NULL", state
    )


def test_nothing_begins_in_the_middle(paid: Attempt, new_payment: Any) -> None:
    other = new_payment()
    assert "Cannot insert" in refused(
        "INSERT INTO cashier_payment (payment_no, token, merchant_id, merchant_order_no, amount_minor, currency, "
        "title, return_url, help_url, created_at, expires_at, state, close_wanted, paid_at, paid_by_id) "
        "SELECT 'PX', 'tx', merchant_id, 'other', amount_minor, currency, title, '', '', created_at, expires_at, "
        "'PAID', '', created_at, %s FROM cashier_payment WHERE id = %s",
        paid.pk,
        other.pk,
    )


def test_a_second_live_attempt_cannot_stand(payment: Payment, alpha_account: ChannelAccount, alpha: Books) -> None:
    pay(payment_id=payment.pk, choice=Choice(account_id=alpha_account.pk, method="qr"), now=clock.now())
    columns = ", ".join(str(f.column) for f in Attempt._meta.concrete_fields if f.name not in {"id", "attempt_no"})
    assert "attempt_one_live" in refused(
        f"INSERT INTO cashier_attempt (attempt_no, {columns}) SELECT 'A2', {columns} FROM cashier_attempt"
    )


@pytest.mark.parametrize("state", ["FAILED", "CLOSED"])
def test_no_attempt_ends_without_its_proof(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, state: str
) -> None:
    pay(payment_id=payment.pk, choice=Choice(account_id=alpha_account.pk, method="qr"), now=clock.now())
    assert "attempt_end_has_proof" in refused("UPDATE cashier_attempt SET state = %s", state)


@pytest.mark.parametrize(
    "table", ["cashier_channelfact", "cashier_ledgerentry", "trail_operationrecord", "outbox_event"]
)
@pytest.mark.parametrize("how", ["UPDATE {} SET id = id + 1000", "DELETE FROM {}"])
def test_facts_books_trail_and_events_are_only_added_to(paid: Attempt, table: str, how: str) -> None:
    assert "Cannot" in refused(how.format(table))


@pytest.mark.parametrize("table", ["cashier_payment", "cashier_attempt"])
def test_payments_and_attempts_are_never_deleted(paid: Attempt, table: str) -> None:
    assert "Cannot delete" in refused(f"DELETE FROM {table}")


@pytest.mark.parametrize("column", ["amount_minor = 1", "currency = 'USD'", "merchant_order_no = 'x'"])
def test_what_was_asked_never_changes(payment: Payment, column: str) -> None:
    assert "Cannot update" in refused(f"UPDATE cashier_payment SET {column}")


def test_a_journal_that_does_not_sum_to_zero_is_refused(paid: Attempt) -> None:
    assert "does not sum to zero" in refused(
        "INSERT INTO cashier_ledgerentry (journal, line, account, amount_minor, currency, booked_at) "
        "VALUES ('adjust:1', 1, 'bank', 5, 'CNY', now())"
    )


def test_nobody_approves_their_own_refund_superusers_included(
    paid: Attempt, payment: Payment, django_user_model: Any
) -> None:
    boss = django_user_model.objects.create_superuser(username="boss")
    wish = Wish(money=Money(100, "CNY"), reason=RefundReason.OTHER, note="my own")
    request_refund(payment_id=payment.pk, wish=wish, requested_by=boss, now=clock.now())
    assert "refund_four_eyes" in refused("UPDATE cashier_refund SET approved_by_id = requested_by_id")
    assert "refund_sent_was_approved" in refused("UPDATE cashier_refund SET state = 'APPROVED'")
    assert "refund_sent_was_approved" in refused("UPDATE cashier_refund SET state = 'APPROVED', is_automatic = true")


def test_refunds_never_exceed_what_came_in(paid: Attempt, django_user_model: Any) -> None:
    receipt = ChannelFact.objects.get(attempt=paid)
    person = django_user_model.objects.create_user(username="asks")

    def insert(number: str, minor: int) -> None:
        Refund.objects.create(
            refund_no=number,
            attempt=paid,
            receipt=receipt,
            amount_minor=minor,
            currency="CNY",
            reason=RefundReason.OTHER,
            requested_by=person,
            requested_at=clock.now(),
        )

    insert("R1", 12_000)
    with pytest.raises(DatabaseError, match="would exceed"), savepoint():
        insert("R2", 801)
    insert("R3", 800)


def test_a_changed_trail_does_not_verify(paid: Attempt) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trail_operationrecord WHERE previous = ''")
        assert cursor.fetchone() == (1,)  # one subject, one chain
        cursor.execute(
            "SELECT count(*) FROM (SELECT previous, lag(hash, 1, '') OVER (PARTITION BY subject ORDER BY sequence) "
            "AS before FROM trail_operationrecord) chained WHERE previous <> before"
        )
        assert cursor.fetchone() == (0,)
