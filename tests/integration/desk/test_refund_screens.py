"""Refund approval: by another person, on a page of its own, on what is so now; never by a link, a bulk action or a superuser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cashier.models import Attempt, Refund
from cashier.models.refund import RefundReason
from cashier.services.refund import Wish, request_refund, send_approved
from orders.models import Complaint, Order
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.money import Money
from tests.conftest import staff
from tests.integration.desk.conftest import person, signed_in
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


def act(refund: Refund, verb: str = "approve") -> str:
    return f"/admin/cashier/refund/{refund.pk}/do/{verb}/"


def filled(browser: Client, refund: Refund, who: str) -> dict[str, str]:
    """The form of the approval page as this person sees it, with their password."""
    form = browser.get(act(refund)).context["form"]
    return {"seen": form["seen"].value(), "password": f"the password of {who}"}


@pytest.fixture
def refund(place: Callable[..., Order], pay_by: Callable[..., Attempt]) -> Refund:
    attempt = pay_by(place())
    wish = Wish(money=Money(12_800, "CNY"), reason=RefundReason.GOODWILL, note="Agreed on the phone.")
    return request_refund(
        payment_id=attempt.payment_id, wish=wish, requested_by=person("boss", "cs_supervisor"), now=clock.now()
    )


def state() -> str:
    return str(Refund.objects.get().state)


def test_everything_to_decide_by_stands_on_the_page_that_asks(refund: Refund) -> None:
    browser = signed_in(person("han", "finance"))
    for path in (f"/admin/cashier/refund/{refund.pk}/change/", act(refund)):
        page = browser.get(path).content.decode()
        for words in ("¥128.00", "Agreed on the phone.", "boss", refund.attempt.attempt_no, "one approval"):
            assert words in page, (path, words)
    assert state() == "REQUESTED"


def test_another_person_approves_with_their_password_and_the_channel_returns_it(refund: Refund, alpha: Books) -> None:
    browser = signed_in(person("han", "finance"))
    assert browser.post(act(refund), filled(browser, refund, "han")).status_code == 303
    assert state() == "APPROVED"
    send_approved(now=clock.now())
    assert (state(), alpha.count("refund")) == ("SUCCEEDED", 1)


def test_without_the_right_password_nothing_is_approved_and_guessing_ends(refund: Refund) -> None:
    browser = signed_in(person("han", "finance"))
    form = filled(browser, refund, "han")
    assert browser.post(act(refund), {"seen": form["seen"]}).status_code == 400
    for _ in range(5):
        assert browser.post(act(refund), {**form, "password": "guess"}).status_code == 400
    answer = browser.post(act(refund), form)
    assert (answer.status_code, state()) == (400, "REQUESTED")
    assert "Too many tries" in answer.content.decode()


def test_whoever_asked_cannot_approve_and_cannot_reject(refund: Refund) -> None:
    browser = signed_in(person("boss", "cs_supervisor"))
    answer = browser.post(act(refund), filled(browser, refund, "boss"))
    assert (answer.status_code, state()) == (400, "REQUESTED")
    assert "A refund needs a second person" in answer.content.decode()
    assert browser.post(act(refund, "reject"), {"why": "I changed my mind."}).status_code == 400
    assert browser.post(act(refund, "withdraw"), {"why": "I changed my mind."}).status_code == 303
    assert state() == "WITHDRAWN"


@pytest.mark.parametrize("who", ["cs_agent", "ops", "auditor", "superuser"])
def test_no_other_role_and_no_superuser_approves_or_rejects(refund: Refund, who: str) -> None:
    browser = signed_in(User.objects.create_superuser("root") if who == "superuser" else person("zhou", who))
    for verb in ("approve", "reject", "send-again"):
        assert browser.get(act(refund, verb)).status_code == 403
        assert browser.post(act(refund, verb), {"why": "Because I can.", "seen": "x"}).status_code == 403
    assert state() == "REQUESTED"


def test_a_supervisor_s_limit_holds_on_the_page_too(refund: Refund, settings: Any) -> None:
    settings.REFUND_LIMITS_MINOR = {"cs_supervisor": 100, "finance": None}
    browser = signed_in(person("zhao", "cs_supervisor"))
    answer = browser.post(act(refund), filled(browser, refund, "zhao"))
    assert (answer.status_code, state()) == (400, "REQUESTED")
    assert "above what you may approve" in answer.content.decode()


def test_a_large_amount_needs_two_and_says_so(refund: Refund, shop: Merchant) -> None:
    shop.second_approver_above_minor = 10_000
    shop.save()
    first, second = signed_in(person("han", "finance")), signed_in(person("wei", "finance"))
    assert first.post(act(refund), filled(first, refund, "han")).status_code == 303
    assert state() == "REQUESTED"
    assert first.post(act(refund), filled(first, refund, "han")).status_code == 400  # the same person twice
    assert second.post(act(refund), filled(second, refund, "wei")).status_code == 303
    assert state() == "APPROVED"


def test_a_page_that_is_out_of_date_approves_nothing(refund: Refund) -> None:
    browser = signed_in(person("han", "finance"))
    form = filled(browser, refund, "han")
    Refund.objects.filter(pk=refund.pk).update(approved_by=staff("wei"))
    answer = browser.post(act(refund), form)
    assert (answer.status_code, state()) == (400, "REQUESTED")
    assert "This payment changed since you opened the page" in answer.content.decode()


def test_a_second_click_approves_nothing_twice(refund: Refund, alpha: Books) -> None:
    browser = signed_in(person("han", "finance"))
    form = filled(browser, refund, "han")
    assert [browser.post(act(refund), form).status_code for _ in range(2)] == [303, 400]
    send_approved(now=clock.now())
    send_approved(now=clock.now())
    assert alpha.count("refund") == 1


def test_no_edit_no_bulk_action_and_no_transition_name_approves(refund: Refund) -> None:
    browser = signed_in(person("han", "finance"))
    page, rows = f"/admin/cashier/refund/{refund.pk}/change/", "/admin/cashier/refund/"
    posted = {"_fsm_transition_to": "approve", "state": "APPROVED", "amount_minor": "99999", "_save": "Save"}
    assert browser.post(page, posted).status_code == 403
    for action in ("approve", "delete_selected"):
        browser.post(rows, {"action": action, "_selected_action": [refund.pk], "post": "yes"})
    refund = Refund.objects.get()
    assert (refund.state, refund.amount_minor, refund.approved_by) == ("REQUESTED", 12_800, None)


def test_a_rejection_needs_a_reason_and_leaving_is_no_rejection(refund: Refund) -> None:
    browser = signed_in(person("han", "finance"))
    assert browser.post(act(refund, "reject"), {"why": ""}).status_code == 400
    assert "Close without deciding" in browser.get(f"/admin/cashier/refund/{refund.pk}/change/").content.decode()
    assert state() == "REQUESTED"
    assert browser.post(act(refund, "reject"), {"why": "The goods were kept."}).status_code == 303
    assert state() == "REJECTED"


def test_an_unknown_refund_can_only_be_asked_about(twice: Complaint, beta: Books, alpha: Books) -> None:
    refund = Refund.objects.get()
    books = beta if refund.attempt.account.channel == "beta" else alpha
    books.arm("refund", "timeout_after", times=1)
    browser = signed_in(person("han", "finance"))
    browser.post(act(refund), filled(browser, refund, "han"))
    send_approved(now=clock.now())
    assert state() == "SUBMITTED"
    for verb in ("approve", "reject", "send-again", "withdraw"):
        answer = browser.post(act(refund, verb), {"why": "Because I want to.", "seen": "x", "password": "x"})
        assert answer.status_code == 400, verb
    page = browser.get(f"/admin/cashier/refund/{refund.pk}/change/").content.decode()
    assert "it cannot be sent again" in page
    assert "/do/query/" in page
    assert "/do/send-again/" not in page
    assert browser.post(act(refund, "query"), {}).status_code == 303
    assert (state(), books.count("refund")) == ("SUCCEEDED", 1)


def test_the_queue_shows_what_awaits_my_approval_and_not_what_i_asked_for(refund: Refund) -> None:
    rows = "/admin/cashier/refund/?queue=awaiting"
    assert refund.refund_no in signed_in(person("han", "finance")).get(rows).content.decode()
    assert refund.refund_no not in signed_in(person("boss", "cs_supervisor")).get(rows).content.decode()
    assert refund.refund_no not in signed_in(person("li")).get(rows).content.decode()
