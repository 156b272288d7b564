"""The Alipay gateway on the wire: what is signed, and how answers and errors look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from starlette.responses import RedirectResponse, Response

from sandbox import rsa
from sandbox.alipay.account import AlipayAccount
from sandbox.answers import Answer, Refusal
from sandbox.faults import Reply

ANSWER_TYPE = "text/html;charset=utf-8"  # although it is JSON

_GATEWAY_WORDS = {
    "20000": ("Service Currently Unavailable", "isp.unknow-error", "系统繁忙"),
    "40005": ("Call Limited", "isv.app-call-limited", "应用调用次数超限"),
    "40006": ("Insufficient Permissions", "isv.insufficient-isv-permissions", "ISV权限不足"),
}
_BUSINESS_WORDS = {
    "ACQ.SYSTEM_ERROR": "系统错误",
    "ACQ.INVALID_PARAMETER": "参数无效",
    "ACQ.TRADE_NOT_EXIST": "交易不存在",
    "ACQ.TRADE_HAS_SUCCESS": "交易已被支付",
    "ACQ.TRADE_HAS_CLOSE": "交易已经关闭",
    "ACQ.TRADE_CANCEL_TIME_OUT": "超过撤销时间范围",
    "ACQ.TRADE_STATUS_ERROR": "交易状态不合法",
    "ACQ.CONTEXT_INCONSISTENT": "交易信息被篡改",
    "ACQ.APPLY_PC_MERCHANT_CODE_ERROR": "同一订单号不能重复申请二维码",
    "ACQ.DISCORDANT_REPEAT_REQUEST": "不一致的请求",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": "退款金额超限",
    "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR": "当前时间已超过允许支付的时间",
}


def request_content(parameters: Mapping[str, str]) -> bytes:
    """This function will give what a request's signature covers: everything but sign and what is empty, sorted."""
    return _joined({name: value for name, value in parameters.items() if name != "sign"})


def notification_content(parameters: Mapping[str, str]) -> bytes:
    """This function will give what a notification's or a page return's signature covers: without sign_type, too."""
    return _joined({name: value for name, value in parameters.items() if name not in ("sign", "sign_type")})


def _joined(parameters: Mapping[str, str]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if value != "").encode()


def gateway_error(code: str, sub_code: str, sub_message: str, message: str = "Invalid Arguments") -> Answer:
    """This function will give an error of the gateway itself; such answers are not signed."""
    fields = {"code": code, "msg": message, "sub_code": sub_code, "sub_msg": sub_message}
    return Answer(status=200, body=_escaped(fields), content_type=ANSWER_TYPE, code=sub_code, signed=False)


def business_error(sub_code: str) -> Answer:
    """This function will give a signed 40004 answer with its sub_code."""
    words = _BUSINESS_WORDS.get(sub_code, "业务处理失败")
    fields = {"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": words}
    return Answer(status=200, body=_escaped(fields), content_type=ANSWER_TYPE, code=sub_code)


def refuse(sub_code: str) -> Refusal:
    """This function will make the exception that answers with this business error."""
    return Refusal(business_error(sub_code))


def success(fields: Mapping[str, Any]) -> Answer:
    """This function will give a signed 10000 answer. It says that the call succeeded, not that somebody paid."""
    body = _escaped({"code": "10000", "msg": "Success"} | dict(fields))
    return Answer(status=200, body=body, content_type=ANSWER_TYPE, code="10000")


def _escaped(fields: Mapping[str, Any]) -> bytes:
    # The gateway writes every slash as \/ ; a merchant that signs its own serialisation instead of the raw text fails.
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/").encode()


class PageDialect:
    """How the gateway answers a browser: by sending it to the cashier, or with an error page in GBK."""

    def refuse(self, code: str) -> Answer:
        """This function will give the error that the page shows; without a code "system busy"."""
        return business_error(code or "ACQ.SYSTEM_ERROR")

    def seal(self, answer: Answer, signature: Reply = Reply.TRUE) -> Response:
        """This function will redirect or show the error; neither is signed."""
        if answer.location:
            return RedirectResponse(answer.location, status_code=302)
        fields = json.loads(answer.body)
        lines = f"<h1>{escape(fields['sub_msg'])}</h1><p>错误代码 <code>{escape(fields['sub_code'])}</code></p>"
        page = f"<!doctype html><html><head><meta charset=GBK><title>支付宝</title></head><body>{lines}</body></html>"
        return Response(page.encode("gbk"), 200, {"Content-Type": "text/html;charset=GBK"})


class FileDialect:
    """How the file server answers: with the file, or in plain words. Nothing of it is signed."""

    def refuse(self, code: str) -> Answer:
        """This function will refuse the file, whatever the code."""
        return Answer(status=403, body="链接已失效".encode(), content_type="text/plain;charset=utf-8", code=code)

    def seal(self, answer: Answer, signature: Reply = Reply.TRUE) -> Response:
        """This function will hand it out."""
        return Response(answer.body, answer.status, {"Content-Type": answer.content_type})


class AlipayDialect:
    """How the gateway answers one call of one method."""

    def __init__(self, account: AlipayAccount, method: str) -> None:
        self._account = account
        self._root = method.replace(".", "_") + "_response" if method else "error_response"

    def refuse(self, code: str) -> Answer:
        """This function will give a gateway error for 20000, 40005, 40006 (20000 without a code), else a business error."""
        if code in ("", *_GATEWAY_WORDS):
            message, sub_code, words = _GATEWAY_WORDS[code or "20000"]
            return gateway_error(code or "20000", sub_code, words, message)
        return business_error(code)

    def seal(self, answer: Answer, signature: Reply = Reply.TRUE) -> Response:
        """This function will put the answer under its method's name and sign exactly those bytes."""
        text = b'{"' + self._root.encode() + b'":' + answer.body
        if answer.signed and signature is not Reply.NO_SIGNATURE:
            signed = answer.body + (b" " if signature is Reply.BAD_SIGNATURE else b"")
            text += b',"sign":"' + rsa.sign(self._account.channel_key, signed).encode() + b'"'
        return Response(text + b"}", 200, {"Content-Type": answer.content_type})
