"""UnionPay: what is signed, whose certificate counts, and that nothing else is believed."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashier.channels.base import NotificationRefused, Outcome
from cashier.channels.unionpay.wire import read_answer
from tests.channels import keys
from tests.channels.changed import each_byte_changed, each_character_changed, each_signature_byte_changed
from tests.channels.counterparts.unionpay import NAME, SIGNER, UnionPaySide

MERCHANT_NAME = "041@Z2014-11-11@700000000000001:SIGN@00000006"
TEST_NAME = "041@8310000000083040@00040000:SIGN@00016495"


@pytest.fixture
def side() -> UnionPaySide:
    return UnionPaySide()


def _has_signed(fields: dict[str, str]) -> None:
    signature = fields.pop("signature")
    link = "&".join(f"{k}={v}" for k, v in sorted(fields.items()))
    keys.has_signed("up-merchant", signature, hashlib.sha256(link.encode()).hexdigest().encode())


@pytest.mark.parametrize("call", ["query", "refund", "query_refund"])
def test_a_request_is_signed_over_all_its_fields(side: UnionPaySide, call: str) -> None:
    side.http.says(side.good(call))
    side.do(call)
    sent = dict(parse_qsl(side.http.calls[0].content.decode()))
    assert (sent["version"], sent["signMethod"], sent["certId"]) == ("5.1.0", "01", "68759663125")
    _has_signed(sent)


def test_the_form_that_the_browser_posts_is_signed_and_has_the_deadline(side: UnionPaySide) -> None:
    shown = side.channel.create(side.trade).presentation
    assert shown is not None
    assert shown.content == "https://unionpay.example/gateway/api/frontTransReq.do"
    fields = dict(shown.fields)
    assert (fields["txnAmt"], fields["currencyCode"]) == ("1230", "156")
    assert (fields["txnTime"], fields["payTimeout"]) == ("20260301120000", "20260301121500")
    assert (fields["frontUrl"], fields["backUrl"]) == (side.trade.return_url, side.trade.notify_url)
    _has_signed(fields)
    assert side.http.calls == []


def test_the_same_trade_gives_the_same_form_a_minute_later(side: UnionPaySide) -> None:
    first = side.channel.create(side.trade)
    side.clock.time += timedelta(seconds=60)
    assert side.channel.create(side.trade) == first


def test_one_changed_byte_of_a_notification_is_enough_to_refuse_it(side: UnionPaySide) -> None:
    good = side.signed(side.form("paid"))
    for name in set(good) - {"signature", "signPubKeyCert"}:
        for value in each_character_changed(good[name].encode("ascii", "ignore").decode()):
            with pytest.raises(NotificationRefused):
                side.channel.read_notification(side.posted(good | {name: value}, sign="missing"))


def test_one_changed_byte_of_the_certificate_is_enough_to_refuse_it(side: UnionPaySide) -> None:
    good = side.signed(side.form("paid"))
    for value in list(each_character_changed(good["signPubKeyCert"]))[::7]:
        with pytest.raises(NotificationRefused):
            side.channel.read_notification(side.posted(good | {"signPubKeyCert": value}, sign="missing"))


@pytest.mark.parametrize("version", [*range(2), *range(3, 256)])
def test_a_certificate_of_any_other_version_is_refused_too(side: UnionPaySide, version: int) -> None:
    """The library has an error of its own for versions that there are not: it must not become a 500."""
    der = base64.b64decode("".join(SIGNER.split("\r\n")[1:-2]))
    marked = bytes.fromhex("a003020102")  # version 3
    assert der.count(marked) == 1
    changed = base64.b64encode(der.replace(marked, marked[:-1] + bytes([version]))).decode()
    pem = f"-----BEGIN CERTIFICATE-----\r\n{changed}\r\n-----END CERTIFICATE-----\r\n"
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(side.posted(side.form("paid"), certificate=pem))
    assert refused.value.code == "unknown_signer"


def test_one_changed_byte_of_the_signature_is_enough_to_refuse_it(side: UnionPaySide) -> None:
    good = side.signed(side.form("paid"))
    for value in each_signature_byte_changed(good["signature"]):
        with pytest.raises(NotificationRefused):
            side.channel.read_notification(side.posted(good | {"signature": value}, sign="missing"))


def test_one_changed_byte_of_an_answer_is_enough_not_to_believe_it(side: UnionPaySide) -> None:
    text = side.good("query").content
    until = text.index(b"signature=")
    for changed in each_byte_changed(text[:until]):
        side.http.says(httpx.Response(200, content=changed + text[until:]))
        assert side.do("query").outcome is Outcome.UNKNOWN


def test_a_certificate_with_other_line_ends_is_another_text(side: UnionPaySide) -> None:
    changed = side.signed(side.form("paid")) | {"signPubKeyCert": SIGNER.replace("\r\n", "\n")}
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(side.posted(changed, sign="missing"))
    assert refused.value.code == "bad_signature"


@pytest.mark.parametrize(
    ("why", "certificate"),
    [
        ("self-signed", keys.certificate("stranger", common_name=NAME, serial=9)),
        (
            "by an authority of the same name",
            keys.certificate("stranger", "impostor", issuer_name="up-middle", common_name=NAME, serial=9),
        ),
        ("by the root itself", keys.certificate("stranger", "up-root", common_name=NAME, serial=9)),
        ("a merchant's", keys.certificate("stranger", "up-middle", common_name=MERCHANT_NAME, serial=9)),
        ("of the test environment", keys.certificate("stranger", "up-middle", common_name=TEST_NAME, serial=9)),
        ("expired", keys.certificate("stranger", "up-middle", common_name=NAME, serial=9, days=(-30, -1))),
        ("not yet valid", keys.certificate("stranger", "up-middle", common_name=NAME, serial=9, days=(1, 30))),
        ("none", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
    ],
    ids=lambda value: "" if "CERTIFICATE" in value else value,  # a new certificate every run is no name for a test
)
def test_who_brings_another_certificate_is_refused_however_well_he_signs(
    side: UnionPaySide, why: str, certificate: str
) -> None:
    assert why
    notification = side.posted(side.form("paid"), sign="stranger", certificate=certificate)
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(notification)
    assert refused.value.code == "unknown_signer"


def test_a_renewed_certificate_of_unionpay_is_believed(side: UnionPaySide) -> None:
    renewed = keys.certificate("renewed", "up-middle", common_name=NAME, serial=10)
    fact = side.channel.read_notification(side.posted(side.form("paid"), sign="renewed", certificate=renewed))
    assert fact.outcome is Outcome.PAID


def test_another_signer_can_be_configured_for_a_test_environment(side: UnionPaySide) -> None:
    side.channel = side.opened(signer_name="00040000:SIGN")
    certificate = keys.certificate("stranger", "up-middle", common_name=TEST_NAME, serial=9)
    fact = side.channel.read_notification(side.posted(side.form("paid"), sign="stranger", certificate=certificate))
    assert fact.outcome is Outcome.PAID


def test_a_middle_certificate_of_another_root_is_not_taken(side: UnionPaySide) -> None:
    with pytest.raises(ValueError, match="root"):
        side.opened(root_certificate=keys.certificate("another-root", common_name="up-root", serial=1))


@pytest.mark.parametrize(("name", "value"), [("version", "5.0.0"), ("signMethod", "11"), ("signMethod", "12")])
def test_an_older_or_weaker_way_to_sign_is_refused(side: UnionPaySide, name: str, value: str) -> None:
    with pytest.raises(NotificationRefused):
        side.channel.read_notification(side.notification("paid", **{name: value}))


def test_a_payment_to_another_merchant_is_refused(side: UnionPaySide) -> None:
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(side.notification("paid", merId="777290000000002"))
    assert refused.value.code == "other_account"


def test_an_event_that_we_do_not_know_is_refused(side: UnionPaySide) -> None:
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(side.notification("paid", txnType="02"))
    assert refused.value.code == "unknown_event"


def test_brackets_in_an_answer_hold_their_ampersands() -> None:
    text = "a=1&reserved={x=1&y=[2&3]}&respMsg=ok[00]&signature=ab+/=="
    assert read_answer(text) == {"a": "1", "reserved": "{x=1&y=[2&3]}", "respMsg": "ok[00]", "signature": "ab+/=="}


@pytest.mark.parametrize("text", ["", "Invalid request.", "a=1&a=2", "=1", "a"])
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="answer"):
        read_answer(text)


@given(
    st.dictionaries(
        st.text("abcXYZ012", min_size=1), st.text("abc=[]+/ 中").filter(lambda v: v.count("[") == v.count("]"))
    )
)
def test_an_answer_reads_back_what_was_written(fields: dict[str, str]) -> None:
    balanced = {k: v for k, v in fields.items() if _closes(v)}
    if balanced:
        assert read_answer("&".join(f"{k}={v}" for k, v in balanced.items())) == balanced


def _closes(value: str) -> bool:
    depth = 0
    for character in value:
        depth += {"[": 1, "]": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0
