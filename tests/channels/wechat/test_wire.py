"""WeChat Pay: what is signed, and that nothing else is believed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from cashier.channels.base import Notification, NotificationRefused, Outcome
from tests.channels import keys
from tests.channels.changed import each_byte_changed, each_character_changed, each_signature_byte_changed
from tests.channels.counterparts.wechat import SERIAL, WeChatSide
from tests.channels.keys import NOW

ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


@pytest.fixture
def side() -> WeChatSide:
    return WeChatSide()


@pytest.mark.parametrize("call", ["create", "query", "close", "refund", "query_refund"])
def test_a_request_is_signed_over_what_is_sent(side: WeChatSide, call: str) -> None:
    side.http.says(side.good(call))
    side.do(call)
    (sent,) = side.http.calls
    scheme, _, rest = sent.headers["authorization"].partition(" ")
    told = dict(ATTRIBUTE.findall(rest))
    assert scheme == "WECHATPAY2-SHA256-RSA2048"
    assert told.keys() == {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
    assert told["timestamp"] == str(int(NOW.timestamp()))
    assert sent.headers["wechatpay-serial"] == SERIAL
    target = sent.url.raw_path.decode()
    message = f"{sent.method}\n{target}\n{told['timestamp']}\n{told['nonce_str']}\n".encode() + sent.content + b"\n"
    keys.has_signed("wechat-merchant", told["signature"], message)


def test_the_path_of_the_base_address_is_signed_too(side: WeChatSide) -> None:
    side.channel = side.opened(base_url="https://gate.example/wechat/")
    side.http.says(side.good("query"))
    assert side.do("query").outcome is Outcome.PAID
    (sent,) = side.http.calls
    told = dict(ATTRIBUTE.findall(sent.headers["authorization"]))
    number = side.trade.attempt_no
    target = f"/wechat/v3/pay/transactions/out-trade-no/{number}?mchid=1900000001"
    keys.has_signed(
        "wechat-merchant", told["signature"], f"GET\n{target}\n{told['timestamp']}\n{told['nonce_str']}\n\n".encode()
    )


def test_one_changed_byte_of_a_notification_is_enough_to_refuse_it(side: WeChatSide) -> None:
    good = side.notification("paid")
    assert side.channel.read_notification(good).outcome is Outcome.PAID
    for body in each_byte_changed(good.body):
        _refuses(side, replace(good, body=body))


@pytest.mark.parametrize("name", ["timestamp", "nonce", "serial", "signature-type"])
def test_one_changed_character_of_a_signed_header_is_enough_to_refuse_it(side: WeChatSide, name: str) -> None:
    good = side.notification("paid")
    for value in each_character_changed(good.headers[f"wechatpay-{name}"]):
        _refuses(side, replace(good, headers={**good.headers, f"wechatpay-{name}": value}))


def test_one_changed_byte_of_the_signature_is_enough_to_refuse_it(side: WeChatSide) -> None:
    good = side.notification("paid")
    for value in each_signature_byte_changed(good.headers["wechatpay-signature"]):
        _refuses(side, replace(good, headers={**good.headers, "wechatpay-signature": value}))


@pytest.mark.parametrize("junk", ["!", " ", "\n", "=", "*"])
def test_a_signature_with_anything_between_its_letters_is_refused(side: WeChatSide, junk: str) -> None:
    good = side.notification("paid")
    signature = good.headers["wechatpay-signature"]
    changed = signature[:8] + junk + signature[8:]
    _refuses(side, replace(good, headers={**good.headers, "wechatpay-signature": changed}))


def test_one_changed_byte_of_an_answer_is_enough_not_to_believe_it(side: WeChatSide) -> None:
    good = side.good("query")
    for body in each_byte_changed(good.content):
        side.http.says(httpx.Response(200, content=body, headers=side.signed(good.content)))
        assert side.do("query").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("seconds", [-300, 300, -86400, 86400])
def test_an_old_or_future_message_is_stale(side: WeChatSide, seconds: int) -> None:
    notification, answer = side.notification("paid"), side.good("query")
    side.clock.time += timedelta(seconds=seconds)
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(notification)
    assert refused.value.code == "stale"
    side.http.says(answer)
    assert side.do("query").code == "stale"


@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_message_of_the_last_minutes_is_fresh(side: WeChatSide, seconds: int) -> None:
    notification = side.notification("paid")
    side.clock.time += timedelta(seconds=seconds)
    assert side.channel.read_notification(notification).outcome is Outcome.PAID


@pytest.mark.parametrize(
    "value", ["WECHATPAY/SIGNTEST/2gf0AYKfHX0GGkGRRkEHRPdD5KOYtR", "WECHATPAY/SIGNTEST/é", "=", "A", "a b", "AAAA"]
)
def test_the_probe_whether_we_verify_is_refused_like_any_forgery(side: WeChatSide, value: str) -> None:
    good = side.notification("paid")
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(replace(good, headers={**good.headers, "wechatpay-signature": value}))
    assert refused.value.code == "bad_signature"


def test_a_key_that_we_do_not_know_is_refused_by_that_name(side: WeChatSide) -> None:
    good = side.notification("paid")
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(replace(good, headers={**good.headers, "wechatpay-serial": "PUB_KEY_ID_0"}))
    assert refused.value.code == "unknown_serial"


@pytest.mark.parametrize("value", ["", "1e9", "-1", " 1772337600", "１７７２３３７６００", "9" * 40])
def test_a_timestamp_that_is_no_number_is_refused(side: WeChatSide, value: str) -> None:
    good = side.notification("paid")
    _refuses(side, replace(good, headers={**good.headers, "wechatpay-timestamp": value}))


def test_what_another_key_encrypted_is_undecryptable(side: WeChatSide) -> None:
    data = side.transaction("paid")
    notification = side.envelope("TRANSACTION.SUCCESS", "transaction", data, key="another key of 32 bytes, wrong: ")
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(notification)
    assert refused.value.code == "undecryptable"


@pytest.mark.parametrize("name", ["appid", "mchid"])
def test_a_payment_to_another_account_is_refused(side: WeChatSide, name: str) -> None:
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(side.notification("paid", **{name: "another"}))
    assert refused.value.code == "other_account"


def test_a_refund_of_another_account_is_refused(side: WeChatSide) -> None:
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(side.notification("refunded", mchid="another"))
    assert refused.value.code == "other_account"


def test_an_event_that_we_do_not_know_is_refused(side: WeChatSide) -> None:
    notification = side.envelope("COUPON.USE", "coupon", {"mchid": "1900000001"})
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(notification)
    assert refused.value.code == "unknown_event"


def test_an_amount_written_twice_in_a_signed_answer_is_not_believed(side: WeChatSide) -> None:
    good = json.dumps(side.transaction("paid"))
    body = good[:-1] + ', "amount": {"total": 1, "currency": "CNY"}}'
    side.http.says(side.answer(200, body.encode()))
    assert side.do("query").outcome is Outcome.UNKNOWN


def test_a_signed_answer_that_is_no_json_is_unknown(side: WeChatSide) -> None:
    side.http.says(side.answer(200, b"<html>"))
    assert side.do("query").outcome is Outcome.UNKNOWN


def test_an_apiv3_key_of_another_length_is_not_taken(side: WeChatSide) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        side.opened(apiv3_key="short")


def _refuses(side: WeChatSide, notification: Notification) -> None:
    with pytest.raises(NotificationRefused):
        side.channel.read_notification(notification)
