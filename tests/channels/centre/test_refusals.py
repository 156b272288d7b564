"""Why a notification was refused: each reason has a line of its own in the log and a label of its own to count."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cashier.channels import registry
from cashier.channels.base import Notification, Refusal
from cashier.channels.registry import CHANNELS
from cashier.metrics import notifications
from cashier.models import Attempt, ChannelFact
from cashier.web.notify import MAX_BODY_BYTES
from payhub import clock
from tests.channels.centre.case import Case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]

Make = Callable[[Any], Notification]


def with_body(side: Any, body: bytes) -> Notification:
    return Notification(headers=side.notification().headers, body=body)


def with_header(side: Any, name: str, value: str) -> Notification:
    good = side.notification()
    return Notification(headers={**good.headers, name: value}, body=good.body)


def from_the_past(side: Any) -> Notification:
    old = side.notification()
    side.clock.time += timedelta(seconds=300)
    return Notification(headers=old.headers, body=old.body)


def form_of(**changes: Any) -> Make:
    return lambda side: side.notification(**changes)


def large(side: Any) -> Notification:
    return with_body(side, b"x" * (MAX_BODY_BYTES + 1))


def unsigned(side: Any) -> Notification:
    return Notification(headers={}, body=side.notification(sign="missing").body)


def forged(side: Any) -> Notification:
    told: Notification = side.notification(sign="bad")
    return told


def twice(side: Any, name: str) -> Notification:
    good = side.notification()
    return Notification(headers=good.headers, body=good.body + f"&{name}=again".encode())


CASES: list[tuple[str, Refusal, Make]] = [
    *[(channel, Refusal.TOO_LARGE, large) for channel in ("wechat", "alipay", "unionpay", "stripe")],
    *[(channel, Refusal.UNSIGNED, unsigned) for channel in ("wechat", "alipay", "unionpay", "stripe")],
    *[(channel, Refusal.BAD_SIGNATURE, forged) for channel in ("wechat", "alipay", "unionpay", "stripe")],
    ("wechat", Refusal.STALE, from_the_past),
    ("stripe", Refusal.STALE, from_the_past),
    ("wechat", Refusal.UNKNOWN_SERIAL, lambda side: with_header(side, "wechatpay-serial", "PUB_KEY_ID_OF_ANOTHER")),
    ("unionpay", Refusal.UNKNOWN_SIGNER, lambda side: side.posted(side.form("paid") | {}, certificate="none")),
    ("wechat", Refusal.UNDECRYPTABLE, lambda side: side.envelope("TRANSACTION.SUCCESS", "t", {}, key="k" * 32)),
    ("wechat", Refusal.MALFORMED, lambda side: with_header(side, "wechatpay-timestamp", "now")),
    ("alipay", Refusal.MALFORMED, form_of(sign_type="RSA")),
    ("unionpay", Refusal.MALFORMED, form_of(version="5.0.0")),
    ("stripe", Refusal.MALFORMED, lambda side: side.event("checkout.session.completed", [])),
    ("wechat", Refusal.MALFORMED, form_of(amount={"total": "12.30", "currency": "CNY"})),
    ("alipay", Refusal.MALFORMED, form_of(total_amount="much")),
    ("alipay", Refusal.MALFORMED, lambda side: with_body(side, "sign=茶".encode())),
    ("alipay", Refusal.MALFORMED, lambda side: twice(side, "total_amount")),
    ("unionpay", Refusal.MALFORMED, form_of(txnAmt="much")),
    ("unionpay", Refusal.MALFORMED, form_of(orderId="")),
    ("unionpay", Refusal.MALFORMED, lambda side: with_body(side, "signature=茶".encode())),
    ("unionpay", Refusal.MALFORMED, lambda side: twice(side, "txnAmt")),
    ("stripe", Refusal.MALFORMED, form_of(amount_total="much")),
    ("wechat", Refusal.OTHER_ACCOUNT, lambda side: side.notification("refunded", mchid="1900000002")),
    ("wechat", Refusal.OTHER_ACCOUNT, form_of(mchid="1900000002")),
    ("wechat", Refusal.OTHER_ACCOUNT, form_of(appid="wx0000000000000002")),
    ("alipay", Refusal.OTHER_ACCOUNT, form_of(app_id="2021000000000002")),
    ("alipay", Refusal.OTHER_ACCOUNT, form_of(seller_id="2088000000000002")),
    ("unionpay", Refusal.OTHER_ACCOUNT, form_of(merId="777290000000002")),
    ("stripe", Refusal.OTHER_ACCOUNT, form_of(livemode=True)),
    ("wechat", Refusal.OTHER_CURRENCY, form_of(amount={"total": 1230, "currency": "USD"})),
    ("unionpay", Refusal.OTHER_CURRENCY, form_of(currencyCode="840")),
    ("stripe", Refusal.OTHER_CURRENCY, form_of(currency="xts")),
    ("wechat", Refusal.UNKNOWN_EVENT, lambda side: side.envelope("PAYSCORE.USER_OPEN_SERVICE", "t", {})),
    ("alipay", Refusal.UNKNOWN_EVENT, form_of(notify_type="fund_auth_freeze")),
    ("unionpay", Refusal.UNKNOWN_EVENT, form_of(txnType="31")),
    ("stripe", Refusal.UNKNOWN_EVENT, lambda side: side.event("payout.paid", {"id": "po_1"})),
]


@pytest.mark.parametrize(
    ("case", "reason", "make"),
    CASES,
    indirect=["case"],
    ids=[f"{channel}-{reason}-{number}" for number, (channel, reason, _) in enumerate(CASES)],
)
def test_a_refusal_is_told_and_counted_under_its_own_name(
    case: Case, reason: Refusal, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = case.attempt()
    before = case.centre.stands()
    caplog.set_level(logging.INFO)
    caplog.clear()
    status = case.centre.posted(make(case.side))
    assert status == case.side.channel.refuse(reason).status
    (line,) = [record.getMessage() for record in caplog.records if record.name == "cashier.web.notify"]
    assert line.startswith(f"notification for {case.centre.account.code} refused: {reason}: {reason.sentence}")
    assert counted() == {(case.side.code, str(reason)): 1}
    assert case.centre.stands() == before
    assert Attempt.objects.get(pk=attempt.pk).state == "PAYING"


def test_every_reason_that_an_adapter_has_is_tried_at_it() -> None:
    """Refusals that stand in the adapter, and troubles of a message's content that become refusals."""
    named = {(channel, Refusal.TOO_LARGE) for channel in CHANNELS}  # decided before any adapter is asked
    for channel in CHANNELS:
        for path in (Path(registry.__file__).parent / channel).glob("*.py"):
            source = path.read_text()
            named |= {(channel, Refusal[name]) for name in re.findall(r"Refusal\.([A-Z_]+)", source)}
            if path.name == "facts.py":
                named |= {(channel, Refusal(code)) for code in re.findall(r'unknown\("(\w+)"', source)}
    assert named == {(channel, reason) for channel, reason, _ in CASES}
    assert {reason for _, reason in named} == set(Refusal)
    assert len({reason.sentence for reason in Refusal}) == len(Refusal)


