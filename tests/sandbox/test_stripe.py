"""Stripe: spoken to by Stripe's own library, with retries switched off."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.server import Merchant, Sandbox, wait_for
from tests.sandbox.stripe_client import NO, event_of, opened


class TestWhoMayAsk:
    @pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer sk_test_wrong"}, {"Authorization": "Basic !"}])
    def test_without_the_key_nothing_is_done(self, sandbox: Sandbox, header: dict[str, str]) -> None:
        answer = sandbox.http.post("/v1/checkout/sessions", headers=header)
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")

    def test_the_key_may_come_as_a_user_without_password(self, sandbox: Sandbox) -> None:
        key = sandbox.accounts["stripe"]["secret_key"]
        assert sandbox.http.get("/v1/events", auth=(key, "")).json()["object"] == "list"


class TestCheckout:
    def test_a_session_opens_a_page_and_has_no_intent_yet(self, api: stripe.StripeClient, sandbox: Sandbox) -> None:
        session = opened(api)
        assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
        assert (session.amount_total, session.currency, session.client_reference_id) == (990, "usd", NO)
        assert session.expires_at - session.created == 24 * 3600
        assert "$9.90" in sandbox.http.get(session.url).text

    def test_a_paid_session_is_complete_and_leads_to_the_success_address(
        self, api: stripe.StripeClient, sandbox: Sandbox
    ) -> None:
        session = opened(api)
        assert 'href="http://shop.example/cancel"' in sandbox.http.get(session.url).text
        paid = sandbox.http.post(session.url, data={"action": "pay"})
        assert (
            f'href="http://shop.example/done?session={session.id}"' in sandbox.http.get(paid.headers["location"]).text
        )
        found = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
        assert (found.status, found.payment_status, found.url) == ("complete", "paid", None)
        intent: Any = found.payment_intent
        assert (intent.status, intent.amount_received, intent.metadata["number"]) == ("succeeded", 990, NO)
        assert (intent.latest_charge.paid, intent.latest_charge.amount) == (True, 990)

    def test_a_declined_card_leaves_the_session_open_and_the_intent_ready(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant
    ) -> None:
        session = opened(api)
        sandbox.http.post(session.url, data={"action": "decline"})
        found: Any = api.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
        assert (found.status, found.payment_intent.status) == ("open", "requires_payment_method")
        assert found.payment_intent.last_payment_error.code == "card_declined"
        assert event_of(sandbox, merchant.wait()[0]).type == "payment_intent.payment_failed"
        assert sandbox.pay("stripe", NO)["trade_no"] == found.payment_intent.id

    def test_an_open_session_expires_and_cannot_be_paid(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant
    ) -> None:
        session = opened(api)
        assert api.v1.checkout.sessions.expire(session.id).status == "expired"
        assert sandbox.http.post(f"/_sandbox/api/trades/stripe/{NO}/pay").status_code == 409
        assert event_of(sandbox, merchant.wait()[0]).type == "checkout.session.expired"
        with pytest.raises(stripe.InvalidRequestError, match="status of `expired`"):
            api.v1.checkout.sessions.expire(session.id)

    def test_whoever_paid_first_wins(self, api: stripe.StripeClient, sandbox: Sandbox) -> None:
        session = opened(api)
        sandbox.pay("stripe", NO)
        with pytest.raises(stripe.InvalidRequestError, match="status of `complete`"):
            api.v1.checkout.sessions.expire(session.id)

    def test_a_session_runs_out(self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant) -> None:
        session = opened(api, expires_at=int(time.time()) + 31 * 60)
        sandbox.post("/clock", advance_s=31 * 60)
        assert api.v1.checkout.sessions.retrieve(session.id).status == "expired"
        assert event_of(sandbox, merchant.wait()[0]).type == "checkout.session.expired"

    @pytest.mark.parametrize(
        "change",
        [{"mode": "subscription"}, {"line_items": []}, {"success_url": ""}, {"expires_at": 1},
         {"line_items": [{"quantity": 0, "price_data": {"currency": "usd", "unit_amount": 1, "product_data": {"name": "x"}}}]},
         {"line_items": [{"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 1}}]}],
    )  # fmt: skip
    def test_a_malformed_session_is_refused(self, api: stripe.StripeClient, change: dict[str, Any]) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            opened(api, **change)

    def test_two_sessions_for_one_number_can_both_be_paid(self, api: stripe.StripeClient, sandbox: Sandbox) -> None:
        for session in (opened(api), opened(api)):
            sandbox.http.post(session.url, data={"action": "pay"})
        assert len(sandbox.get("/books")) == 2

    def test_sessions_are_listed_newest_first_page_by_page(self, api: stripe.StripeClient, sandbox: Sandbox) -> None:
        numbers = []
        for count in range(3):
            sandbox.post("/clock", offset_s=count * 10)
            numbers.append(opened(api).id)
        first = api.v1.checkout.sessions.list({"limit": 2})
        assert ([one.id for one in first.data], first.has_more) == (numbers[:0:-1], True)
        rest = api.v1.checkout.sessions.list({"limit": 2, "starting_after": first.data[-1].id})
        assert ([one.id for one in rest.data], rest.has_more) == (numbers[:1], False)
        early = api.v1.checkout.sessions.list({"created": {"lt": int(time.time()) + 5}})
        assert [one.id for one in early.data] == numbers[:1]

    def test_an_unknown_session_is_missing(self, api: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            api.v1.checkout.sessions.retrieve("cs_test_0")
        assert (caught.value.code, caught.value.http_status) == ("resource_missing", 404)


class TestIntents:
    def test_the_same_intent_serves_the_next_try(self, api: stripe.StripeClient, sandbox: Sandbox) -> None:
        intent = api.v1.payment_intents.create({"amount": 990, "currency": "usd", "metadata": {"number": NO}})
        assert intent.status == "requires_payment_method"
        with pytest.raises(stripe.CardError) as caught:
            api.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa_chargeDeclined"})
        assert caught.value.code == "card_declined"
        assert api.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"
        done = api.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
        assert (done.status, done.amount_received) == ("succeeded", 990)
        with pytest.raises(stripe.InvalidRequestError) as again:
            api.v1.payment_intents.cancel(intent.id)
        assert again.value.code == "payment_intent_unexpected_state"
        assert len(sandbox.get("/books")) == 1

    def test_an_unpaid_intent_is_cancelled(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant
    ) -> None:
        intent = api.v1.payment_intents.create({"amount": 990, "currency": "usd"})
        assert api.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"}).status == "canceled"
        assert api.v1.payment_intents.retrieve(intent.id).status == "canceled"
        assert event_of(sandbox, merchant.wait()[0]).type == "payment_intent.canceled"

    def test_the_intent_of_a_session_is_not_ours_to_cancel(self, api: stripe.StripeClient, sandbox: Sandbox) -> None:
        session = opened(api)
        sandbox.http.post(session.url, data={"action": "decline"})
        number = str(api.v1.checkout.sessions.retrieve(session.id).payment_intent)
        with pytest.raises(stripe.InvalidRequestError, match="Checkout Session"):
            api.v1.payment_intents.cancel(number)


class TestRefunds:
    @pytest.fixture
    def intent(self, api: stripe.StripeClient, sandbox: Sandbox) -> str:
        opened(api)
        return str(sandbox.pay("stripe", NO)["trade_no"])

    def test_a_refund_succeeds_and_is_told(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant, intent: str
    ) -> None:
        refund = api.v1.refunds.create({"payment_intent": intent, "amount": 300, "metadata": {"refund": "R1"}})
        assert (refund.status, refund.amount, refund.payment_intent) == ("succeeded", 300, intent)
        listed = api.v1.refunds.list({"payment_intent": intent})
        assert [one.metadata and one.metadata["refund"] for one in listed.data] == ["R1"]
        assert api.v1.refunds.retrieve(refund.id).amount == 300
        kinds = {event_of(sandbox, posted).type for posted in merchant.wait(6)}
        assert {"refund.created", "refund.updated", "charge.refunded"} <= kinds

    def test_never_more_than_is_left(self, api: stripe.StripeClient, sandbox: Sandbox, intent: str) -> None:
        api.v1.refunds.create({"payment_intent": intent, "amount": 600})
        with pytest.raises(stripe.InvalidRequestError):
            api.v1.refunds.create({"payment_intent": intent, "amount": 391})
        assert api.v1.refunds.create({"payment_intent": intent}).amount == 390
        with pytest.raises(stripe.InvalidRequestError) as caught:
            api.v1.refunds.create({"payment_intent": intent})
        assert caught.value.code == "charge_already_refunded"

    def test_a_refund_can_take_its_time_and_fail(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant, intent: str
    ) -> None:
        sandbox.post("/settings", stripe_refund_settle_s=None)
        refund = api.v1.refunds.create({"payment_intent": intent, "amount": 300})
        assert refund.status == "pending"
        sandbox.post(f"/refunds/stripe/{refund.id}/settle", state="CLOSED")
        failed = api.v1.refunds.retrieve(refund.id)
        assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
        assert "refund.failed" in {event_of(sandbox, posted).type for posted in merchant.wait(6)}
        assert sandbox.get("/books")[0]["returned_minor"] == 0


class TestIdempotency:
    def raw(self, sandbox: Sandbox, key: str, **fields: str) -> httpx.Response:
        form = {"amount": "990", "currency": "usd"} | fields
        secret = sandbox.accounts["stripe"]["secret_key"]
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
        return sandbox.http.post("/v1/payment_intents", data=form, headers=headers)

    def test_the_first_answer_comes_again(self, sandbox: Sandbox) -> None:
        first, second = self.raw(sandbox, "k1"), self.raw(sandbox, "k1")
        assert first.content == second.content
        assert ("idempotent-replayed" in first.headers, second.headers["idempotent-replayed"]) == (False, "true")
        assert self.raw(sandbox, "k2").json()["id"] != first.json()["id"]

    def test_the_same_request_twice_at_once_makes_one_thing(self, sandbox: Sandbox) -> None:
        sandbox.arm("double_submit", channel="stripe", call="create")
        first, again = self.raw(sandbox, "k1"), self.raw(sandbox, "k1")
        assert first.json()["id"] == again.json()["id"]
        assert len(sandbox.get("/trades")) == 1

    def test_other_parameters_under_the_same_key_are_an_error(self, sandbox: Sandbox) -> None:
        self.raw(sandbox, "k1")
        answer = self.raw(sandbox, "k1", amount="991")
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")

    def test_a_failure_of_stripes_own_comes_again_too(self, sandbox: Sandbox) -> None:
        sandbox.arm("system_error_after", channel="stripe", call="create")
        first, second = self.raw(sandbox, "k1"), self.raw(sandbox, "k1")
        assert (first.status_code, second.status_code, second.content == first.content) == (500, 500, True)
        assert len(sandbox.get("/trades")) == 1

    def test_a_proxys_failure_is_not_stripes(self, sandbox: Sandbox) -> None:
        sandbox.arm("http_502_after", channel="stripe", call="create")
        assert [self.raw(sandbox, "k1").status_code for _ in range(2)] == [502, 200]
        assert len(sandbox.get("/trades")) == 1

    def test_a_request_refused_for_its_parameters_does_not_use_up_the_key(self, sandbox: Sandbox) -> None:
        assert self.raw(sandbox, "k1", amount="x").status_code == 400
        assert self.raw(sandbox, "k1").status_code == 200

    def test_while_the_first_is_running_the_key_is_in_use(self, sandbox: Sandbox) -> None:
        sandbox.arm("slow", channel="stripe", call="create", wait_s=3)
        first = threading.Thread(target=self.raw, args=(sandbox, "k1"))
        first.start()
        wait_for(lambda: sandbox.get("/trades"))
        answer = self.raw(sandbox, "k1")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_key_in_use")
        assert answer.headers["stripe-should-retry"] == "true"
        first.join()
        assert self.raw(sandbox, "k1").headers["idempotent-replayed"] == "true"

    def test_after_a_day_the_key_makes_something_new(self, sandbox: Sandbox) -> None:
        first = self.raw(sandbox, "k1").json()["id"]
        sandbox.post("/clock", advance_s=24 * 3600)
        assert self.raw(sandbox, "k1").json()["id"] != first


class TestWebhooks:
    def test_a_payment_is_told_by_three_signed_events(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant
    ) -> None:
        opened(api)
        sandbox.pay("stripe", NO)
        events = [event_of(sandbox, posted) for posted in merchant.wait(3)]
        assert {event.type for event in events} == {
            "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed",
        }  # fmt: skip
        assert len({event.id for event in events}) == 3
        session = next(event for event in events if event.type == "checkout.session.completed").data.object
        assert (session.payment_status, session.client_reference_id) == ("paid", NO)

    def test_the_events_of_one_payment_can_come_in_reverse(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant
    ) -> None:
        opened(api)
        sandbox.pay("stripe", NO, notify={"kind": "reorder"})
        for count in (1, 2, 3):
            sandbox.post("/clock", advance_s=60)
            merchant.wait(count)
        types = [event_of(sandbox, posted).type for posted in merchant.posted]
        assert types == ["checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"]

    def test_a_refused_event_comes_again_with_the_same_id(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant
    ) -> None:
        merchant.answers = [(400, b"")]
        opened(api)
        sandbox.http.post(sandbox.get(f"/trades/stripe/{NO}")["pay_url"], data={"action": "decline"})
        merchant.wait()
        wait_for(lambda: sandbox.get("/notifications")[0]["state"] == "PENDING")
        merchant.answers = [(202, b"")]
        sandbox.post("/clock", advance_s=5)
        first, second = (event_of(sandbox, posted) for posted in merchant.wait(2))
        assert first.id == second.id
        wait_for(lambda: sandbox.get("/notifications")[0]["state"] == "ACKNOWLEDGED")

    def test_a_forged_event_does_not_verify(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant
    ) -> None:
        opened(api)
        sandbox.pay("stripe", NO, notify={"kind": "bad_signature"})
        with pytest.raises(stripe.SignatureVerificationError):
            event_of(sandbox, merchant.wait()[0])

    def test_a_stranger_is_a_stranger_everywhere(
        self, api: stripe.StripeClient, sandbox: Sandbox, merchant: Merchant
    ) -> None:
        opened(api)
        sandbox.pay("stripe", NO, notify={"kind": "unknown_number"})
        bodies = [json.dumps(json.loads(posted.body)["data"]) for posted in merchant.wait(6)]
        assert [NO in body for body in bodies].count(False) == 3

    def test_missed_events_are_listed(self, api: stripe.StripeClient, sandbox: Sandbox) -> None:
        opened(api)
        sandbox.pay("stripe", NO, notify={"kind": "drop"})
        listed = api.v1.events.list({"types": ["checkout.session.completed"], "delivery_success": False})
        assert [event.type for event in listed.data] == ["checkout.session.completed"]


class TestBalance:
    def lines(self, api: stripe.StripeClient, **asked: Any) -> list[Any]:
        expand: Any = {"expand": ["data.source"]} | asked
        return list(api.v1.balance_transactions.list(expand).data)

    @pytest.fixture(autouse=True)
    def day(self, api: stripe.StripeClient, sandbox: Sandbox) -> None:
        opened(api)
        intent = sandbox.pay("stripe", NO)["trade_no"]
        sandbox.post("/clock", advance_s=2)
        api.v1.refunds.create({"payment_intent": intent, "amount": 300})

    def test_a_charge_has_a_fee_and_a_refund_is_negative(self, api: stripe.StripeClient) -> None:
        refund, charge = self.lines(api)
        assert (charge.type, charge.amount, charge.fee, charge.net) == ("charge", 990, 59, 931)
        assert (refund.type, refund.amount, refund.fee, refund.net) == ("refund", -300, 0, -300)
        assert (charge.source.metadata["number"], refund.source.amount) == (NO, 300)
        assert self.lines(api, type="refund")[0].id == refund.id
        assert api.v1.balance_transactions.retrieve(charge.id).net == 931

    def test_it_is_chosen_by_time(self, api: stripe.StripeClient) -> None:
        refund, charge = self.lines(api)
        assert [one.id for one in self.lines(api, created={"gte": refund.created})] == [refund.id]
        assert [one.id for one in self.lines(api, created={"lt": refund.created})] == [charge.id]

    @pytest.mark.parametrize(
        ("fault", "amounts"),
        [({"kind": "missing", "out_trade_no": NO}, []), ({"kind": "amount", "out_trade_no": NO}, [-1, 1]),
         ({"kind": "duplicate", "out_trade_no": NO}, [-300, -300, 990, 990])],
    )  # fmt: skip
    def test_it_can_be_wrong(
        self, api: stripe.StripeClient, sandbox: Sandbox, fault: dict[str, Any], amounts: list[int]
    ) -> None:
        sandbox.post("/bill-faults", channel="stripe", **fault)
        lines = self.lines(api)
        assert sorted(line.amount for line in lines) == amounts
        assert all(line.source.amount == abs(line.amount) for line in lines)
        assert len({line.id for line in lines}) == len(lines)


def test_too_many_requests(api: stripe.StripeClient, sandbox: Sandbox) -> None:
    sandbox.arm("refuse", channel="stripe", call="create", code="rate_limit")
    with pytest.raises(stripe.RateLimitError):
        opened(api)
