"""WeChat Pay API v3 on the wire: who signed a request, signed answers, errors, encrypted resources."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.requests import Request
from starlette.responses import Response

from sandbox import rsa
from sandbox.answers import Answer, Refusal
from sandbox.clock import Clock
from sandbox.faults import Reply
from sandbox.wechat.account import Signer, WechatAccount

SCHEME = "WECHATPAY2-SHA256-RSA2048"
JSON_TYPE = "application/json; charset=utf-8"
FRESH_S = 300

_ATTRIBUTE = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*')
_STATUS = {
    "SYSTEM_ERROR": 500,
    "BANK_ERROR": 500,
    "SIGN_ERROR": 401,
    "NO_AUTH": 403,
    "OUT_TRADE_NO_USED": 403,
    "TRADE_ERROR": 403,
    "RULE_LIMIT": 403,
    "ACCOUNT_ERROR": 403,
    "NOT_ENOUGH": 403,
    "ORDER_NOT_EXIST": 404,
    "RESOURCE_NOT_EXISTS": 404,
    "FREQUENCY_LIMITED": 429,
}  # every other code: 400


def compact(value: Any) -> bytes:
    """This function will write JSON without blanks, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def error(code: str, message: str, detail: Mapping[str, Any] | None = None) -> Answer:
    """This function will give an error answer; errors are not signed."""
    body = {"code": code, "message": message} | ({"detail": dict(detail)} if detail else {})
    return Answer(status=_STATUS.get(code, 400), body=compact(body), content_type=JSON_TYPE, code=code, signed=False)


def refuse(code: str, message: str, detail: Mapping[str, Any] | None = None) -> Refusal:
    """This function will make the exception that answers with this error."""
    return Refusal(error(code, message, detail))


def success(value: Mapping[str, Any]) -> Answer:
    """This function will give a 200 answer to be signed."""
    return Answer(status=200, body=compact(value), content_type=JSON_TYPE, code="OK")


def check_request(account: WechatAccount, request: Request, body: bytes) -> None:
    """This function will check the Authorization header; raise Refusal (401 SIGN_ERROR) when anything is wrong."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme != SCHEME:
        raise _unsigned("Http头缺少Authorization，或认证类型不正确")
    attributes = {found[1]: found[2] for part in rest.split(",") if (found := _ATTRIBUTE.fullmatch(part))}
    if attributes.keys() != {"mchid", "nonce_str", "signature", "timestamp", "serial_no"} or not all(
        attributes.values()
    ):
        raise _unsigned("Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
    if attributes["mchid"] != account.mchid or attributes["serial_no"] != account.merchant_serial:
        raise _unsigned("商户证书序列号有误。请使用签名私钥匹配的证书序列号")
    timestamp = attributes["timestamp"]
    if not timestamp.isdecimal() or abs(Clock.machine() - int(timestamp)) >= FRESH_S:
        raise _unsigned("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
    path = _raw_path(request)
    message = f"{request.method}\n{path}\n{timestamp}\n{attributes['nonce_str']}\n".encode() + body + b"\n"
    if not rsa.verified(account.merchant_key, attributes["signature"], message):
        raise _unsigned("签名错误，请检查后再试")


def _unsigned(message: str) -> Refusal:
    return refuse("SIGN_ERROR", message, {"field": "signature", "issue": "sign not match", "location": "authorization"})


def _raw_path(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    raw: bytes = request.scope["raw_path"]
    return (raw + (b"?" + query if query else b"")).decode("latin-1")


class WechatDialect:
    """How WeChat Pay answers one request, which may name the key that it wants the answer signed with."""

    def __init__(self, account: WechatAccount, request: Request) -> None:
        self._account = account
        self._asked_for = request.headers.get("wechatpay-serial", "")

    def refuse(self, code: str) -> Answer:
        """This function will give an error answer; without a code SYSTEM_ERROR."""
        return error(code, "系统异常，请稍后重试") if code else error("SYSTEM_ERROR", "系统异常，请用相同参数重新调用")

    def seal(self, answer: Answer, signature: Reply = Reply.TRUE) -> Response:
        """This function will sign a 2xx answer, 204 too."""
        headers = {"Request-ID": secrets.token_hex(16).upper()}
        if answer.signed and signature is not Reply.NO_SIGNATURE:
            headers |= signature_headers(self._account.signer(self._asked_for), answer.body, signature)
        if answer.status == 204:
            return Response(status_code=204, headers=headers)
        return Response(answer.body, answer.status, headers | {"Content-Type": answer.content_type})


def signature_headers(signer: Signer, body: bytes, kind: str = "true") -> dict[str, str]:
    """This function will give the five headers that sign a body; kind: true, bad_signature or probe."""
    timestamp, nonce = str(int(Clock.machine())), secrets.token_hex(16)
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    signature = rsa.sign(signer.key, message + (b"x" if kind == "bad_signature" else b""))
    if kind == "probe":  # traffic that a merchant must refuse: it checks that signatures are checked at all
        signature = "WECHATPAY/SIGNTEST/" + signature
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": signer.serial,
        "Wechatpay-Signature": signature,
        "Wechatpay-Signature-Type": SCHEME,
    }


def encrypt(account: WechatAccount, plaintext: bytes, associated_data: str) -> dict[str, str]:
    """This function will encrypt with the APIv3 key: AEAD_AES_256_GCM."""
    nonce = secrets.token_hex(6)  # 12 characters
    sealed = AESGCM(account.apiv3_key).encrypt(nonce.encode(), plaintext, associated_data.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated_data,
        "nonce": nonce,
    }