@pytest.mark.parametrize(
    ("case", "changes", "verdict"),
    [
        ("wechat", {"amount": {"total": 1, "currency": "CNY"}}, "SURPLUS_AMOUNT"),
        ("alipay", {"total_amount": "0.01"}, "SURPLUS_AMOUNT"),
        ("unionpay", {"txnAmt": "1"}, "SURPLUS_AMOUNT"),
        ("stripe", {"amount_total": 1}, "SURPLUS_AMOUNT"),
        ("stripe", {"currency": "eur"}, "SURPLUS_AMOUNT"),
        ("wechat", {"out_trade_no": "A000000000000000000000NO"}, "NOT_OURS"),
    ],
    indirect=["case"],
)
def test_what_is_authentic_and_odd_is_kept_told_and_counted(
    case: Case, changes: dict[str, Any], verdict: str, caplog: pytest.LogCaptureFixture
) -> None:
    case.attempt()
    assert case.centre.posted(case.side.notification("paid", **changes)) in {200, 204}
    assert ChannelFact.objects.get().verdict == verdict
    assert [record.levelname for record in caplog.records if verdict in record.getMessage()] == ["WARNING"]
    assert counted() == {(case.side.code, verdict.lower()): 1}


def counted() -> dict[tuple[str, str], float]:
    return {(labels["channel"], labels["result"]): n for labels, n in notifications.read(clock.now()) if n}
