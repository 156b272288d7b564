"""UnionPay: consume, the payment that a browser brings. Its identity is orderId and txnTime together."""

from __future__ import annotations

import re

from sandbox import beijing
from sandbox.answers import Answer
from sandbox.books import Trade, TradeState
from sandbox.box import Box
from sandbox.unionpay import wire
from sandbox.unionpay.wire import Fields

_NUMBER = re.compile(r"[0-9A-Za-z]{8,40}", re.ASCII)
_AMOUNT = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_NOT_RESERVED = re.compile(r"[&={}\[\]\"']")
_CLOCKS_APART_S = 3600
_DEFAULT_LIFE_S = 24 * 3600


def amount_fen(asked: Fields) -> int:
    """This function will read txnAmt; raise Refusal 10 unless it is digits in CNY."""
    if not _AMOUNT.fullmatch(asked.get("txnAmt", "")) or asked.get("currencyCode", "156") != "156":
        raise wire.refuse(asked, "10")
    return int(asked["txnAmt"])


def check_numbers(box: Box, asked: Fields) -> None:
    """This function will check orderId, txnTime (it must be now), addresses; raise Refusal 10, or 12 for a repeat."""
    if not _NUMBER.fullmatch(asked["orderId"]) or _NOT_RESERVED.search(asked.get("reqReserved", "")):
        raise wire.refuse(asked, "10")
    txn_at = _moment(asked, "txnTime")
    if min(abs(txn_at - now) for now in (box.clock.now(), box.clock.machine())) > _CLOCKS_APART_S:
        raise wire.refuse(asked, "10")
    if not asked.get("backUrl", "").startswith(("http://", "https://")):
        raise wire.refuse(asked, "10")
    pair = asked["orderId"], asked["txnTime"]
    if box.books.trade("unionpay", *pair) or box.books.refund("unionpay", pair[0], txn_time=pair[1]):
        raise wire.refuse(asked, "12")


def _moment(asked: Fields, name: str) -> float:
    try:
        return beijing.parse_digits(asked[name])
    except ValueError:
        raise wire.refuse(asked, "10") from None


def consume(box: Box, asked: Fields) -> Answer:
    """This function will enter a payment and lead the browser to its pay page."""
    if (asked["txnType"], asked.get("txnSubType"), asked.get("bizType")) != ("01", "01", "000201"):
        raise wire.refuse(asked, "10")
    check_numbers(box, asked)
    now = box.clock.now()
    expires_at = _moment(asked, "payTimeout") if asked.get("payTimeout") else now + _DEFAULT_LIFE_S
    if expires_at <= now or not asked.get("frontUrl", "").startswith(("http://", "https://")):
        raise wire.refuse(asked, "10")
    trade = box.books.add_trade(
        Trade(
            channel="unionpay",
            method="gateway",
            out_trade_no=asked["orderId"],
            txn_time=asked["txnTime"],
            token=f"up{box.numbers.next()}",
            amount_minor=amount_fen(asked),
            currency="CNY",
            title=asked["orderId"],
            notify_url=asked["backUrl"],
            return_url=asked["frontUrl"],
            request=dict(asked),
            state=TradeState.NEW,
            created_at=now,
            code_until=expires_at,
            expires_at=expires_at,
        )
    )
    return Answer(
        status=303, body=b"", content_type="", code="00", location=f"{box.base_url}/pay/unionpay/{trade.token}"
    )
