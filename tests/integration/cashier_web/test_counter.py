"""The counter's addresses: what they answer, what they start, what they never start."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cashier.models import Attempt, ChannelAccount
from payhub.merchants.models import DoublePaymentPolicy, Merchant
from tests.conftest import MovedClock
from tests.integration.cashier_web.conftest import Counter
from tests.played.channel import Books


def test_the_page_offers_to_pay_once(counter: Counter) -> None:
    page = counter.open()
    assert "Pay Lantern Books" in page
    assert "Pay ¥128.00" in page
    assert 'name="choice" value="lantern-alpha.qr"' in page


def test_a_click_shows_the_code(counter: Counter) -> None:
    answer = counter.pay()
    assert (answer.status_code, answer["Location"]) == (303, counter.url)
    page = counter.open()
    assert 'role="img" aria-label="Payment code for alpha, ¥128.00"' in page
    assert "Pay ¥128.00</button>" not in page


def test_a_second_click_gives_the_same_attempt(counter: Counter, alpha: Books, moved_clock: MovedClock) -> None:
    counter.pay()
    moved_clock.forward(seconds=1)
    answer = counter.pay()
    assert answer.status_code == 303
    assert (len(counter.attempts), alpha.count("create")) == (1, 1)
    assert "you are charged once" in counter.open()
    assert "you are charged once" not in counter.open()


def test_a_click_for_a_channel_page_leads_there_in_the_same_tab(counter: Counter) -> None:
    answer = counter.pay("page")
    assert answer["Location"] == f"{counter.url}go"
    gone = counter.get("go")
    address = f"http://127.0.0.1/played/{counter.attempts[0].attempt_no}"
    assert gone["Refresh"] == f"0; url={address}"
    assert f'href="{address}"' in gone.content.decode()


def test_a_form_for_the_channel_may_be_sent_to_it_alone(counter: Counter) -> None:
    counter.pay("bank")
    gone = counter.get("go")
    assert "form-action 'self' http://127.0.0.1;" in gone["Content-Security-Policy"] + ";"
    assert f'action="http://127.0.0.1/played/{counter.attempts[0].attempt_no}"' in gone.content.decode()


def test_there_is_no_way_on_to_a_channel_that_was_paid(counter: Counter, alpha: Books) -> None:
    counter.pay("page")
    alpha.pay(counter.attempts[0].attempt_no)
    assert counter.get("return").status_code == 303
    assert counter.get("go")["Location"] == counter.url
    assert counter.state == "succeeded"


def test_coming_back_asks_the_channel_once(counter: Counter, alpha: Books) -> None:
    counter.pay("page")
    counter.get("return")
    counter.get("return?trade_status=SUCCESS&out_trade_no=1")
    assert alpha.count("query") == 1
    assert counter.state == "waiting_channel"


def test_a_channel_may_send_the_shopper_back_by_post(counter: Counter, alpha: Books) -> None:
    counter.pay("bank")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{counter.url}return", {"respCode": "00"}).status_code == 303
    assert alpha.count("query") == 1


def test_paying_again_after_success_is_stopped_and_said(counter: Counter, alpha: Books) -> None:
    counter.pay()
    alpha.pay(counter.attempts[0].attempt_no)
    counter.post("check")
    assert counter.pay().status_code == 303
    page = counter.open()
    assert "This order is already paid" in page
    assert "We stopped the second payment." in page
    assert len(counter.attempts) == 1


def test_a_stale_page_starts_nothing(counter: Counter, alpha: Books) -> None:
    counter.pay()
    first = counter.attempts[0].attempt_no
    counter.post("close", seen=first)
    counter.pay(seen="")
    assert len(counter.attempts) == 1
    counter.pay(seen=first)
    assert len(counter.attempts) == 2


def test_a_click_without_a_choice_is_told_to_choose(counter: Counter) -> None:
    counter.post("pay", seen="")
    assert "Choose how you want to pay" in counter.open()
    assert not counter.attempts


def test_a_method_that_is_not_offered_starts_nothing(counter: Counter) -> None:
    counter.pay("cheque")
    assert "This way to pay is not available" in counter.open()
    counter.post("pay", choice="another-shop.qr", seen="")
    assert "This way to pay is not available" in counter.open()
    assert not counter.attempts


def test_checking_too_often_is_answered_with_words_or_429(counter: Counter, alpha: Books) -> None:
    counter.pay()
    assert counter.post("check").status_code == 303
    assert "We have just asked the channel" in counter.open()
    assert counter.post("check").status_code == 303
    assert "Wait a few seconds" in counter.open()
    refused = counter.post("check", headers={"accept": "application/json"})
    assert (refused.status_code, refused["Retry-After"]) == (429, "5")
    assert alpha.count("query") == 1


def test_a_script_that_checks_gets_the_status(counter: Counter, alpha: Books) -> None:
    counter.pay()
    alpha.pay(counter.attempts[0].attempt_no)
    assert counter.post("check", headers={"accept": "application/json"}).json()["state"] == "succeeded"


def test_closing_frees_the_payment_once_the_channel_confirmed(counter: Counter, alpha: Books) -> None:
    counter.pay()
    counter.post("close", seen=counter.attempts[0].attempt_no)
    page = counter.read()
    assert counter.state == "ready"
    assert "That payment is closed. No money was taken." in page


def test_closing_what_was_paid_shows_the_receipt(counter: Counter, alpha: Books) -> None:
    counter.pay()
    alpha.pay(counter.attempts[0].attempt_no)
    counter.post("close", seen=counter.attempts[0].attempt_no)
    assert counter.state == "succeeded"


def test_closing_without_an_answer_stays_open(counter: Counter, alpha: Books) -> None:
    counter.pay()
    alpha.arm("close", "timeout_before")
    alpha.arm("query", "timeout_before")
    counter.post("close", seen=counter.attempts[0].attempt_no)
    page = counter.open()
    assert counter.state == "closing"
    assert "No money was taken" not in page
    assert "asked alpha: no clear answer" in page


def test_a_page_that_showed_an_older_attempt_closes_nothing(counter: Counter, alpha: Books) -> None:
    counter.pay()
    counter.post("close", seen="")
    assert alpha.count("close") == 0


def test_a_channel_that_cannot_close_is_left_alone(counter: Counter, alpha: Books) -> None:
    counter.pay("bank")
    counter.post("close", seen=counter.attempts[0].attempt_no)
    assert "cannot cancel a payment in progress" in counter.open()
    assert counter.state == "waiting_channel"


@pytest.mark.parametrize("where", ["pay", "check", "close"])
def test_reloading_the_address_of_a_click_shows_the_page(counter: Counter, where: str) -> None:
    answer = counter.get(where)
    assert (answer.status_code, answer["Location"]) == (303, counter.url)


def test_a_click_from_another_site_changes_nothing(counter: Counter) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = strict.post(f"{counter.url}pay", {"choice": "lantern-alpha.qr", "seen": ""})
    assert answer.status_code == 403
    assert f'href="{counter.url}"' in answer.content.decode()
    assert not counter.attempts


@pytest.mark.parametrize("where", ["", "panel", "status", "go", "return", "pay", "check", "close"])
def test_an_unknown_token_is_not_found(counter: Counter, where: str) -> None:
    url = f"/c/{'x' * 32}/{where}"
    posts = where in {"pay", "check", "close"}
    answer = counter.client.post(url) if posts else counter.client.get(url)
    assert answer.status_code == 404
    assert "We cannot find this payment" in answer.content.decode()


def test_an_open_page_is_told_only_what_is_new(counter: Counter, moved_clock: MovedClock) -> None:
    first = counter.get("status")
    assert first.status_code == 200
    moved_clock.forward(seconds=1)
    same = counter.get("status", if_none_match=first["ETag"])
    assert (same.status_code, same.content) == (304, b"")
    counter.pay()
    changed = counter.get("status", if_none_match=first["ETag"])
    assert (changed.status_code, changed.json()["state"]) == (200, "waiting_qr")


def test_looking_never_calls_the_channel(counter: Counter, alpha: Books) -> None:
    counter.pay()
    before = list(alpha.calls)
    for where in ("", "status", "panel"):
        counter.get(where)
    assert alpha.calls == before


def test_looking_costs_two_statements_at_most(counter: Counter, alpha: Books) -> None:
    assert _statements(counter, "status") <= 2
    counter.pay()
    assert _statements(counter, "status") == 1
    alpha.pay(counter.attempts[0].attempt_no)
    counter.post("check")
    assert _statements(counter, "status") <= 2


def _statements(counter: Counter, where: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        counter.get(where)
    return len(caught)


def test_the_lock_is_held_for_eight_statements_at_most(counter: Counter) -> None:
    with CaptureQueriesContext(connection) as caught:
        counter.pay()
    texts = [query["sql"] for query in caught]
    first = next(n for n, text in enumerate(texts) if "FOR UPDATE" in text)
    last = next(n for n, text in enumerate(texts) if "trail_operationrecord" in text)
    assert last - first + 1 <= 8


def test_the_panel_is_the_page_without_its_frame(counter: Counter) -> None:
    counter.pay()
    panel = counter.get("panel").content.decode()
    assert panel.strip().startswith('<div id="face"')
    assert '<svg class="qr"' in panel
    assert panel.split('data-version="')[1][:16] == counter.status()["version"]


def test_nobody_may_keep_frame_or_index_the_page(counter: Counter) -> None:
    answer = counter.client.get(counter.url)
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["X-Frame-Options"] == "DENY"
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    body = answer.content.decode()
    assert " style=" not in body
    assert "<script>" not in body
    assert " onclick=" not in body


def test_the_language_is_chosen_by_address_then_cookie_then_browser(counter: Counter) -> None:
    assert '<html lang="en">' in counter.open()
    assert '<html lang="zh-Hans">' in Client(headers={"accept-language": "zh-CN"}).get(counter.url).content.decode()
    chosen = counter.client.get(f"{counter.url}?lang=zh")
    assert "向 Lantern Books 付款" in chosen.content.decode()
    assert '<html lang="zh-Hans">' in counter.open()
    counter.client.get(f"{counter.url}?lang=xx")
    assert '<html lang="zh-Hans">' in counter.open()


def test_a_fault_of_ours_says_nothing_about_money_and_leads_back(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("cashier.web.actions.start_or_resume", break_down)
    counter.client.raise_request_exception = False
    answer = counter.pay()
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "No money was taken" not in page
    assert f'href="{counter.url}"' in page


def test_a_test_account_is_never_offered_to_who_pays_a_real_merchant(counter: Counter, merchant: Merchant) -> None:
    Merchant.objects.filter(pk=merchant.pk).update(is_test=False)
    assert "offers no way to pay" in counter.open()
    counter.pay()
    assert Attempt.objects.count() == 0


def test_a_channel_that_does_not_answer_is_shown_but_cannot_be_chosen(
    counter: Counter, alpha_account: ChannelAccount, moved_clock: MovedClock
) -> None:
    alpha_account.broken_until = moved_clock.forward(seconds=20)
    alpha_account.save()
    moved_clock.forward(seconds=-10)
    page = counter.open()
    assert 'value="lantern-alpha.qr" required disabled' in page
    assert 'value="lantern-beta.qr" required disabled' not in page
    counter.pay()
    assert "does not answer at the moment. No new payment was started" in counter.read()
    assert not counter.attempts


@pytest.mark.parametrize("policy", DoublePaymentPolicy.values)
def test_another_way_is_offered_beside_the_open_one_where_extra_money_goes_back(
    counter: Counter, merchant: Merchant, policy: str
) -> None:
    Merchant.objects.filter(pk=merchant.pk).update(double_payment_policy=policy)
    counter.pay("qr", channel="alpha")
    is_offered = "Use another way to pay</summary>" in counter.open()
    assert is_offered == (policy == DoublePaymentPolicy.REFUND_EXTRA)
    if is_offered:
        counter.pay("qr", channel="beta", seen=counter.attempts[0].attempt_no)
        assert [attempt.state for attempt in counter.attempts] == ["PAYING", "PAYING"]
        assert "Payment code for beta" in counter.open()
