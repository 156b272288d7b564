"""Cases: who opens them, how they are decided, and that they end when the money is back and not before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, ProgrammingError

from cashier.models import Refund
from cashier.public import RefundReason, Wish
from cashier.services.refund import approve_refund, reject_refund, send_approved
from orders.errors import (
    CannotMerge,
    ComplaintEnded,
    FileRefused,
    NothingReceived,
    NothingWritten,
    NotYourProposal,
    ReasonMissing,
    StatementGiven,
)
from orders.models import Compensation, Complaint, ComplaintFile, ComplaintMessage, Order, Statement
from orders.models.complaint import ComplaintKind, ComplaintSource, Decision
from orders.models.statement import Party
from orders.services.complaints.ask_channel import ask_channel
from orders.services.complaints.check import tick
from orders.services.complaints.compensate import decide_compensation, propose_compensation
from orders.services.complaints.decide import Ruling, decide
from orders.services.complaints.files import Upload
from orders.services.complaints.follow_return import follow_all
from orders.services.complaints.own import assign, take
from orders.services.complaints.report import report_by_merchant, report_by_shopper
from orders.services.complaints.request_return import request_return
from orders.services.complaints.say import say_as_shopper, say_as_staff
from orders.services.complaints.statements import give_statement, request_statement, write_down_statement
from orders.states import OrderState
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.money import Money
from payhub.outbox.models import Delivery
from payhub.roles import NotYourRole
from payhub.trail.record import story
from tests.conftest import staff
from tests.integration.desk.conftest import deliver_all, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def again(complaint: Complaint) -> Complaint:
    return Complaint.objects.select_related("order").get(pk=complaint.pk)


def ruled(decision: Decision, **more: str) -> Ruling:
    return Ruling(decision=decision, reason="Both payments are on the channel's books.", **more)


def test_a_second_success_opens_one_case_by_itself(twice: Complaint) -> None:
    assert (twice.kind, twice.source, twice.state) == (ComplaintKind.DUPLICATE, ComplaintSource.SYSTEM, "NEW")
    assert twice.money == Money(12_800, "CNY")
    assert not Delivery.objects.exclude(state="DONE").exists()


def test_a_surplus_that_goes_back_by_itself_needs_nobody(
    shop: Merchant, place: Callable[..., Order], pay_twice: Callable[[Order], None]
) -> None:
    shop.auto_refund_limit_minor = 50_000
    shop.save()
    pay_twice(place())
    case = Complaint.objects.get()
    assert (case.state, case.decided_by) == ("REFUNDING", None)
    send_approved(now=clock.now())
    deliver_all()
    assert again(case).state == "CLOSED"


def test_whoever_complains_again_is_shown_the_case_there_is(case: Complaint) -> None:
    more = report_by_shopper(order=case.order, kind=ComplaintKind.DUPLICATE, text="Still.", uploads=(), now=clock.now())
    assert (more.complaint.pk, more.is_new) == (case.pk, False)
    shop = report_by_merchant(order=case.order, kind=ComplaintKind.LOST, text="Same here.", who="li", now=clock.now())
    assert not shop.is_new
    assert ComplaintMessage.objects.filter(complaint=case).count() == 3


def test_an_empty_report_is_refused(place: Callable[..., Order]) -> None:
    with pytest.raises(NothingWritten):
        report_by_shopper(order=place(), kind=ComplaintKind.LOST, text="  ", uploads=(), now=clock.now())
    assert not Complaint.objects.exists()


def test_the_whole_way_from_two_payments_to_the_money_back(twice: Complaint) -> None:
    agent, finance = person("li"), staff("han")
    take(complaint_id=twice.pk, person=agent, now=clock.now())
    decide(complaint_id=twice.pk, ruling=ruled(Decision.REFUND_DUPLICATE), person=agent, now=clock.now())
    assert again(twice).state == "REFUNDING"
    refund = Refund.objects.get()
    assert refund.state == "REQUESTED"  # deciding sends nothing
    approve_refund(refund_no=refund.refund_no, approver=finance, now=clock.now())
    send_approved(now=clock.now())
    deliver_all()
    done = again(twice)
    assert (done.state, done.order.state) == ("CLOSED", OrderState.PAID)
    assert [line.action for line in story([twice.subject])][-3:] == [
        "complaint.decided",
        "complaint.refunding",
        "complaint.closed",
    ]


def test_a_lost_event_only_makes_the_end_later(twice: Complaint) -> None:
    agent = person("li")
    decide(complaint_id=twice.pk, ruling=ruled(Decision.REFUND_DUPLICATE), person=agent, now=clock.now())
    approve_refund(refund_no=Refund.objects.get().refund_no, approver=staff("han"), now=clock.now())
    send_approved(now=clock.now())
    assert again(twice).state == "REFUNDING"
    follow_all(now=clock.now())
    assert again(twice).state == "CLOSED"


def test_a_rejected_refund_brings_the_case_back_to_whoever_decides(twice: Complaint) -> None:
    decide(complaint_id=twice.pk, ruling=ruled(Decision.REFUND_DUPLICATE), person=person("li"), now=clock.now())
    refund = Refund.objects.get()
    reject_refund(refund_no=refund.refund_no, decider=staff("han"), why="Wrong case.", now=clock.now())
    follow_all(now=clock.now())
    assert again(twice).state == "INVESTIGATING"


def test_a_part_goes_back_only_when_another_person_approves(
    place: Callable[..., Order], pay_by: Callable[..., Any], moved_clock: Any
) -> None:
    order, agent = place(), person("li")
    pay_by(order)
    case = report_by_shopper(order=order, kind=ComplaintKind.AMOUNT, text="Too much.", uploads=(), now=clock.now())
    moved_clock.forward(minutes=5)
    decide(complaint_id=case.complaint.pk, ruling=ruled(Decision.PART_REFUND), person=agent, now=clock.now())
    assert again(case.complaint).state == "DECIDED"
    wish = Wish(money=Money(2_800, "CNY"), reason=RefundReason.GOODWILL, note="Agreed on the phone.")
    refund_no = request_return(complaint=again(case.complaint), wish=wish, person=agent, now=clock.now())
    assert again(case.complaint).state == "REFUNDING"
    approve_refund(refund_no=refund_no, approver=staff("han"), now=clock.now())
    send_approved(now=clock.now())
    deliver_all()
    done = again(case.complaint)
    assert (done.state, done.order.state) == ("CLOSED", OrderState.PARTLY_REFUNDED)


@pytest.mark.parametrize("decision", [Decision.REFUND_DUPLICATE, Decision.PART_REFUND, Decision.CREDIT_ORDER])
def test_a_picture_of_a_payment_moves_nothing(case: Complaint, decision: Decision) -> None:
    say_as_shopper(complaint_id=case.pk, text="Look.", uploads=(Upload(name="a.png", content=PNG),), now=clock.now())
    with pytest.raises(NothingReceived):
        decide(complaint_id=case.pk, ruling=ruled(decision), person=person("li"), now=clock.now())
    assert again(case).state == "NEW"


def test_an_order_that_missed_its_money_is_credited(
    place: Callable[..., Order], alpha: Any, pay_by: Callable[..., Any], settings: Any
) -> None:
    settings.OUTBOX_CONSUMERS = {}  # every event is lost
    order = place()
    pay_by(order)
    case = report_by_shopper(order=order, kind=ComplaintKind.LOST, text="Paid!", uploads=(), now=clock.now()).complaint
    decide(complaint_id=case.pk, ruling=ruled(Decision.CREDIT_ORDER), person=person("li"), now=clock.now())
    done = again(case)
    assert (done.state, done.order.state) == ("CLOSED", OrderState.PAID)


def test_money_that_the_channel_has_is_found_by_asking_it(
    place: Callable[..., Order], alpha: Any, alpha_account: Any, case: Complaint, pay_by: Callable[..., Any]
) -> None:
    order = case.order
    pay_by(order)
    ask_channel(complaint=case, person=person("li"), now=clock.now())
    (word,) = again(case).channel_said
    assert (word["outcome"], word["amount"]) == ("PAID", "¥128.00")


@pytest.mark.parametrize(
    ("decision", "state"),
    [(Decision.TWO_PURCHASES, "CLOSED"), (Decision.WITHDRAWN, "WITHDRAWN"), (Decision.ASK_AGAIN, "WAITING")],
)
def test_each_other_decision_ends_where_it_should(case: Complaint, decision: Decision, state: str) -> None:
    ruling = ruled(decision, message="We looked at both.")
    decide(complaint_id=case.pk, ruling=ruling, person=person("li"), now=clock.now())
    assert again(case).state == state
    assert ComplaintMessage.objects.filter(complaint=case).latest("pk").text == "We looked at both."


def test_an_answer_of_the_shopper_brings_a_waiting_case_back(case: Complaint) -> None:
    decide(complaint_id=case.pk, ruling=ruled(Decision.ASK_AGAIN), person=person("li"), now=clock.now())
    say_as_shopper(complaint_id=case.pk, text="It was 10:24.", uploads=(), now=clock.now())
    assert again(case).state == "INVESTIGATING"


def test_a_case_is_merged_into_an_open_one_of_the_same_merchant_only(
    case: Complaint, place: Callable[..., Order]
) -> None:
    agent = person("li")
    other = report_by_shopper(
        order=place(buyer="shopper-2"), kind=ComplaintKind.LOST, text="Same.", uploads=(), now=clock.now()
    ).complaint
    for number in ("", "D000000NOSUCH", case.complaint_no):
        with pytest.raises(CannotMerge):
            decide(complaint_id=case.pk, ruling=ruled(Decision.MERGE, merge_into=number), person=agent, now=clock.now())
    ruling = ruled(Decision.MERGE, merge_into=other.complaint_no)
    decide(complaint_id=case.pk, ruling=ruling, person=agent, now=clock.now())
    assert (again(case).state, again(case).merged_into) == ("MERGED", other)


def test_nothing_is_decided_twice_or_without_a_reason(case: Complaint) -> None:
    agent = person("li")
    with pytest.raises(ReasonMissing):
        decide(
            complaint_id=case.pk,
            ruling=Ruling(decision=Decision.TWO_PURCHASES, reason="no   "),
            person=agent,
            now=clock.now(),
        )
    decide(complaint_id=case.pk, ruling=ruled(Decision.TWO_PURCHASES), person=agent, now=clock.now())
    with pytest.raises(ComplaintEnded):
        decide(complaint_id=case.pk, ruling=ruled(Decision.WITHDRAWN), person=agent, now=clock.now())
    with pytest.raises(ComplaintEnded):
        say_as_shopper(complaint_id=case.pk, text="But!", uploads=(), now=clock.now())
    with pytest.raises(ComplaintEnded):
        take(complaint_id=case.pk, person=agent, now=clock.now())


@pytest.mark.parametrize("who", ["auditor", "ops", "superuser"])
def test_whoever_has_not_the_role_does_nothing_with_a_case(case: Complaint, who: str) -> None:
    somebody = User.objects.create_superuser("root") if who == "superuser" else person("zhou", who)
    asked: dict[str, Any] = {"person": somebody, "now": clock.now()}
    tries: list[Callable[[], object]] = [
        lambda: take(complaint_id=case.pk, **asked),
        lambda: assign(complaint_id=case.pk, to=person("li"), **asked),
        lambda: decide(complaint_id=case.pk, ruling=ruled(Decision.TWO_PURCHASES), **asked),
        lambda: tick(complaint_id=case.pk, done=["order"], **asked),
        lambda: say_as_staff(complaint_id=case.pk, text="Hello.", **asked),
        lambda: ask_channel(complaint=case, **asked),
        lambda: request_statement(complaint_id=case.pk, party=Party.SHOP, name="Shop", **asked),
        lambda: write_down_statement(complaint_id=case.pk, party=Party.SHOP, name="Shop", text="Yes.", **asked),
        lambda: request_return(
            complaint=case, wish=Wish(money=Money(1, "CNY"), reason=RefundReason.OTHER, note=""), **asked
        ),
    ]
    before = len(story([case.subject]))
    for attempt in tries:
        with pytest.raises(NotYourRole):
            attempt()
    assert len(story([case.subject])) == before


def test_only_a_supervisor_hands_a_case_on_and_only_to_whoever_works_on_cases(case: Complaint) -> None:
    with pytest.raises(NotYourRole):
        assign(complaint_id=case.pk, to=person("wang"), person=person("li"), now=clock.now())
    boss = person("zhao", "cs_supervisor")
    with pytest.raises(NotYourRole):
        assign(complaint_id=case.pk, to=person("zhou", "auditor"), person=boss, now=clock.now())
    assign(complaint_id=case.pk, to=person("wang"), person=boss, now=clock.now())
    assert str(again(case).owner) == "wang"


def test_a_supplier_gives_a_statement_once_by_the_link(case: Complaint) -> None:
    statement = request_statement(
        complaint_id=case.pk, party=Party.SUPPLIER, name="Paper mill", person=person("li"), now=clock.now()
    )
    assert again(case).state == "WAITING"
    give_statement(
        token=statement.token,
        text="We sent it once.",
        uploads=(Upload(name="../../way bill.pdf", content=b"%PDF-1.7 x"),),
        now=clock.now(),
    )
    assert again(case).state == "INVESTIGATING"
    assert ComplaintFile.objects.get().name == "way_bill.pdf"
    with pytest.raises(StatementGiven):
        give_statement(token=statement.token, text="No, twice.", uploads=(), now=clock.now())
    with pytest.raises(ProgrammingError, match="Cannot update"):
        Statement.objects.filter(pk=statement.pk).update(text="No, twice.")


@pytest.mark.parametrize(
    "uploads",
    [
        (Upload(name="a.png", content=b"<svg onload=alert(1)>"),),
        (Upload(name="a.png", content=PNG + b"0" * 5 * 1024 * 1024),),
        tuple(Upload(name=f"{n}.png", content=PNG) for n in range(6)),
    ],
    ids=["not what it is called", "too large", "too many"],
)
def test_a_file_that_is_no_picture_or_pdf_is_refused_with_the_whole_message(
    case: Complaint, uploads: tuple[Upload, ...]
) -> None:
    before = ComplaintMessage.objects.count()
    with pytest.raises(FileRefused):
        say_as_shopper(complaint_id=case.pk, text="Here.", uploads=uploads, now=clock.now())
    assert (ComplaintMessage.objects.count(), ComplaintFile.objects.count()) == (before, 0)


def test_a_compensation_is_approved_by_another_person(case: Complaint) -> None:
    boss = person("zhao", "cs_supervisor")
    proposed = propose_compensation(
        complaint_id=case.pk,
        kind=Compensation.Kind.COUPON,
        note="10 off the next order",
        money=Money(1_000, "CNY"),
        person=boss,
        now=clock.now(),
    )
    with pytest.raises(NotYourProposal):
        decide_compensation(compensation_id=proposed.pk, approved=True, person=boss, now=clock.now())
    with pytest.raises(NotYourRole):
        decide_compensation(compensation_id=proposed.pk, approved=True, person=person("li"), now=clock.now())
    decide_compensation(compensation_id=proposed.pk, approved=True, person=staff("han"), now=clock.now())
    with pytest.raises(ComplaintEnded):
        decide_compensation(compensation_id=proposed.pk, approved=False, person=staff("wei"), now=clock.now())


def test_the_database_refuses_who_approves_their_own_compensation(case: Complaint) -> None:
    boss = person("zhao", "cs_supervisor")
    with pytest.raises(IntegrityError, match="compensation_four_eyes"):
        Compensation.objects.create(
            complaint=case, kind="GIFT", note="x", amount_minor=1, currency="CNY", proposed_by=boss,
            proposed_at=clock.now(), approved=True, decided_by=boss, decided_at=clock.now(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"state": "CLOSED"}, "Invalid transition"),
        ({"state": "DECIDED"}, "complaint_decided_with_reason"),
        ({"state": "REFUNDING"}, "Invalid transition"),
        ({"amount_minor": 1}, "Cannot update"),
        ({"raised_by": "staff:li"}, "Cannot update"),
    ],
)
def test_the_database_refuses_whoever_goes_round_the_services(
    case: Complaint, change: dict[str, Any], refusal: str
) -> None:
    with pytest.raises((IntegrityError, ProgrammingError), match=refusal):
        Complaint.objects.filter(pk=case.pk).update(**change)


def test_no_second_open_case_stands_beside_the_first(case: Complaint) -> None:
    with pytest.raises(IntegrityError, match="complaint_one_open"):
        Complaint.objects.create(
            complaint_no="D1", token="t1", order=case.order, merchant=case.merchant, kind="LOST", source="STAFF",
            raised_by="staff:li", amount_minor=1, currency="CNY", created_at=clock.now(), due_at=clock.now(),
        )  # fmt: skip


def test_an_answer_is_promised_within_a_day(case: Complaint) -> None:
    assert case.due_at - case.created_at == timedelta(days=1)
