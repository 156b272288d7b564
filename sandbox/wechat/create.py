"""WeChat Pay: placing an order by QR code (Native), in a phone's browser (H5), inside WeChat (JSAPI)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sandbox import beijing
from sandbox.answers import Answer
from sandbox.books import Trade, TradeState
from sandbox.box import Box
from sandbox.wechat import wire
from sandbox.wechat.account import WechatAccount

DEFAULT_LIFE_S = 7 * 24 * 3600
CODE_LIFE_S = {"NATIVE": 2 * 3600, "MWEB": 300, "JSAPI": 2 * 3600}
_NUMBER = re.compile(r"[0-9A-Za-z_\-|*]{6,32}", re.ASCII)


def _bad(field: str, issue: str) -> Exception:
    return wire.refuse("PARAM_ERROR", f"参数错误: {issue}", {"field": f"/{field}", "issue": issue, "location": "body"})


def _text(asked: Mapping[str, Any], field: str, longest: int) -> str:
    value = asked.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise _bad(field, f"{field} is missing or longer than {longest} characters")
    return value


def address(asked: Mapping[str, Any], field: str) -> str:
    """This function will check a notification address; raise Refusal when it is none or has a query string.

    The real channel also insists on https and a public host; here a machine must be able to notify itself.
    """
    url = _text(asked, field, 255)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise _bad(field, f"{field} must be an absolute address without a query string")
    return url


def amount_fen(asked: Mapping[str, Any], field: str) -> int:
    """This function will read one amount in fen from `amount`; raise Refusal unless it is a positive integer of CNY."""
    amount = asked.get("amount")
    if not isinstance(amount, dict) or amount.get("currency", "CNY") != "CNY":
        raise _bad("amount", "amount must be an object in CNY")
    value = amount.get(field)
    if type(value) is not int or value <= 0:
        raise _bad(f"amount/{field}", f"amount.{field} must be a positive integer of fen")
    return value


def _deadline(asked: Mapping[str, Any], now: float) -> float:
    if "time_expire" not in asked:
        return now + DEFAULT_LIFE_S
    try:
        deadline = beijing.parse_rfc3339(asked["time_expire"])
    except (TypeError, ValueError):
        raise _bad("time_expire", "time_expire must be an RFC 3339 time with an offset") from None
    if deadline <= now + 60:
        raise _bad("time_expire", "time_expire must be more than one minute ahead")
    return deadline


def create(box: Box, account: WechatAccount, method: str, asked: Mapping[str, Any]) -> Trade:
    """This function will enter an order, or give the one that the same request entered before; raise Refusal."""
    number = asked.get("out_trade_no")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise _bad("out_trade_no", "out_trade_no must be 6 to 32 digits, letters or _-|*")
    if asked.get("appid") != account.appid or asked.get("mchid") != account.mchid:
        raise wire.refuse("APPID_MCHID_NOT_MATCH", "商户号mchid与appid不匹配")
    if len(str(asked.get("attach", ""))) > 128:
        raise _bad("attach", "attach is longer than 128 characters")
    now = box.clock.now()
    title, notify_url, total = (
        _text(asked, "description", 127),
        address(asked, "notify_url"),
        amount_fen(asked, "total"),
    )
    code_until = now + CODE_LIFE_S[method]
    known = box.books.trade("wechat", number)
    if known is not None:
        return _again(box, known, method, asked, code_until)
    return box.books.add_trade(
        Trade(
            channel="wechat",
            method=method,
            out_trade_no=number,
            token=box.numbers.wechat_prepay(now),
            amount_minor=total,
            currency="CNY",
            title=title,
            notify_url=notify_url,
            request=dict(asked),
            state=TradeState.OPEN,
            created_at=now,
            code_until=code_until,
            expires_at=_deadline(asked, now),
        )
    )


def _again(box: Box, known: Trade, method: str, asked: Mapping[str, Any], code_until: float) -> Trade:
    if known.state is TradeState.PAID:
        raise wire.refuse(box.settings["wechat_paid_code_on_create"], "201 商户订单号重复")
    if known.state is TradeState.CLOSED:
        raise wire.refuse("ORDER_CLOSED", "当前订单已关闭，请重新下单")
    if known.method != method or known.request != asked:
        raise wire.refuse("OUT_TRADE_NO_USED", "201 商户订单号重复")
    renewed = replace(known, code_until=code_until)
    box.books.update_trade(renewed)
    return renewed


def native(box: Box, account: WechatAccount, asked: Mapping[str, Any]) -> Answer:
    """This function will answer POST /v3/pay/transactions/native."""
    trade = create(box, account, "NATIVE", asked)
    return wire.success({"code_url": f"{box.base_url}/pay/wechat/{trade.token}"})


def h5(box: Box, account: WechatAccount, asked: Mapping[str, Any]) -> Answer:
    """This function will answer POST /v3/pay/transactions/h5, which must say where the payer sits."""
    scene = asked.get("scene_info")
    if not isinstance(scene, dict) or not isinstance(scene.get("h5_info"), dict):
        raise _bad("scene_info", "scene_info.h5_info is required")
    _text(scene, "payer_client_ip", 45)
    if scene["h5_info"].get("type") not in ("Wap", "iOS", "Android"):
        raise _bad("scene_info/h5_info/type", "h5_info.type must be Wap, iOS or Android")
    trade = create(box, account, "MWEB", asked)
    query = f"prepay_id={trade.token}&package={box.numbers.next()}"
    return wire.success({"h5_url": f"{box.base_url}/pay/wechat/{trade.token}?{query}"})


def jsapi(box: Box, account: WechatAccount, asked: Mapping[str, Any]) -> Answer:
    """This function will answer POST /v3/pay/transactions/jsapi, which must say who pays."""
    payer = asked.get("payer")
    if not isinstance(payer, dict):
        raise _bad("payer", "payer.openid is required")
    _text(payer, "openid", 128)
    trade = create(box, account, "JSAPI", asked)
    return wire.success({"prepay_id": trade.token})
