"""The comparison of the journals sees what is wrong: each planted lie is told, and the truth is not complained of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.verdict import Row, Witnesses, judge

PAID = Row(token="t1", order_no="O1", amount_minor=990, payment_state="PAID", order_state="PAID", attempts=("A1", "A2"))
ENDED = Row(
    token="t2", order_no="O2", amount_minor=1, payment_state="CLOSED", order_state="CANCELLED", attempts=("A3",)
)
BOOKED = {"out_trade_no": "A1", "amount_minor": 990, "returned_minor": 0}
TWICE_AND_BACK = {"out_trade_no": "A2", "amount_minor": 990, "returned_minor": 990}
TOLD_PAID = {"what": "told", "event": "e1", "name": "payment.paid", "order": "O1"}
GOOD = Witnesses(
    rows=[PAID, ENDED],
    books=[BOOKED, TWICE_AND_BACK],
    shoppers=[
        {"what": "ordered", "shopper": "s1", "token": "t1"},
        {"what": "ordered", "shopper": "s1", "token": "t1"},
        {"what": "page", "shopper": "s1", "token": "t1", "state": "waiting_qr"},
        {"what": "page", "shopper": "s1", "token": "t1", "state": "succeeded"},
        {"what": "page", "shopper": "s1", "token": "t1", "state": "duplicate_refunded"},
        {"what": "page", "shopper": "s2", "token": "t2", "state": "cancelled"},
    ],
    merchant=[TOLD_PAID, TOLD_PAID, {"what": "told", "event": "e2", "name": "payment.closed", "order": "O2"}],
)


def page(token: str, state: str) -> dict[str, Any]:
    return {"what": "page", "shopper": "s", "token": token, "state": state}


def test_the_truth_is_not_complained_of() -> None:
    assert judge(GOOD) == []


@pytest.mark.parametrize(
    ("lie", "complaint"),
    [
        ({"books": [BOOKED, {**TWICE_AND_BACK, "returned_minor": 0}]}, "the channels keep 1980 of O1 (PAID): 990"),
        ({"books": [BOOKED, {**TWICE_AND_BACK, "returned_minor": 989}]}, "the channels keep 991 of O1 (PAID): 990"),
        ({"books": []}, "the channels keep 0 of O1 (PAID): 990"),
        ({"books": [BOOKED, {**BOOKED, "out_trade_no": "A3"}]}, "the channels keep 990 of O2 (CLOSED): 0"),
        ({"books": [BOOKED, {**BOOKED, "out_trade_no": "A9"}]}, "A9, which payhub does not know"),
        ({"shoppers": [page("t1", "succeeded"), page("t1", "ready")]}, "said paid, and later ready"),
        ({"shoppers": [page("t1", "duplicate_refunded"), page("t1", "expired")]}, "said paid, and later expired"),
        ({"shoppers": [page("t2", "succeeded")]}, "the page of t2 said paid, and it is CLOSED"),
        ({"shoppers": [page("t9", "succeeded")]}, "the page of t9 said paid, and it is None"),
        (
            {"shoppers": [{"what": "ordered", "shopper": "s1", "token": token} for token in ("t1", "t2")]},
            "the cart of s1 became ['t1', 't2']",
        ),
        ({"merchant": []}, "the merchant was told 0 times"),
        ({"merchant": [TOLD_PAID, {**TOLD_PAID, "event": "e9"}]}, "the merchant was told 2 times"),
        ({"merchant": [TOLD_PAID, {**TOLD_PAID, "order": "O2"}]}, "O2 is CLOSED, and the merchant was told 1 times"),
        ({"merchant": [TOLD_PAID, {**TOLD_PAID, "order": "O9"}]}, "told that O9 is paid, which there is not"),
        ({"rows": [replace(PAID, order_state="AWAITING_PAYMENT"), ENDED]}, "O1 is AWAITING_PAYMENT, its payment PAID"),
        ({"rows": [PAID, replace(ENDED, order_state="PAID")]}, "O2 is PAID, its payment CLOSED"),
    ],
)
def test_a_lie_in_one_journal_is_seen(lie: dict[str, Any], complaint: str) -> None:
    told = judge(replace(GOOD, **lie))
    assert len(told) == 1
    assert complaint in told[0]
