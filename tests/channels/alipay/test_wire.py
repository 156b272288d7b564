"""Alipay: what is signed, and that nothing else is believed."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from cashier.channels.base import Notification, NotificationRefused, Outcome
from tests.channels import keys
from tests.channels.changed import each_byte_changed, each_signature_byte_changed
from tests.channels.counterparts.alipay import METHODS, OK, AlipaySide

CALLS = ("create", "query", "close", "refund", "query_refund")


@pytest.fixture
def side() -> AlipaySide:
    return AlipaySide()


def _sent(side: AlipaySide) -> dict[str, str]:
    call = side.http.calls[-1]
    query, form = parse_qsl(call.url.query.decode()), parse_qsl(call.content.decode())
    assert not dict(query).keys() & dict(form).keys()
    return dict(query + form)


@pytest.mark.parametrize("call", CALLS)
def test_a_request_is_signed_over_all_its_parameters(side: AlipaySide, call: str) -> None:
    side.http.says(side.good(call))
    side.do(call)
    sent = _sent(side)
    signature = sent.pop("sign")
    assert sent["sign_type"] == "RSA2"
    assert sent["timestamp"] == "2026-03-01 12:00:00"
    keys.has_signed("alipay-app", signature, "&".join(f"{k}={v}" for k, v in sorted(sent.items())).encode())


def test_braces_quotes_and_escaped_slashes_in_a_signed_answer_do_not_confuse_the_check(side: AlipaySide) -> None:
    answer = side.says("query", "paid", changes={"subject": 'a}b"{/'})
    assert b"\\/" in answer.content
    side.http.says(answer)
    assert side.do("query").outcome is Outcome.PAID


def test_white_space_around_the_signed_text_is_not_part_of_it(side: AlipaySide) -> None:
    text = json.dumps(side.data("query", "paid"), ensure_ascii=False)
    signature = side.signature(text.encode())
    body = f'\n{{ "sign" : "{signature}",\r\n "{METHODS["query"]}" :\t{text} }}\n'
    side.http.says(httpx.Response(200, content=body.encode()))
    assert side.do("query").outcome is Outcome.PAID


def test_one_changed_byte_of_an_answer_is_enough_not_to_believe_it(side: AlipaySide) -> None:
    text = json.dumps(side.data("query", "paid"), ensure_ascii=False).encode()
    signature = side.signature(text)
    for changed in each_byte_changed(text):
        body = b'{"%s":%s,"sign":"%s"}' % (METHODS["query"].encode(), changed, signature.encode())
        side.http.says(httpx.Response(200, content=body))
        assert side.do("query").outcome is Outcome.UNKNOWN


def test_one_changed_byte_of_a_notification_is_enough_to_refuse_it(side: AlipaySide) -> None:
    good = dict(parse_qsl(side.notification("paid").body.decode()))
    for name, value in good.items():
        if name in {"sign", "sign_type"}:
            continue
        for changed in each_byte_changed(value.encode()):
            form = {k: v.encode() for k, v in good.items()} | {name: changed}
            _refuses(side, urlencode(form).encode())


def test_one_changed_byte_of_the_signature_is_enough_to_refuse_it(side: AlipaySide) -> None:
    good = dict(parse_qsl(side.notification("paid").body.decode()))
    for changed in each_signature_byte_changed(good["sign"]):
        _refuses(side, urlencode(good | {"sign": changed}).encode())


def test_a_field_added_to_a_notification_is_enough_to_refuse_it(side: AlipaySide) -> None:
    _refuses(side, side.notification("paid").body + b"&passback_params=x")


def test_a_field_written_twice_in_a_notification_is_refused(side: AlipaySide) -> None:
    _refuses(side, side.notification("paid").body + b"&total_amount=12.30")


@pytest.mark.parametrize("sign_type", ["RSA", "", "none"])
def test_a_weaker_signature_type_is_refused(side: AlipaySide, sign_type: str) -> None:
    _refuses(side, side.notification("paid", sign_type=sign_type).body)


def test_a_plus_in_a_notification_is_a_space_and_an_escaped_one_a_plus(side: AlipaySide) -> None:
    body = side.notification("paid").body  # its subject holds both
    assert b"+" in body
    assert b"%2B" in body
    assert side.channel.read_notification(Notification(headers={}, body=body)).outcome is Outcome.PAID
    _refuses(side, body.replace(b"%2B", b"+", 1))


@pytest.mark.parametrize("name", ["app_id", "seller_id"])
def test_a_payment_to_another_account_is_refused(side: AlipaySide, name: str) -> None:
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(side.notification("paid", **{name: "2088000000000002"}))
    assert refused.value.code == "other_account"


def test_an_event_that_we_do_not_know_is_refused(side: AlipaySide) -> None:
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(side.notification("paid", notify_type="dut_user_sign"))
    assert refused.value.code == "unknown_event"


def test_an_answer_to_another_call_is_not_believed(side: AlipaySide) -> None:
    side.http.says(side.raw_answer(METHODS["close"], json.dumps(side.data("query", "paid"))))
    assert side.do("query").outcome is Outcome.UNKNOWN


def test_a_second_answer_in_the_same_message_is_not_believed(side: AlipaySide) -> None:
    text = json.dumps(side.data("query", "paid"))
    forged = json.dumps(side.data("query", "paid") | {"total_amount": "99999.00"})
    body = f'{{"{METHODS["query"]}":{text},"sign":"{side.signature(text.encode())}","{METHODS["query"]}":{forged}}}'
    side.http.says(httpx.Response(200, content=body.encode()))
    assert side.do("query").outcome is Outcome.UNKNOWN


def test_an_amount_written_twice_in_a_signed_answer_is_not_believed(side: AlipaySide) -> None:
    text = json.dumps(side.data("query", "paid"))[:-1] + ', "total_amount": "99999.00"}'
    side.http.says(side.raw_answer(METHODS["query"], text))
    assert side.do("query").outcome is Outcome.UNKNOWN


def test_an_error_page_of_the_gateway_is_refused_at_most(side: AlipaySide) -> None:
    body = '{"error_response":{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-app-id"},"sign":""}'
    side.http.says(httpx.Response(200, content=body.encode()))
    fact = side.do("create")
    assert (fact.outcome, fact.code) == (Outcome.REFUSED, "isv.invalid-app-id")


def test_an_unsigned_business_refusal_does_not_fail_the_attempt(side: AlipaySide) -> None:
    refused = {"code": "40004", "sub_code": "ACQ.EXIST_FORBIDDEN_WORD"}
    side.http.says(side.answer("create", refused, sign="missing"))
    assert side.do("create").outcome is Outcome.UNKNOWN
    side.http.says(side.answer("create", refused))
    assert side.do("create").outcome is Outcome.FAILED


def test_a_page_in_another_encoding_is_unknown(side: AlipaySide) -> None:
    side.http.says(httpx.Response(200, content="<html>抱歉，系统繁忙</html>".encode("gbk")))
    assert side.do("query").outcome is Outcome.UNKNOWN


def test_a_number_where_text_belongs_is_not_taken_for_an_amount(side: AlipaySide) -> None:
    side.http.says(side.answer("query", OK | side.data("query", "paid") | {"total_amount": 12.3}))
    assert side.do("query").outcome is Outcome.UNKNOWN


def _refuses(side: AlipaySide, body: bytes) -> None:
    with pytest.raises(NotificationRefused):
        side.channel.read_notification(Notification(headers={}, body=body))
