"""The desk's screens: everything to decide a case stands on one page, and only POSTs on pages of their own act."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from cashier.models import Attempt, Refund
from orders.models import Complaint, ComplaintFile, Order, Statement
from orders.models.complaint import ComplaintKind
from orders.services.complaints.files import Upload
from orders.services.complaints.report import report_by_shopper
from orders.services.complaints.say import say_as_shopper
from payhub import clock
from payhub.review.models import ReviewItem
from payhub.trail.record import story
from tests.conftest import staff
from tests.integration.desk.conftest import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]

REASON = "Both payments are on the channel's books."


def page_of(case: Complaint) -> str:
    return f"/admin/orders/complaint/{case.pk}/change/"


def act(case: Complaint, verb: str) -> str:
    return f"/admin/orders/complaint/{case.pk}/do/{verb}/"


@pytest.fixture
def agent() -> Client:
    return signed_in(person("li"))


def test_one_page_shows_everything_to_decide_by(agent: Client, twice: Complaint) -> None:
    page = agent.get(page_of(twice)).content.decode()
    assert "2 payments succeeded for order" in page
    assert "over-paid ¥128.00" in page
    for attempt in Attempt.objects.all():
        assert attempt.attempt_no in page
    assert Refund.objects.get().refund_no in page
    assert "Certain" in page
    assert "The chain of these entries was checked just now and is whole." in page


def test_the_page_is_read_in_chinese(agent: Client, twice: Complaint) -> None:
    page = agent.get(f"{page_of(twice)}?lang=zh").content.decode()
    assert "对照表" in page
    assert "多付 ¥128.00" in page


@pytest.mark.parametrize("verb", ["take", "decide", "refund", "ask-channel", "statement", "say", "check", "compensate"])
def test_looking_at_an_act_does_nothing(agent: Client, twice: Complaint, verb: str) -> None:
    before = len(story([twice.subject]))
    assert agent.get(act(twice, verb)).status_code == 200
    assert Complaint.objects.get().state == "NEW"
    assert len(story([twice.subject])) == before


def test_a_post_from_another_site_is_refused(twice: Complaint) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person("li"), backend="payhub.roles.RoleBackend")
    assert browser.post(act(twice, "take"), {}).status_code == 403
    assert Complaint.objects.get().owner is None


@pytest.mark.parametrize("role", ["auditor", "ops", "superuser"])
def test_whoever_has_not_the_role_is_shown_no_act_and_refused_every_one(twice: Complaint, role: str) -> None:
    who = User.objects.create_superuser("root") if role == "superuser" else person("zhou", role)
    browser = signed_in(who)
    assert "/do/" not in browser.get(page_of(twice)).content.decode()
    for verb in ("take", "assign", "decide", "refund", "say", "check", "statement", "phone", "compensate"):
        answer = browser.post(act(twice, verb), {"decision": "TWO_PURCHASES", "reason": REASON, "text": "x"})
        assert answer.status_code == 403, verb
    assert Complaint.objects.get().state == "NEW"


def test_nothing_is_changed_by_posting_to_the_page_itself(agent: Client, twice: Complaint) -> None:
    posted = {"state": "CLOSED", "_fsm_transition_to": "close", "_save": "Save", "amount_minor": "1"}
    assert agent.post(page_of(twice), posted).status_code == 403
    assert agent.post(f"/admin/orders/complaint/{twice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert agent.post("/admin/orders/complaint/add/", posted).status_code == 403
    assert Complaint.objects.get().state == "NEW"


def test_an_agent_takes_checks_and_decides(agent: Client, twice: Complaint) -> None:
    assert agent.post(act(twice, "take"), {}).status_code == 303
    assert agent.post(act(twice, "check"), {"done": ["order", "channel"]}).status_code == 303
    assert agent.post(act(twice, "ask-channel"), {}).status_code == 303
    answer = agent.post(act(twice, "decide"), {"decision": "REFUND_DUPLICATE", "reason": "short"})
    assert answer.status_code == 400
    assert agent.post(act(twice, "decide"), {"decision": "REFUND_DUPLICATE", "reason": REASON}).status_code == 303
    case = Complaint.objects.get()
    assert (case.state, case.checked, str(case.owner)) == ("REFUNDING", ["order", "channel"], "li")
    assert {word["outcome"] for word in case.channel_said} == {"PAID"}


def test_the_agent_reads_what_the_shopper_will_read_in_both_languages(agent: Client, twice: Complaint) -> None:
    page = agent.get(act(twice, "decide")).content.decode()
    assert "The order was paid more than once." in page
    assert "该订单被多次支付" in page


def test_a_second_decision_is_refused_in_words(agent: Client, case: Complaint) -> None:
    for expected in (303, 400):
        answer = agent.post(act(case, "decide"), {"decision": "TWO_PURCHASES", "reason": REASON})
        assert answer.status_code == expected
    assert "This case has moved on" in answer.content.decode()


def test_a_stale_page_asks_for_no_refund(
    agent: Client, place: Callable[..., Order], pay_by: Callable[..., Attempt]
) -> None:
    order = place()
    pay_by(order)
    case = report_by_shopper(
        order=order, kind=ComplaintKind.AMOUNT, text="Too much.", uploads=(), now=clock.now()
    ).complaint
    agent.post(act(case, "decide"), {"decision": "PART_REFUND", "reason": REASON})
    form = {"amount": "28.00", "reason": "GOODWILL", "note": "Agreed on the phone.", "refundable_seen": "99"}
    answer = agent.post(act(case, "refund"), form)
    assert (answer.status_code, Refund.objects.count()) == (400, 0)
    assert "This payment changed since you opened the page" in answer.content.decode()
    assert agent.post(act(case, "refund"), {**form, "refundable_seen": "12800"}).status_code == 303
    for wrong in ("-1", "0", "1e3", "128.001", "１２"):
        assert agent.post(act(case, "refund"), {**form, "amount": wrong}).status_code == 400
    assert Refund.objects.count() == 1


def test_the_statement_s_link_is_given_to_the_agent(agent: Client, case: Complaint) -> None:
    agent.post(act(case, "statement"), {"party": "SUPPLIER", "name": "Paper mill"})
    assert Statement.objects.get().token in agent.get(page_of(case)).content.decode()


def test_personal_data_is_masked_and_a_look_behind_the_mask_is_written_down(
    agent: Client, place: Callable[..., Order]
) -> None:
    order = place(buyer_name="Wang Fang", contact="13812345678", address="1 Lake Road, Hangzhou")
    case = report_by_shopper(order=order, kind=ComplaintKind.LOST, text="Paid.", uploads=(), now=clock.now()).complaint
    for path in (page_of(case), "/admin/orders/complaint/", f"/admin/orders/order/{order.pk}/change/"):
        page = agent.get(path).content.decode()
        assert not [secret for secret in ("13812345678", "Wang Fang", "Lake Road") if secret in page], path
    assert "138****5678" in agent.get(page_of(case)).content.decode()
    path = f"/admin/orders/complaint/{case.pk}/reveal/"
    assert agent.get(path).status_code == 405
    assert "13812345678" in agent.post(path).content.decode()
    assert [line.actor for line in story([case.subject]) if line.action == "complaint.revealed"] == ["staff:li"]
    assert signed_in(person("zhou", "auditor")).post(path).status_code == 403
    assert signed_in(User.objects.create_superuser("root")).post(path).status_code == 403


def test_a_broken_chain_is_shown_and_raises_an_alarm(agent: Client, twice: Complaint) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trail_operationrecord DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE trail_operationrecord SET actor = 'staff:nobody' WHERE subject = %s AND sequence = 1",
            [twice.subject],
        )
        cursor.execute("ALTER TABLE trail_operationrecord ENABLE TRIGGER USER")
    page = agent.get(page_of(twice)).content.decode()
    assert "The evidence was tampered with." in page
    assert f"{twice.subject} #1" in page
    agent.get(page_of(twice))
    assert ReviewItem.objects.filter(kind="BROKEN_TRAIL", subject=twice.subject).count() == 1


def test_the_case_file_holds_everything_and_no_cell_is_a_formula(agent: Client, case: Complaint) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    say_as_shopper(
        complaint_id=case.pk, text="=cmd()", uploads=(Upload(name="a.png", content=picture),), now=clock.now()
    )
    path = f"/admin/orders/complaint/{case.pk}/export/"
    assert agent.get(path).status_code == 405
    answer = agent.post(path)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    file = ComplaintFile.objects.get()
    assert set(archive.namelist()) == {"case.json", "timeline.csv", f"files/{file.pk}-a.png"}
    assert archive.read(f"files/{file.pk}-a.png") == picture
    told = json.loads(archive.read("case.json"))
    assert told["case"]["complaint_no"] == case.complaint_no
    assert told["messages"][1]["text"] == "=cmd()"
    rows = list(csv.reader(io.StringIO(archive.read("timeline.csv").decode())))
    assert "complaint.opened" in {row[4] for row in rows}
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@"}]
    assert story([case.subject])[-1].action == "complaint.exported"


def test_a_case_is_found_by_whatever_number_somebody_has(agent: Client, twice: Complaint) -> None:
    attempt, refund = Attempt.objects.first(), Refund.objects.get()
    assert attempt is not None
    numbers = [twice.complaint_no, twice.order.order_no, attempt.attempt_no, refund.refund_no, "128.00"]
    numbers.append(attempt.payment.payment_no)
    for number in numbers:
        assert twice.complaint_no in agent.get("/admin/orders/complaint/", {"q": number}).content.decode(), number
    assert twice.complaint_no not in agent.get("/admin/orders/complaint/", {"q": "127.00"}).content.decode()


@pytest.mark.parametrize("queue", ["mine", "free", "overdue", "waiting", "duplicates", "refunding", "all", ""])
def test_every_queue_opens(agent: Client, twice: Complaint, queue: str) -> None:
    page = agent.get("/admin/orders/complaint/", {"queue": queue} if queue else {}).content.decode()
    assert (twice.complaint_no in page) == (queue in {"free", "duplicates", "all", ""})


def test_a_stranger_s_browser_sees_nothing_of_the_desk(twice: Complaint, client: Client) -> None:
    signed_out = client.get(page_of(twice))
    assert signed_out.status_code == 302
    assert signed_in(staff("shop-member", "none")).get(page_of(twice)).status_code == 302
