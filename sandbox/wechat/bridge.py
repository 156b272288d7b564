"""WeChat Pay: what WeChat's own browser does with the parameters that a merchant's page hands it (JSAPI)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import rsa
from sandbox.box import Box
from sandbox.due import pass_time
from sandbox.wechat.account import WechatAccount

_SIGNED = ("appId", "timeStamp", "nonceStr", "package")


class Unbridged(Exception):
    """WeChat opens nothing, and the page hears "fail"; the sentence says why."""


def route(box: Box, account: WechatAccount) -> Route:
    """This function will give the address that stands in for WeixinJSBridge's getBrandWCPayRequest."""

    async def answer(request: Request) -> Response:
        pass_time(box)
        try:
            pay_url = _opened(box, account, _read(await request.body()))
        except Unbridged as error:
            return JSONResponse({"err_msg": "get_brand_wcpay_request:fail", "err_desc": str(error)}, 400)
        return JSONResponse({"pay_url": pay_url})

    return Route("/wechat/bridge", answer, methods=["POST"])


def _read(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise Unbridged("The parameters must be one object of texts.")
    return fields


def _opened(box: Box, account: WechatAccount, fields: Mapping[str, str]) -> str:
    if fields.keys() != {*_SIGNED, "signType", "paySign"} or fields["signType"] != "RSA":
        raise Unbridged(f"It takes {', '.join(_SIGNED)}, signType RSA and paySign, and nothing else.")
    # In seconds: a timestamp in milliseconds is the usual mistake.
    if not fields["timeStamp"].isdecimal() or len(fields["timeStamp"]) > 10 or len(fields["nonceStr"]) > 32:
        raise Unbridged("timeStamp is in seconds, nonceStr has 32 characters at most.")
    message = "".join(f"{fields[name]}\n" for name in _SIGNED).encode()
    if not rsa.verified(account.merchant_key, fields["paySign"], message):
        raise Unbridged("paySign is not the merchant's over these parameters.")
    package, _, token = fields["package"].partition("=")
    trade = box.books.trade_by_token("wechat", token) if package == "prepay_id" else None
    if fields["appId"] != account.appid or trade is None or trade.method != "JSAPI":
        raise Unbridged("There is no such JSAPI order of this appId.")
    return f"{box.base_url}/pay/wechat/{trade.token}"
