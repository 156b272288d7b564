"""Stripe: money goes to the merchant's bank by itself, and the balance adds up."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.server import Merchant, Sandbox, wait_for
from tests.sandbox.stripe_client import NO, event_of, opened


@pytest.fixture(autouse=True)
def days_later(api: stripe.StripeClient, sandbox: Sandbox) -> None:
    """A charge of 9.90 with a fee of 0.59, 3.00 of it returned; it is available two days later, at the bank four."""
    opened(api)
    intent = sandbox.pay("stripe", NO)["trade_no"]
    api.v1.refunds.create({"payment_intent": intent, "amount": 300})
    sandbox.post("/clock", advance_s=3 * 86400)


def content(api: stripe.StripeClient, payout: str) -> list[Any]:
    return list(api.v1.balance_transactions.list({"payout": payout, "expand": ["data.source"]}).data)


def test_what_is_available_goes_to_the_bank_at_midnight_and_arrives_a_day_later(
    api: stripe.StripeClient, sandbox: Sandbox
) -> None:
    (payout,) = api.v1.payouts.list().data
    assert (payout.amount, payout.currency, payout.automatic, payout.status) == (631, "usd", True, "in_transit")
    assert payout.created % 86400 == 0
    sandbox.post("/clock", advance_s=86400)
    arrived = api.v1.payouts.retrieve(payout.id)
    assert (arrived.status, arrived.reconciliation_status) == ("paid", "completed")
    assert len(api.v1.payouts.list().data) == 1, "the same money is not paid out twice"


def test_its_transactions_add_up_to_it(api: stripe.StripeClient) -> None:
    (payout,) = api.v1.payouts.list().data
    gone, *moved = content(api, payout.id)
    assert (gone.id, gone.type, gone.net, gone.source.id) == (payout.balance_transaction, "payout", -631, payout.id)
    assert sorted(one.net for one in moved) == [-300, 931]
    everything = api.v1.balance_transactions.list().data
    assert sum(one.net for one in everything) == 0, "nothing is left in the balance"


def test_what_moved_the_balance_is_expanded_where_it_is_named(api: stripe.StripeClient, sandbox: Sandbox) -> None:
    payout: Any = api.v1.payouts.list({"expand": ["data.balance_transaction"]}).data[0]
    assert payout.balance_transaction.net == -631
    intent = sandbox.get(f"/trades/stripe/{NO}")["trade_no"]
    paid: Any = api.v1.payment_intents.retrieve(intent, {"expand": ["latest_charge.balance_transaction"]})
    assert (paid.latest_charge.balance_transaction.fee, paid.latest_charge.amount_refunded) == (59, 300)


def test_a_wrong_bill_does_not_add_up_to_its_payout(api: stripe.StripeClient, sandbox: Sandbox) -> None:
    sandbox.post("/bill-faults", channel="stripe", kind="missing", out_trade_no=NO)
    (payout,) = api.v1.payouts.list().data
    assert (payout.amount, [one.type for one in content(api, payout.id)]) == (631, ["payout"])


def test_it_is_told(api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant) -> None:
    sandbox.post("/clock", advance_s=86400)

    def told() -> set[str]:
        return {event_of(sandbox, posted).type for posted in list(merchant.posted)}

    wait_for(lambda: told() >= {"payout.created", "payout.paid", "payout.reconciliation_completed"})


def test_the_bank_can_send_it_back(api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant) -> None:
    (payout,) = api.v1.payouts.list({"status": "in_transit"}).data
    assert sandbox.post(f"/payouts/{payout.id}/fail")["status"] == "failed"
    back, gone = (one for one in content(api, payout.id) if one.type.startswith("payout"))
    assert (back.type, back.net, gone.net) == ("payout_failure", 631, -631)
    wait_for(lambda: any(event_of(sandbox, posted).type == "payout.failed" for posted in list(merchant.posted)))
    assert sandbox.http.post(f"/_sandbox/api/payouts/{payout.id}/fail").status_code == 404, "only once"


def test_payouts_can_be_switched_off(api: stripe.StripeClient, sandbox: Sandbox) -> None:
    sandbox.post("/reset")
    sandbox.post("/settings", stripe_payouts="none")
    opened(api)
    sandbox.pay("stripe", NO)
    sandbox.post("/clock", advance_s=5 * 86400)
    assert api.v1.payouts.list().data == []
