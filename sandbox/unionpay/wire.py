"""UnionPay on the wire: forms in, text out, signed over the hexadecimal digest of all fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from html import escape

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from sandbox import html, rsa
from sandbox.answers import Answer, Refusal
from sandbox.faults import Reply
from sandbox.unionpay.account import UnionpayAccount

Fields = Mapping[str, str]

TEXT_TYPE = "text/html;charset=UTF-8"
UNCLEAR = "04"
_ECHOED = (
    "accessType",
    "bizType",
    "encoding",
    "merId",
    "orderId",
    "signMethod",
    "txnSubType",
    "txnTime",
    "txnType",
    "version",
)
_KEY_FIELDS = ("version", "encoding", "signMethod", "merId", "txnTime", "txnType", "signature")
_FILE_TRANSFER = "76"  # the only request that is about no order
_WORDS = {
    "00": "成功[0000000]",
    "03": "交易通讯超时，请发起查询交易[2030001]",
    "04": "交易状态未明，请查询对账结果[2040004]",
    "05": "交易已受理，请稍后查询交易结果[2050004]",
    "10": "报文格式错误[5100030]",
    "11": "验证签名失败[9100004]",
    "12": "重复交易[5120005]",
    "34": "查无此交易[2600000]",
    "35": "原交易不存在或状态不正确[2050001]",
    "36": "与原交易信息不符[2040006]",
    "42": "扣款成功但交易超过规定支付时间[2042001]",
    "64": "卡上的余额不足[2060064]",
    "70": "交易已跳转，等待持卡人输入[2070000]",
    "98": "文件不存在[5980001]",
}


def words(code: str) -> str:
    """This function will give what is said with a code; its last part stands in brackets."""
    return _WORDS.get(code, f"交易失败[{code}00000]")


def digest(fields: Fields) -> bytes:
    """This function will give what is signed: the SHA-256 of the sorted, joined fields, as lower-case hexadecimal."""
    kept = {name: value for name, value in fields.items() if name != "signature" and value != ""}
    joined = "&".join(f"{name}={kept[name]}" for name in sorted(kept))
    return hashlib.sha256(joined.encode()).hexdigest().encode()


def signed(account: UnionpayAccount, fields: Fields, signature: str = "true") -> dict[str, str]:
    """This function will complete fields with our certificate and our signature, a wrong one for "bad_signature"."""
    complete = dict(fields) | {"signMethod": "01", "signPubKeyCert": account.certificate}
    wrong = b"0" if signature in ("bad_signature", "probe") else b""
    return complete | {"signature": rsa.sign(account.channel_key, digest(complete) + wrong)}


def answer(asked: Fields, code: str, more: Fields | None = None) -> Answer:
    """This function will give an answer: what is echoed, respCode with its words, and more."""
    fields = {name: asked[name] for name in _ECHOED if asked.get(name)}
    if asked.get("reqReserved"):
        fields["reqReserved"] = asked["reqReserved"]
    fields |= {"respCode": code, "respMsg": words(code)} | dict(more or {})
    return Answer(status=200, body=json.dumps(fields).encode(), content_type=TEXT_TYPE, code=code)


def refuse(asked: Fields, code: str) -> Refusal:
    """This function will make the exception that answers with this respCode."""
    return Refusal(answer(asked, code))


def check_request(account: UnionpayAccount, asked: Fields) -> None:
    """This function will check who asks; raise Refusal ("Invalid request." in bare text, or respCode 10 or 11)."""
    named = bool(asked.get("orderId")) or asked.get("txnType") == _FILE_TRANSFER
    if not named or not all(asked.get(name) for name in _KEY_FIELDS):
        raise Refusal(Answer(status=200, body=b"Invalid request.", content_type=TEXT_TYPE, code="-", signed=False))
    formal = (asked["version"], asked["encoding"].upper(), asked["signMethod"], asked["merId"])
    if formal != ("5.1.0", "UTF-8", "01", account.mer_id):
        raise refuse(asked, "10")
    genuine = rsa.verified(account.merchant_key, asked["signature"], digest(asked))
    if asked.get("certId") != account.cert_id or not genuine:
        raise refuse(asked, "11")


class BackDialect:
    """How UnionPay answers a server: text of names and values, joined but not URL-encoded."""

    def __init__(self, account: UnionpayAccount, asked: Fields) -> None:
        self._account = account
        self._asked = asked

    def refuse(self, code: str) -> Answer:
        """This function will give a signed answer with this respCode; without a code "state unclear"."""
        return answer(self._asked, code or UNCLEAR)

    def seal(self, answer: Answer, signature: Reply = Reply.TRUE) -> Response:
        """This function will sign the fields and write them down."""
        if not answer.signed:
            return PlainTextResponse(answer.body)
        fields: dict[str, str] = json.loads(answer.body)
        if signature is not Reply.NO_SIGNATURE:
            fields = signed(self._account, fields, signature)
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        return Response(text.encode(), 200, {"Content-Type": TEXT_TYPE})


class FrontDialect:
    """How UnionPay answers a browser: with its pay page or an error page."""

    def __init__(self, asked: Fields) -> None:
        self._asked = asked

    def refuse(self, code: str) -> Answer:
        """This function will give the error that the page shows."""
        return answer(self._asked, code or UNCLEAR)

    def seal(self, answer: Answer, signature: Reply = Reply.TRUE) -> Response:
        """This function will lead to the pay page or show the error; neither is signed."""
        if answer.location:
            return RedirectResponse(answer.location, status_code=303)
        if not answer.signed:
            return PlainTextResponse(answer.body)
        fields: dict[str, str] = json.loads(answer.body)
        text = f"<h1>{escape(fields['respMsg'])}</h1><p>respCode <code>{escape(fields['respCode'])}</code></p>"
        header = "<header><p>UnionPay 银联在线支付</p></header>"
        return html.page("UnionPay 银联", f"{header}<main>{text}</main>", brand="#b3202c", lang="zh")
