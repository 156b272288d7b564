"""The shopper's pages of a case, and the page of a statement: without script, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cashier.models import Payment
from orders.models import Complaint, ComplaintFile, ComplaintMessage, Order
from orders.models.complaint import Decision
from orders.models.statement import Party
from orders.services.complaints.decide import Ruling, decide
from orders.services.complaints.statements import request_statement, write_down_statement
from payhub import clock
from tests.integration.desk.conftest import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture
def browser() -> Client:
    return Client()


def test_a_report_from_the_counter_leads_to_its_case(browser: Client, place: Callable[..., Order]) -> None:
    payment = Payment.objects.get(merchant_order_no=place().order_no)
    path = f"/c/{payment.token}/help"
    assert path in browser.get(f"/c/{payment.token}/").content.decode()
    page = browser.get(path).content.decode()
    assert "What is wrong with this payment?" in page
    assert "<script" not in page
    picture = SimpleUploadedFile("mine.png", PNG)
    answer = browser.post(path, {"kind": "DUPLICATE", "text": "Twice!", "files": picture})
    case = Complaint.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/h/{case.token}/")
    page = browser.get(answer["Location"]).content.decode()
    assert case.complaint_no in page
    assert "We will answer by" in page
    assert "Do not pay again" in page
    assert "Twice!" in page


def test_the_form_shows_the_case_there_is(browser: Client, case: Complaint) -> None:
    path = f"/c/{Payment.objects.get().token}/help"
    page = browser.get(path).content.decode()
    assert "There is already a case" in page
    assert f"/h/{case.token}/" in page


def test_a_report_that_says_nothing_is_asked_for_again_with_what_was_chosen(
    browser: Client, place: Callable[..., Order]
) -> None:
    token = Payment.objects.get(merchant_order_no=place().order_no).token
    answer = browser.post(f"/c/{token}/help", {"kind": "LATE", "text": " "})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "There was nothing to send" in page
    assert 'value="LATE" required checked' in page


def test_the_shopper_adds_words_and_files_and_gets_the_files_back_as_downloads(
    browser: Client, case: Complaint
) -> None:
    picture = SimpleUploadedFile('x"; filename=evil.html', PNG)
    assert browser.post(f"/h/{case.token}/say", {"text": "More.", "files": picture}).status_code == 303
    file = ComplaintFile.objects.get()
    answer = browser.get(f"/h/{case.token}/files/{file.pk}")
    assert answer["Content-Disposition"] == f'attachment; filename="{file.pk}.png"'
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert answer.content == PNG


def test_a_page_that_calls_itself_a_picture_is_refused(browser: Client, case: Complaint) -> None:
    sneaky = SimpleUploadedFile("a.png", b"<html><script>alert(1)</script>", content_type="image/png")
    answer = browser.post(f"/h/{case.token}/say", {"text": "Look.", "files": sneaky})
    assert answer.status_code == 400
    assert "Look." in answer.content.decode()
    assert not ComplaintFile.objects.exists()


def test_what_a_message_says_is_text_and_never_markup(browser: Client, case: Complaint) -> None:
    browser.post(f"/h/{case.token}/say", {"text": "<b>bold</b>"})
    assert "&lt;b&gt;bold" in browser.get(f"/h/{case.token}/").content.decode()


def test_the_decision_is_read_in_the_readers_language(browser: Client, case: Complaint) -> None:
    ruling = Ruling(decision=Decision.TWO_PURCHASES, reason="Two parcels, two payments.")
    decide(complaint_id=case.pk, ruling=ruling, person=person("li"), now=clock.now())
    assert "These are two purchases" in browser.get(f"/h/{case.token}/").content.decode()
    chinese = browser.get(f"/h/{case.token}/?lang=zh").content.decode()
    assert "两次独立购买" in chinese
    assert 'lang="zh-Hans"' in chinese
    assert "Two parcels" not in chinese  # the reason is for the desk


def test_an_ended_case_takes_nothing_more(browser: Client, case: Complaint) -> None:
    ruling = Ruling(decision=Decision.WITHDRAWN, reason="The buyer called us.")
    decide(complaint_id=case.pk, ruling=ruling, person=person("li"), now=clock.now())
    assert "<textarea" not in browser.get(f"/h/{case.token}/").content.decode()
    before = ComplaintMessage.objects.count()
    assert browser.post(f"/h/{case.token}/say", {"text": "But."}).status_code == 400
    assert ComplaintMessage.objects.count() == before


def test_a_statement_by_link_shows_no_buyer_and_is_taken_once(browser: Client, case: Complaint) -> None:
    asked = request_statement(
        complaint_id=case.pk, party=Party.SUPPLIER, name="Paper mill", person=person("li"), now=clock.now()
    )
    path = f"/h/statements/{asked.token}/"
    page = browser.get(path).content.decode()
    assert "Paper mill" in page
    assert case.order.title in page
    assert "I paid by WeChat" not in page
    assert browser.post(path, {"text": "Sent once, on Monday."}).status_code == 303
    assert "Sent once, on Monday." in browser.get(path).content.decode()
    assert browser.post(path, {"text": "Twice."}).status_code == 400


def test_a_supplier_s_file_is_not_the_shopper_s_to_read(browser: Client, case: Complaint) -> None:
    statement = write_down_statement(
        complaint_id=case.pk, party=Party.SHOP, name="Shop", text="Once.", person=person("li"), now=clock.now()
    )
    file = ComplaintFile.objects.create(
        complaint=case, statement=statement, name="a.png", media_type="image/png", content=PNG, sha256="x",
        brought_by="shop:Shop", brought_at=clock.now(),
    )  # fmt: skip
    assert browser.get(f"/h/{case.token}/files/{file.pk}").status_code == 404
    assert "Once." not in browser.get(f"/h/{case.token}/").content.decode()


@pytest.mark.parametrize("path", ["/h/{}/", "/c/{}/help", "/h/statements/{}/"])
def test_a_guessed_address_is_not_found(browser: Client, db: None, path: str) -> None:
    assert browser.get(path.format("0" * 32)).status_code == 404


def test_reports_from_one_address_are_limited(browser: Client, case: Complaint) -> None:
    answers = [browser.post(f"/h/{case.token}/say", {"text": "Again."}).status_code for _ in range(31)]
    assert answers[-1] == 429
    assert set(answers[:-1]) == {303}
