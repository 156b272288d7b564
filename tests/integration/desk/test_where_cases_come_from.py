"""Cases that a bill's difference opens, cases that the desk opens, and finding them by whatever number there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cashier.models import Attempt, ChannelFact
from orders.models import Complaint, ComplaintMessage, Order
from orders.services.complaints.report import report_by_staff
from payhub import clock
from payhub.db import committed
from payhub.outbox.emit import emit
from payhub.roles import NotYourRole
from payhub.trail.models import OperationRecord
from tests.integration.desk.conftest import deliver_all, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]
OPEN = "/admin/orders/complaint/open/"
WHY = "The buyer rang and read two bookings to me."


def differ(order: Order, bucket: str, minor: int = 30) -> None:
    """Let a day's bill differ about the order, as reconciliation tells of it."""
    with committed():
        emit(
            name="bill.differs",
            subject="attempt:A1",
            payload={
                "merchant_id": order.merchant_id,
                "merchant_order_no": order.order_no,
                "attempt_no": "A1",
                "bucket": bucket,
                "amount_minor": minor,
                "currency": "CNY",
                "why": "lantern-alpha 2026-05-04, row 7",
            },
            at=clock.now(),
        )
    deliver_all()


@pytest.mark.parametrize(
    ("bucket", "kind"), [("DUPLICATE", "DUPLICATE"), ("AMOUNT", "AMOUNT"), ("STATE", "LOST"), ("ACCOUNT", "LOST")]
)
def test_a_bill_that_differs_opens_a_case(place: Callable[..., Order], bucket: str, kind: str) -> None:
    order = place()
    differ(order, bucket)
    case = Complaint.objects.get(order=order)
    assert (case.kind, case.source, case.money.minor) == (kind, "SYSTEM", 30)
    opened = OperationRecord.objects.get(subject=case.subject, action="complaint.opened")
    assert opened.detail["why"] == "lantern-alpha 2026-05-04, row 7"
    assert not ComplaintMessage.objects.exists()  # the shopper reads nothing of the books


def test_or_it_is_added_to_the_case_there_is(case: Complaint) -> None:
    differ(case.order, "AMOUNT")
    assert Complaint.objects.count() == 1
    added = OperationRecord.objects.get(subject=case.subject, action="complaint.reported_again")
    assert added.detail["why"] == "lantern-alpha 2026-05-04, row 7"


def test_what_was_not_ordered_here_is_nobodys_case(place: Callable[..., Order]) -> None:
    stranger = place()
    stranger.order_no = "X1"
    differ(stranger, "AMOUNT")
    assert not Complaint.objects.exists()


def test_the_desk_opens_a_case_by_any_number_and_lands_on_it(
    place: Callable[..., Order], pay_by: Callable[..., Attempt]
) -> None:
    order = place()
    attempt = pay_by(order)
    browser = signed_in(person("li"))
    assert "Open a case" in browser.get("/admin/orders/complaint/").content.decode()
    answer = browser.post(OPEN, {"number": attempt.attempt_no.lower(), "kind": "DUPLICATE", "why": WHY})
    case = Complaint.objects.get(order=order)
    assert answer["Location"] == f"/admin/orders/complaint/{case.pk}/change/"
    assert (case.source, case.raised_by) == ("STAFF", "staff:li")
    assert WHY in browser.get(answer["Location"]).content.decode()
    again = browser.post(OPEN, {"number": order.order_no, "kind": "LOST", "why": WHY}, follow=True)
    assert "There is already a case about this order." in again.content.decode()
    assert Complaint.objects.count() == 1


def test_a_number_that_is_no_orders_and_a_short_reason_open_nothing(place: Callable[..., Order]) -> None:
    browser = signed_in(person("li"))
    page = browser.post(OPEN, {"number": "O1", "kind": "LOST", "why": WHY})
    assert "No order has this number." in page.content.decode()
    assert browser.post(OPEN, {"number": place().order_no, "kind": "LOST", "why": "short"}).status_code == 400
    assert not Complaint.objects.exists()


@pytest.mark.parametrize("role", ["ops", "auditor"])
def test_who_does_not_work_on_cases_opens_none(place: Callable[..., Order], role: str) -> None:
    who, order = person("op", role), place()
    browser = signed_in(who)
    assert browser.get(OPEN).status_code == 403
    assert browser.post(OPEN, {"number": order.order_no, "kind": "LOST", "why": WHY}).status_code == 403
    with pytest.raises(NotYourRole):
        report_by_staff(order=order, kind="LOST", why=WHY, person=who, now=clock.now())  # type: ignore[arg-type]
    assert not Complaint.objects.exists()


def test_a_case_is_found_by_the_channels_own_number(twice: Complaint) -> None:
    browser = signed_in(person("li"))
    receipts = ChannelFact.objects.filter(outcome="PAID")
    numbers: list[Any] = list(receipts.values_list("channel_trade_no", flat=True))
    assert len(numbers) == 2
    for number in (*numbers, twice.complaint_no, twice.order.order_no.lower(), "128.00"):
        page = browser.get("/admin/orders/complaint/", {"q": number}).content.decode()
        assert twice.complaint_no in page, number
    assert twice.complaint_no not in browser.get("/admin/orders/complaint/", {"q": "T-unknown"}).content.decode()
