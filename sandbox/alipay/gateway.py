"""The Alipay gateway: one address, the method is a parameter. First the app_id is checked, then the signature."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import beijing, rsa
from sandbox.alipay import bill, cancel, prepay, refund, trade, wire
from sandbox.alipay.account import AlipayAccount
from sandbox.answers import Answer, Refusal
from sandbox.box import Box
from sandbox.calls import Dialect, play
from sandbox.due import pass_time

Parameters = Mapping[str, str]
Method = Callable[[Box, Parameters, Mapping[str, Any]], Answer]

_METHODS: dict[str, tuple[str, Method]] = {
    "alipay.trade.precreate": ("create", prepay.precreate),
    "alipay.trade.page.pay": ("create", prepay.page),
    "alipay.trade.wap.pay": ("create", prepay.wap),
    "alipay.trade.query": ("query", trade.query),
    "alipay.trade.close": ("close", trade.close),
    "alipay.trade.cancel": ("cancel", cancel.cancel),
    "alipay.trade.refund": ("refund", refund.refund),
    "alipay.trade.fastpay.refund.query": ("refund_query", refund.query),
    "alipay.data.dataservice.bill.downloadurl.query": ("bill", bill.link),
}

_PAGES = ("alipay.trade.page.pay", "alipay.trade.wap.pay")


def routes(box: Box, account: AlipayAccount) -> list[Route]:
    """This function will give the gateway's address."""

    async def gateway(request: Request) -> Response:
        parameters = await _parameters(request)
        pass_time(box)
        method = parameters.get("method", "")
        dialect: Dialect = wire.AlipayDialect(account, method if method in _METHODS else "")
        if method in _PAGES:
            dialect = wire.PageDialect()
        try:
            _check(account, parameters)
            content = _content(parameters)
        except Refusal as refusal:
            return dialect.seal(refusal.answer)
        call, act = _METHODS[method]
        number = trade.number_of(box, content)
        return await play(box, dialect, "alipay", call, number, lambda: act(box, parameters, content))

    async def bill_file(request: Request) -> Response:
        pass_time(box)
        token = request.query_params.get("token", "")
        return await play(box, wire.FileDialect(), "alipay", "bill_file", "", lambda: bill.file(box, account, token))

    return [
        Route("/gateway.do", gateway, methods=["GET", "POST"]),
        Route("/alipay/bill", bill_file, methods=["GET"]),
    ]


async def _parameters(request: Request) -> dict[str, str]:
    query = request.scope["query_string"].decode("latin-1")
    body = (await request.body()).decode("latin-1")
    pairs = parse_qsl(query, keep_blank_values=True) + parse_qsl(body, keep_blank_values=True)
    return dict(pairs)


def _check(account: AlipayAccount, parameters: Parameters) -> None:
    app_id = parameters.get("app_id", "")
    _require(app_id != "", "40001", "isv.missing-app-id", "缺少AppID参数")
    _require(app_id == account.app_id, "40002", "isv.invalid-app-id", "无效的AppID参数")
    _require("method" in parameters, "40001", "isv.missing-method", "缺少方法名参数")
    _require(parameters["method"] in _METHODS, "40002", "isv.invalid-method", "不存在的方法名")
    _require(parameters.get("sign", "") != "", "40001", "isv.missing-signature", "缺少签名参数")
    _require(parameters.get("sign_type") == "RSA2", "40002", "isv.invalid-signature-type", "无效的签名类型")
    _require(parameters.get("charset", "").lower() == "utf-8", "40002", "isv.invalid-charset", "字符集错误")
    _require(parameters.get("version") == "1.0", "40001", "isv.missing-version", "缺少版本参数")
    signed = wire.request_content(parameters)
    genuine = rsa.verified(account.app_key, parameters["sign"], signed)
    _require(genuine, "40002", "isv.invalid-signature", "验签出错，请检查签名字符串和密钥")
    _require(_is_time(parameters.get("timestamp", "")), "40002", "isv.invalid-timestamp", "非法的时间戳参数")


def _require(met: bool, code: str, sub_code: str, words: str) -> None:  # noqa: FBT001 -- it is the condition itself
    if not met:
        raise Refusal(wire.gateway_error(code, sub_code, words))


def _is_time(text: str) -> bool:
    try:
        beijing.parse_spaced(text)
    except ValueError:
        return False
    return True


def _content(parameters: Parameters) -> Mapping[str, Any]:
    try:
        content = json.loads(parameters.get("biz_content", ""))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Refusal(wire.gateway_error("40002", "isv.invalid-parameter", "参数无效：biz_content"))
    return content
