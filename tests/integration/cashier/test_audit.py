"""The audit finds nothing in sound books, and finds every planted break."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cashier.channels.base import Fact, Outcome
from cashier.models import Attempt, ChannelAccount, Payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from cashier.services.settle import settle
from cashier.states import FactSource
from payhub import clock
from payhub.invariants import audit
from payhub.money import Money
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]


@pytest.fixture
def story(new_payment: Any, alpha_account: ChannelAccount, alpha: Books) -> Attempt:
    """A paid payment, a second receipt of the same number, and a live attempt."""
    attempt = start(new_payment(), alpha_account)
    number = alpha.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)
    second = Fact(
        outcome=Outcome.PAID, attempt_no=attempt.attempt_no, amount=Money(12_800, "CNY"), channel_trade_no=number + "b"
    )
    settle(fact=second, source=FactSource.NOTIFICATION, account=alpha_account, now=clock.now())
    start(new_payment(), alpha_account)
    return Attempt.objects.get(pk=attempt.pk)


def start(payment: Payment, account: ChannelAccount) -> Attempt:
    return pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method="qr"), now=clock.now())


def broken() -> set[str]:
    return {finding.invariant.code for finding in audit(now=clock.now()) if finding.broken}


def test_sound_books_pass_and_rows_were_really_checked(story: Attempt) -> None:
    assert broken() == set()
    checked = {finding.invariant.code: finding.checked for finding in audit(now=clock.now())}
    assert all(checked[code] for code in ("M2", "M3", "M5", "M6", "M8a", "M8b", "M8d", "S1", "S9", "F1", "L1a", "T1"))


@pytest.mark.parametrize(
    ("code", "sql"),
    [
        ("M2", "UPDATE cashier_payment SET state = 'CLOSED', paid_by_id = NULL, paid_at = NULL WHERE state = 'PAID'"),
        ("M4", "UPDATE cashier_channelfact SET outcome = 'CLOSED' WHERE verdict = 'PAYS'"),
        ("M5", "UPDATE cashier_refund SET amount_minor = 1"),
        ("M6", "UPDATE cashier_channelfact SET amount_minor = 1 WHERE verdict = 'SURPLUS_SECOND'"),
        ("M8a", "UPDATE cashier_ledgerentry SET amount_minor = amount_minor + 1 WHERE line = 1"),
        ("M8b", "DELETE FROM cashier_ledgerentry"),
        ("M8c", "UPDATE cashier_ledgerentry SET journal = 'return:' || (SELECT refund_no FROM cashier_refund) "
                "WHERE id = (SELECT max(id) FROM cashier_ledgerentry)"),
        ("M8d", "UPDATE cashier_ledgerentry SET account = 'surplus:lantern' WHERE account LIKE 'merchant:%'"),
        ("S9", "UPDATE cashier_attempt SET amount_minor = 1 WHERE state = 'PAYING'"),
        ("F1", "DELETE FROM outbox_delivery; DELETE FROM outbox_event"),
        ("E2", "UPDATE cashier_attempt SET superseded_at = created_at; "
               "UPDATE cashier_payment SET close_wanted = 'EXPIRED' WHERE state = 'OPEN'"),
        ("L1a", "DELETE FROM cashier_pendingquery"),
        ("L1c", "UPDATE cashier_pendingquery SET next_at = next_at - interval '1 day'"),
        ("L1e", "UPDATE cashier_attempt SET state = 'UNKNOWN' WHERE state = 'PAYING'"),
        ("T1", "UPDATE trail_operationrecord SET actor = 'nobody'"),
        ("T2", "DELETE FROM trail_operationrecord WHERE sequence = 1"),
    ],
)  # fmt: skip
def test_every_planted_break_is_found(story: Attempt, code: str, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")  # as somebody with full power could
        cursor.execute(sql)
    assert code in broken()


def test_the_command_exits_1_on_a_break(story: Attempt) -> None:
    out = StringIO()
    call_command("audit", stdout=out)
    assert "0 rows broken" in out.getvalue()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cashier_pendingquery")
    with pytest.raises(SystemExit) as end:
        call_command("audit", "--json", stdout=StringIO())
    assert end.value.code == 1


def test_the_payment_command_tells_the_whole_story_by_any_number(story: Attempt) -> None:
    payment = Payment.objects.get(attempts=story)
    for number in (payment.payment_no, story.attempt_no, payment.merchant_order_no, story.channel_trade_no):
        out = StringIO()
        call_command("payment", number, stdout=out)
        told = out.getvalue()
        for word in ("PAID", story.attempt_no, "SURPLUS_SECOND", "receipt:", "attempt.started", "Refunds"):
            assert word in told
    with pytest.raises(CommandError, match="No payment"):
        call_command("payment", "P0", stdout=StringIO())
