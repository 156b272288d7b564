"""Complaints by the API: the shop reads its cases, raises one, and says once what it was asked for."""

from __future__ import annotations

import pytest

from orders.models import Complaint, ComplaintMessage, Statement
from payhub.trail.record import story
from tests.integration.api.conftest import Program

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]
STATEMENT = "Ordered once, sent once.\nParcel SF1234."


def test_a_case_is_read_without_the_shoppers_words(program: Program, case: Complaint) -> None:
    said = program.get(f"/complaints/{case.complaint_no}").said
    assert (said["order_no"], said["merchant_order_no"]) == (case.order.order_no, "shop-1")
    assert (said["kind"], said["source"], said["state"], said["amount_minor"]) == (
        *("duplicate", "merchant", "waiting"),
        12_800,
    )
    assert [(one["given_at"], one["text"]) for one in said["statements"]] == [(None, "")]
    assert "They say" not in str(said)


def test_cases_are_listed_by_order_and_state(program: Program, case: Complaint) -> None:
    other = program.orders(merchant_order_no="shop-2").said["order_no"]
    newer = program.post("/complaints", {"order_no": other, "kind": "lost", "text": "Where is it?"}).said

    def found(**asked: object) -> list[str]:
        return [one["complaint_no"] for one in program.get("/complaints", **asked).said["data"]]

    assert found() == [newer["complaint_no"], case.complaint_no]
    assert found(state="waiting") == [case.complaint_no]
    assert found(order_no=other) == [newer["complaint_no"]]
    first = program.get("/complaints", limit=1).said
    assert (first["has_more"], found(after=first["next"])) == (True, [case.complaint_no])


def test_an_order_has_one_open_case_however_often_it_is_reported(program: Program, case: Complaint) -> None:
    said = {"order_no": case.order.order_no, "kind": "lost", "text": "And it was late."}
    again = program.post("/complaints", said)
    assert (again.status_code, again.said["complaint_no"]) == (201, case.complaint_no)
    assert Complaint.objects.count() == 1
    assert ComplaintMessage.objects.filter(complaint=case).count() == 2


def test_the_shop_says_once_what_it_was_asked(program: Program, case: Complaint) -> None:
    address = f"/complaints/{case.complaint_no}/statement"
    given = program.post(address, {"text": STATEMENT}, key="k1")
    assert (given.status_code, given.said["state"]) == (200, "investigating")
    assert given.said["statements"][0]["text"] == STATEMENT
    assert program.post(address, {"text": STATEMENT}, key="k1").said == given.said
    again = program.post(address, {"text": "Something else."})
    assert (again.status_code, again.said["code"]) == (409, "statement_not_asked")
    assert Statement.objects.get().text == STATEMENT
    actors = [one.actor for one in story([case.subject]) if one.action == "complaint.statement_given"]
    assert len(actors) == 1
    assert actors[0].startswith("merchant:lantern/sk_test_…")


def test_nobody_who_was_not_asked_gives_a_statement(program: Program) -> None:
    order_no = program.orders().said["order_no"]
    case = program.post("/complaints", {"order_no": order_no, "kind": "lost", "text": "Where is it?"}).said
    refused = program.post(f"/complaints/{case['complaint_no']}/statement", {"text": STATEMENT})
    assert (refused.status_code, refused.said["code"]) == (409, "statement_not_asked")


@pytest.mark.parametrize("text", ["", " \n ", None, 7, "a\x07bell"], ids=repr)
def test_what_says_nothing_is_no_statement(program: Program, case: Complaint, text: object) -> None:
    refused = program.post(f"/complaints/{case.complaint_no}/statement", {"text": text})
    assert (refused.status_code, refused.said["errors"][0]["field"]) == (422, "text")
    assert Statement.objects.get().given_at is None
