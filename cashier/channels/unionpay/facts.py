"""UnionPay's trades and refunds as facts: the same translation for answers and notifications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cashier.channels.base import Fact, Outcome
from cashier.channels.beijing import BEIJING
from cashier.channels.trouble import unknown
from cashier.channels.unionpay import codes
from payhub.money import Money

RENMINBI = "156"
# What is kept as evidence. A list of what may stay, so that a new field with somebody's card in it stays out.
_KEPT = (
    "merId", "orderId", "txnTime", "txnAmt", "txnType", "currencyCode", "queryId", "respCode", "respMsg",
    "origRespCode", "origRespMsg", "settleAmt", "settleDate", "traceNo", "traceTime", "origQryId", "reqReserved",
)  # fmt: skip


def time_of(moment: datetime) -> str:
    """Write `20260102150405`, Beijing time: with the number it is a trade's identity."""
    return f"{moment.astimezone(BEIJING):%Y%m%d%H%M%S}"


def of_state(fields: Mapping[str, str], code: str, message: str, *, attempt_no: str, refund_no: str = "") -> Fact:
    """Translate what a trade or a refund has come to; raise Trouble when it says paid, but not how much."""
    outcome = codes.TRADE.get(code, Outcome.UNKNOWN)
    return Fact(
        outcome=outcome,
        attempt_no=attempt_no,
        refund_no=refund_no,
        amount=_fen(fields) if outcome is Outcome.PAID else None,
        channel_trade_no=fields.get("queryId", ""),
        occurred_at=_when(fields),
        code=code or "malformed",
        message=message,
        raw=evidence(fields),
    )


def evidence(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what of a message is kept: no card numbers."""
    return {name: fields[name] for name in _KEPT if name in fields}


def _fen(fields: Mapping[str, str]) -> Money:
    text = fields.get("txnAmt", "")
    if fields.get("currencyCode") != RENMINBI:
        raise unknown("other_currency", "UnionPay collects CNY.")
    if not (text.isascii() and text.isdigit()) or int(text[:15]) == 0:
        raise unknown("malformed", "It says paid, but not how much.")
    return Money(int(text[:15]), "CNY")


def _when(fields: Mapping[str, str]) -> datetime | None:
    """Return the time of the debit. `traceTime` has no year: it is that of `txnTime`, or the next after New Year."""
    try:
        sent = datetime.strptime(fields.get("txnTime", ""), "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
        moment = datetime.strptime(f"{sent.year}{fields.get('traceTime', '')}", "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
        return moment.replace(year=moment.year + 1) if moment < sent - timedelta(days=180) else moment
    except ValueError:
        return None
