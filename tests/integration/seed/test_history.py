"""A seeded history is one that payhub itself could have written."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from cashier.models import Attempt, ChannelFact, LedgerEntry, Payment, PendingQuery, Refund
from cashier.states import RECEIPTS
from orders.models import Complaint, Order
from payhub import clock
from payhub.dashboard.models import Summary
from payhub.invariants import audit
from payhub.numbers import is_well_formed
from payhub.outbox.models import Event
from payhub.review.models import ReviewItem
from payhub.trail.models import OperationRecord
from payhub.trail.verify import broken_links

pytestmark = pytest.mark.django_db(transaction=True)
UNTIL = "2026-11-23T10:00:00Z"


def seed(**options: Any) -> str:
    """Seed, and return what the command said."""
    said = StringIO()
    call_command("seed", **{"orders": 300, "cases": 40, **options}, stdout=said)
    return said.getvalue()


def test_every_invariant_holds_and_every_number_is_well_formed() -> None:
    said = seed()
    assert "300 orders, 40 cases: about" in said
    assert [f.invariant.code for f in audit(now=clock.now()) if f.broken] == []
    assert Order.objects.count() == Payment.objects.count() == 300
    assert Complaint.objects.count() == 40
    numbers = [
        *Order.objects.values_list("order_no", flat=True),
        *Payment.objects.values_list("payment_no", flat=True),
        *Attempt.objects.values_list("attempt_no", flat=True),
        *Refund.objects.values_list("refund_no", flat=True),
        *Event.objects.values_list("event_id", flat=True),
        *Complaint.objects.values_list("complaint_no", flat=True),
    ]
    assert [number for number in numbers if not is_well_formed(number)] == []
    receipts = ChannelFact.objects.filter(verdict__in=RECEIPTS).count()
    returns = ChannelFact.objects.filter(verdict="RETURNS").count()
    assert returns
    assert LedgerEntry.objects.count() == 2 * (receipts + returns)
    assert PendingQuery.objects.exists()
    assert ReviewItem.objects.filter(kind="SURPLUS").exists()
    subjects = list(OperationRecord.objects.values_list("subject", flat=True))
    assert subjects
    assert broken_links(subjects) == []
    assert Summary.objects.exists()


def test_the_tables_guard_themselves_again_afterwards() -> None:
    seed(orders=20, cases=0)
    with pytest.raises(Exception, match="Cannot insert"):
        Payment.objects.create(
            payment_no="x", token="x", merchant_id=Order.objects.values_list("merchant_id", flat=True)[0], state="CLOSED",
            merchant_order_no="x", amount_minor=1, currency="CNY", created_at=clock.now(), expires_at=clock.now(),
        )  # fmt: skip


def test_the_same_seed_makes_the_same_history_and_another_one_fits_beside_it() -> None:
    def history(number: int) -> set[tuple[Any, ...]]:
        before = set(Order.objects.values_list("pk", flat=True))
        seed(orders=60, cases=6, seed=number, until=UNTIL)
        return set(Order.objects.exclude(pk__in=before).values_list("order_no", "state", "amount_minor", "created_at"))

    first, other = history(1), history(2)
    assert len(first) == len(other) == 60
    assert not {row[0] for row in first} & {row[0] for row in other}
    with pytest.raises(Exception, match="duplicate key"):
        seed(orders=60, cases=6, seed=1, until=UNTIL)


def test_hot_only_leaves_out_cases_and_trail() -> None:
    seed(orders=100, cases=None, hot_only=True)
    assert Order.objects.count() == Payment.objects.count() == 100
    assert not Complaint.objects.exists()
    assert not OperationRecord.objects.exists()
    assert [f.invariant.code for f in audit(now=clock.now()) if f.broken] == []


@pytest.mark.parametrize("options", [{"orders": 1}, {"orders": 10, "cases": 11}, {"days": 0}, {"until": "2026-11-23"}])
def test_a_history_that_cannot_be_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        seed(**options)


def test_where_real_money_may_be_it_must_be_forced() -> None:
    with override_settings(PAYHUB_DEMO=False), pytest.raises(CommandError, match="needs --force"):
        seed()
    assert not Order.objects.exists()
