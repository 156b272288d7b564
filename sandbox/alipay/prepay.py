"""Alipay: opening a trade by QR code, or by a page on a computer or phone.

What is made here is a code or a page. The trade comes into being when somebody scans or logs in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox import beijing, money
from sandbox.alipay import wire
from sandbox.answers import Answer
from sandbox.books import Trade, TradeState
from sandbox.box import Box

_NUMBER = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)
_SPAN = re.compile(r"(\d{1,5})([mhd])", re.ASCII)
_UNIT_S = {"m": 60, "h": 3600, "d": 86400}
_LONGEST_CODE_S = 2 * 3600
_DEFAULT_LIFE_S = 15 * 86400


def amount_fen(content: Mapping[str, Any], field: str) -> int:
    """This function will read an amount in yuan as fen; raise Refusal unless it is 0.01 to 100000000."""
    try:
        amount = money.fen(str(content.get(field, "")))
    except ValueError:
        raise wire.refuse("ACQ.INVALID_PARAMETER") from None
    if not 0 < amount <= 100_000_000_00:
        raise wire.refuse("ACQ.TOTAL_FEE_EXCEED")
    return amount


def _span_s(text: str) -> int:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise wire.refuse("ACQ.INVALID_PARAMETER")
    return int(found[1]) * _UNIT_S[found[2]]


def deadlines(content: Mapping[str, Any], now: float) -> tuple[float, float]:
    """This function will give when the code stops working and when the trade closes by itself; raise Refusal."""
    expires_at = now + _DEFAULT_LIFE_S
    if "timeout_express" in content:
        expires_at = now + _span_s(str(content["timeout_express"]))
    if "time_expire" in content:
        try:
            expires_at = beijing.parse_spaced(str(content["time_expire"]))
        except ValueError:
            raise wire.refuse("ACQ.INVALID_PARAMETER") from None
        if expires_at <= now:
            raise wire.refuse("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR")
    code_s = (
        _span_s(str(content["qr_code_timeout_express"])) if "qr_code_timeout_express" in content else _LONGEST_CODE_S
    )
    return min(expires_at, now + min(code_s, _LONGEST_CODE_S)), expires_at


def checked_number(content: Mapping[str, Any]) -> str:
    """This function will give the merchant's number; raise Refusal when it or the subject is not acceptable."""
    number, subject = content.get("out_trade_no"), content.get("subject")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise wire.refuse("ACQ.INVALID_PARAMETER")
    if not isinstance(subject, str) or not 0 < len(subject) <= 256:
        raise wire.refuse("ACQ.INVALID_PARAMETER")
    return number


def _known(box: Box, number: str, asked: Mapping[str, Any], method: str) -> Trade | None:
    """The code or page of this number that still lives; raises Refusal when it is paid, closed or another one."""
    known = box.books.trade("alipay", number)
    if known is None or known.state is TradeState.LAPSED:
        return None
    if known.state is TradeState.PAID:
        raise wire.refuse("ACQ.TRADE_HAS_SUCCESS")
    if known.state is TradeState.CLOSED:
        raise wire.refuse("ACQ.TRADE_HAS_CLOSE")
    if known.request != asked or known.method != method:
        raise wire.refuse("ACQ.CONTEXT_INCONSISTENT")
    return known


def _enter(box: Box, method: str, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Trade:
    now = box.clock.now()
    code_until, expires_at = deadlines(content, now)
    return box.books.add_trade(
        Trade(
            channel="alipay",
            method=method,
            out_trade_no=content["out_trade_no"],
            token=box.numbers.alipay_code(),
            amount_minor=amount_fen(content, "total_amount"),
            currency="CNY",
            title=content["subject"],
            notify_url=parameters.get("notify_url", ""),
            return_url=parameters.get("return_url", ""),
            request=dict(content),
            state=TradeState.NEW,
            created_at=now,
            code_until=code_until if method == "precreate" else expires_at,
            expires_at=expires_at,
        )
    )


def precreate(box: Box, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """This function will answer alipay.trade.precreate."""
    number = checked_number(content)
    amount_fen(content, "total_amount")
    trade = _known(box, number, content, "precreate")
    if trade is not None and box.settings["alipay_repeat_precreate"] != "same":
        raise wire.refuse("ACQ.APPLY_PC_MERCHANT_CODE_ERROR")
    trade = trade or _enter(box, "precreate", parameters, content)
    return wire.success({"out_trade_no": number, "qr_code": f"{box.base_url}/pay/alipay/{trade.token}"})


def page(box: Box, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """This function will answer alipay.trade.page.pay: the browser goes on to the cashier."""
    return _cashier(box, "page", ("FAST_INSTANT_TRADE_PAY",), parameters, content)


def wap(box: Box, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """This function will answer alipay.trade.wap.pay: the phone's browser goes on to the cashier."""
    return _cashier(box, "wap", ("QUICK_WAP_WAY", "QUICK_WAP_PAY"), parameters, content)


def _cashier(
    box: Box, method: str, products: tuple[str, ...], parameters: Mapping[str, str], content: Mapping[str, Any]
) -> Answer:
    number = checked_number(content)
    amount_fen(content, "total_amount")
    if content.get("product_code") not in products:
        raise wire.refuse("ACQ.INVALID_PARAMETER")
    trade = _known(box, number, content, method) or _enter(box, method, parameters, content)
    return Answer(
        status=302, body=b"", content_type="", code="10000", location=f"{box.base_url}/pay/alipay/{trade.token}"
    )
