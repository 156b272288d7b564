"""What the channels really signed verifies by the adapters' own code, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cashier.channels import rsa
from cashier.channels.alipay import wire as alipay
from cashier.channels.base import Notification, NotificationRefused, Wiring
from cashier.channels.stripe import wire as stripe
from cashier.channels.unionpay import wire as unionpay
from cashier.channels.unionpay.trust import SIGNER
from cashier.channels.wechat import wire as wechat
from tests.channels import keys
from tests.channels.counterparts import COUNTERPARTS
from tests.channels.vectors.conftest import Vectors


def wiring(channel: str, at: datetime, **settings: str) -> Wiring:
    """Return an account of tests with the genuine key in it, at the time of the message."""
    side = COUNTERPARTS[channel]()
    return Wiring(settings=side.settings() | settings, http=side.http, now=lambda: at, nonce=lambda: "n")


def public_pem(certificate: str) -> str:
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_notification_of_wechat_pay_verifies_and_a_changed_one_does_not(vectors: Vectors) -> None:
    vector = vectors["wechat-notify-sig-1"]
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    at = datetime.fromtimestamp(int(headers["wechatpay-timestamp"]), UTC)
    key = public_pem(vector["platform_certificate_pem"])
    wire = wechat.Wire(wiring("wechat", at, public_key_id=headers["wechatpay-serial"], public_key=key))
    with pytest.raises(NotificationRefused) as refused:  # verified: only the key of the content is another's
        wire.open(Notification(headers=headers, body=vector["body"].encode()))
    assert refused.value.code == "undecryptable"
    with pytest.raises(NotificationRefused) as refused:
        wire.open(Notification(headers=headers, body=vector["body"].replace("{", "{ ", 1).encode()))
    assert refused.value.code == "bad_signature"
    resource = json.loads(vector["body"])["resource"]
    assert wechat.decrypt(vector["apiv3_key"].encode(), resource).decode() == vector["plaintext"]


def test_what_wechat_pay_encrypted_decrypts(vectors: Vectors) -> None:
    vector = vectors["wechat-aead-aes-256-gcm-1"]
    assert wechat.decrypt(vector["apiv3_key"].encode(), vector).decode() == vector["plaintext"]


def test_an_answer_with_a_platform_certificate_teaches_us_that_certificate(vectors: Vectors) -> None:
    vector = vectors["wechat-certificates-response-1"]
    told = vector["response"]["data"][0]["encrypt_certificate"]
    certificate = x509.load_pem_x509_certificate(wechat.decrypt(vector["apiv3_key"].encode(), told))
    assert format(certificate.serial_number, "X") == vector["expect_serial"]


def test_a_request_to_wechat_pay_signs_the_documented_text() -> None:
    text = wechat.request_message("GET", "/v3/certificates", "1624523846", "A1B2C3D4E5F6G7", b"")
    assert text == b"GET\n/v3/certificates\n1624523846\nA1B2C3D4E5F6G7\n\n"


def alipay_wire(vector: Mapping[str, Any]) -> alipay.Wire:
    spki = vector.get("alipay_public_key_b64_spki")
    pem = f"-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n" if spki else vector["alipay_public_key_pem"]
    return alipay.Wire(wiring("alipay", keys.NOW, alipay_public_key=pem))


@pytest.mark.parametrize("name", ["alipay-notify-1", "alipay-notify-2-plus-in-subject"])
def test_a_notification_of_alipay_verifies_and_none_of_its_fields_can_be_changed(vectors: Vectors, name: str) -> None:
    vector = vectors[name]
    wire, form = alipay_wire(vector), vector["form"]
    assert wire.open(Notification(headers={}, body=urlencode(form).encode())) == form
    for field, value in form.items():
        if value:
            changed = form | {field: ("B" if value[0] == "A" else "A") + value[1:]}
            with pytest.raises(NotificationRefused):
                wire.open(Notification(headers={}, body=urlencode(changed).encode()))


def test_the_return_from_alipays_page_signs_like_a_notification(vectors: Vectors) -> None:
    vector = vectors["alipay-page-return-1"]
    query = dict(parse_qsl(urlsplit(vector["url"]).query, keep_blank_values=True))
    content = alipay.notification_content(query)
    assert rsa.is_signed(rsa.public_key(vector["alipay_public_key_pem"]), query["sign"], content)


def test_an_answer_of_alipay_verifies_over_its_exact_text(vectors: Vectors) -> None:
    vector = vectors["alipay-sync-response-1"]
    text = f'{{"alipay_x_response":{vector["signed_substring"]},"sign":"{vector["sign"]}"}}'
    data, is_signed = alipay_wire(vector)._open(text, "alipay.x")
    assert is_signed
    assert data == json.loads(vector["signed_substring"])


@pytest.mark.parametrize("name", ["unionpay-query-response-1", "unionpay-back-notify-1"])
def test_a_message_of_unionpay_verifies_with_the_certificate_that_it_brings(vectors: Vectors, name: str) -> None:
    form = vectors[name]["form"]
    certificate = x509.load_pem_x509_certificate(form["signPubKeyCert"].encode())
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    assert rsa.is_signed(key, form["signature"], unionpay.signed_content(form))
    assert SIGNER in certificate.subject.rfc4514_string() or "00040000:SIGN" in certificate.subject.rfc4514_string()
    assert unionpay.read_answer("&".join(f"{name}={value}" for name, value in form.items())) == form
    for changed in ({"signPubKeyCert": form["signPubKeyCert"].replace("\r\n", "\n")}, {"txnTime": "20200101000000"}):
        assert not rsa.is_signed(key, form["signature"], unionpay.signed_content(form | changed))


def test_a_genuine_message_of_unionpay_is_refused_by_an_account_with_another_authority(vectors: Vectors) -> None:
    wire = unionpay.Wire(wiring("unionpay", datetime(2020, 1, 1, tzinfo=UTC)))
    body = urlencode(vectors["unionpay-back-notify-1"]["form"]).encode()
    with pytest.raises(NotificationRefused) as refused:
        wire.open(Notification(headers={}, body=body))
    assert refused.value.code == "unknown_signer"


def test_a_request_to_unionpay_signs_as_its_own_example_does(vectors: Vectors) -> None:
    vector = vectors["unionpay-request-signature-1"]
    certificate = x509.load_pem_x509_certificate(vector["certificate_pem"].encode())
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    assert rsa.is_signed(key, vector["form"]["signature"], unionpay.signed_content(vector["form"]))
    assert str(certificate.serial_number) == vector["form"]["certId"]


def test_an_event_of_stripe_verifies_and_another_does_not(vectors: Vectors) -> None:
    assert vectors
    wire = stripe.Wire(wiring("stripe", datetime.fromtimestamp(1_700_000_000, UTC), webhook_secret="whsec_test"))
    digest = "4c15fb2a43f93ef61eaa3e0893866d57cad9cad4223242cfb96f362480cb4021"
    headers = {"stripe-signature": f"t=1700000000,v1={digest}"}
    with pytest.raises(NotificationRefused) as refused:  # verified: it only lacks the mode of the account
        wire.open(Notification(headers=headers, body=b'{"id":"evt_1","object":"event"}'))
    assert refused.value.code == "other_account"
    with pytest.raises(NotificationRefused) as refused:
        wire.open(Notification(headers=headers, body=b'{"id":"evt_2","object":"event"}'))
    assert refused.value.code == "bad_signature"
