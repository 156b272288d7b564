"""WeChat Pay: H5 and JSAPI orders, and the keys that answers are signed with."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.sandbox.server import Merchant, Sandbox
from tests.sandbox.wechat_client import WechatClient

NO = "W20260102D0001"
H5 = {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}


def place(wechat: WechatClient, scene: str, **changes: Any) -> Any:
    return wechat.call("POST", f"/v3/pay/transactions/{scene}", wechat.order(NO, **changes))


class TestH5:
    def test_the_address_leads_to_the_cashier_and_back_to_the_shop(
        self, wechat: WechatClient, sandbox: Sandbox
    ) -> None:
        h5_url = wechat.told(place(wechat, "h5", scene_info=H5))["h5_url"]
        page = sandbox.http.get(h5_url + "&redirect_url=https%3A%2F%2Fshop.example%2Fo%2F1")
        assert 'href="https://shop.example/o/1"' in page.text
        sandbox.pay("wechat", NO)
        assert wechat.told(wechat.query(NO))["trade_type"] == "MWEB"

    def test_the_way_back_is_never_a_script(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        h5_url = wechat.told(place(wechat, "h5", scene_info=H5))["h5_url"]
        assert "javascript" not in sandbox.http.get(h5_url + "&redirect_url=javascript:alert(1)").text

    def test_the_address_lives_five_minutes(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        place(wechat, "h5", scene_info=H5)
        sandbox.post("/clock", advance_s=301)
        assert sandbox.http.post(f"/_sandbox/api/trades/wechat/{NO}/pay").status_code == 409
        assert wechat.told(wechat.query(NO))["trade_state"] == "NOTPAY"  # the order lives on

    @pytest.mark.parametrize("scene_info", [None, {}, {"h5_info": {"type": "Wap"}}, H5 | {"h5_info": {"type": "Web"}}])
    def test_it_must_say_where_the_payer_sits(self, wechat: WechatClient, scene_info: Any) -> None:
        assert place(wechat, "h5", scene_info=scene_info).json()["code"] == "PARAM_ERROR"


class TestJsapi:
    def test_a_prepay_id_opens_the_cashier(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        prepay_id = wechat.told(place(wechat, "jsapi", payer={"openid": "oX"}))["prepay_id"]
        assert prepay_id.startswith("wx")
        assert sandbox.http.get(f"/pay/wechat/{prepay_id}").status_code == 200
        assert wechat.told(wechat.query(NO))["trade_type"] == "JSAPI"

    def test_it_must_say_who_pays(self, wechat: WechatClient) -> None:
        assert place(wechat, "jsapi").json()["code"] == "PARAM_ERROR"

    def test_what_the_page_hands_to_wechat_opens_the_cashier_only_as_the_merchant_signed_it(
        self, wechat: WechatClient, sandbox: Sandbox
    ) -> None:
        fields = wechat.bridged(wechat.told(place(wechat, "jsapi", payer={"openid": "oX"}))["prepay_id"])
        opened = sandbox.http.post("/wechat/bridge", json=fields).json()
        assert sandbox.http.get(opened["pay_url"]).status_code == 200
        for name in fields:
            for other in (fields | {name: "1"}, {key: value for key, value in fields.items() if key != name}):
                refused = sandbox.http.post("/wechat/bridge", json=other)
                assert (refused.status_code, refused.json()["err_msg"]) == (400, "get_brand_wcpay_request:fail")
        for body in (b"", b"[]", b'{"appId": 1}'):
            assert sandbox.http.post("/wechat/bridge", content=body).status_code == 400

    def test_an_order_of_another_scene_is_not_opened_inside_wechat(
        self, wechat: WechatClient, sandbox: Sandbox
    ) -> None:
        code = wechat.told(wechat.create(NO))["code_url"]
        fields = wechat.bridged(code.rsplit("/", 1)[-1])
        assert sandbox.http.post("/wechat/bridge", json=fields).status_code == 400

    def test_another_scene_is_another_order(self, wechat: WechatClient) -> None:
        wechat.create(NO)
        assert place(wechat, "jsapi", payer={"openid": "oX"}).json()["code"] == "OUT_TRADE_NO_USED"


class TestCertificates:
    def listed(self, wechat: WechatClient) -> dict[str, x509.Certificate]:
        found = {}
        for item in wechat.call("GET", "/v3/certificates").json()["data"]:
            sealed = item["encrypt_certificate"]
            assert sealed["associated_data"] == "certificate"
            plain = AESGCM(wechat.account["apiv3_key"].encode()).decrypt(
                sealed["nonce"].encode(), base64.b64decode(sealed["ciphertext"]), b"certificate"
            )
            found[item["serial_no"]] = x509.load_pem_x509_certificate(plain)
        return found

    def signer(self, wechat: WechatClient, certificates: dict[str, x509.Certificate]) -> str:
        answer = wechat.query(NO)
        headers = answer.headers
        message = f"{headers['wechatpay-timestamp']}\n{headers['wechatpay-nonce']}\n".encode() + answer.content + b"\n"
        serial = str(headers["wechatpay-serial"])
        key = certificates[serial].public_key()
        assert isinstance(key, RSAPublicKey)
        key.verify(base64.b64decode(headers["wechatpay-signature"]), message, padding.PKCS1v15(), hashes.SHA256())
        return serial

    def test_the_serial_is_the_certificates_own(self, wechat: WechatClient) -> None:
        for serial, certificate in self.listed(wechat).items():
            assert format(certificate.serial_number, "X") == serial

    def test_certificates_change_by_and_by(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        wechat.create(NO)
        sandbox.post("/settings", wechat_scheme="certificate")
        old = self.listed(wechat)
        assert self.signer(wechat, old) in old
        sandbox.post("/settings", wechat_rotation="overlap")
        both = self.listed(wechat)
        assert (len(both), self.signer(wechat, both) in old) == (2, True)
        sandbox.post("/settings", wechat_rotation="done")
        assert self.signer(wechat, both) not in old
        sandbox.post("/settings", wechat_rotation="retired")
        new = self.listed(wechat)
        assert (len(new), new.keys() & old.keys()) == (1, set())

    def test_a_request_that_names_the_public_key_is_answered_with_it(
        self, wechat: WechatClient, sandbox: Sandbox
    ) -> None:
        sandbox.post("/settings", wechat_scheme="certificate")
        wechat.headers["Wechatpay-Serial"] = wechat.account["public_key_id"]
        assert "code_url" in wechat.told(wechat.create(NO))

    def test_notifications_follow_the_scheme(self, wechat: WechatClient, sandbox: Sandbox, merchant: Merchant) -> None:
        sandbox.post("/settings", wechat_scheme="certificate")
        wechat.create(NO)
        sandbox.pay("wechat", NO)
        assert merchant.wait()[0].headers["wechatpay-serial"] in self.listed(wechat)

    def test_the_first_certificate_is_handed_out_with_the_account(self, wechat: WechatClient) -> None:
        given = x509.load_pem_x509_certificate(wechat.account["platform_certificates"].encode())
        assert [given] == list(self.listed(wechat).values())
