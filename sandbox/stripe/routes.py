"""Stripe: the addresses below /v1/."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import Answer, Refusal
from sandbox.books import Trade
from sandbox.box import Box
from sandbox.calls import play
from sandbox.due import pass_time
from sandbox.stripe import balance, checkout, idempotency, intents, payouts, refunds, shelf, webhooks, wire

Asked = dict[str, Any]
_KEPT_STATUSES = (200, 402)  # a request that was refused before anything began may be mended under the same key


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One address: what it does with the object's id and the parameters, and which trade it is about."""

    call: str
    method: str
    path: str
    act: Callable[[str, Asked], Answer]
    about: Callable[[str, Asked], Trade | None] = lambda number, asked: None


def routes(box: Box, secret_key: str, webhook_secret: str) -> list[Route]:
    """This function will give every address that Stripe answers at."""
    keys = idempotency.Keys(box)
    operations = [*_payments(box), *_refunds(box), *_account(box, webhook_secret)]
    return [
        Route("/v1" + operation.path, _endpoint(box, secret_key, keys, operation), methods=[operation.method])
        for operation in operations
    ]


def _payments(box: Box) -> list[Operation]:
    def of_session(number: str, asked: Asked) -> Trade | None:
        return box.books.trade_by_token(shelf.CHANNEL, number)

    def of_intent(number: str, asked: Asked) -> Trade | None:
        return box.books.trade_by_trade_no(shelf.CHANNEL, number)

    sessions, one_intent = "/checkout/sessions", "/payment_intents/{id}"
    return [
        Operation(call="create", method="POST", path=sessions, act=lambda _, a: checkout.create(box, a)),
        Operation(call="list", method="GET", path=sessions, act=lambda _, a: checkout.listed(box, a)),
        Operation(call="query", method="GET", path=sessions + "/{id}", act=lambda n, a: checkout.get(box, n, a), about=of_session),
        Operation(call="close", method="POST", path=sessions + "/{id}/expire", act=lambda n, a: checkout.expire(box, n, a),
                  about=of_session),
        Operation(call="create", method="POST", path="/payment_intents", act=lambda _, a: intents.create(box, a)),
        Operation(call="list", method="GET", path="/payment_intents", act=lambda _, a: intents.listed(box, a)),
        Operation(call="query", method="GET", path=one_intent, act=lambda n, a: intents.get(box, n, a), about=of_intent),
        Operation(call="confirm", method="POST", path=one_intent + "/confirm", act=lambda n, a: intents.confirm(box, n, a),
                  about=of_intent),
        Operation(call="close", method="POST", path=one_intent + "/cancel", act=lambda n, a: intents.cancel(box, n, a),
                  about=of_intent),
    ]  # fmt: skip


def _refunds(box: Box) -> list[Operation]:
    def of_refund(number: str, asked: Asked) -> Trade | None:
        entry = box.books.refund_by_refund_no(shelf.CHANNEL, number)
        return box.books.trade_by_id(entry.trade_id) if entry else None

    def named(number: str, asked: Asked) -> Trade | None:
        return refunds.find_trade(box, asked)

    return [
        Operation(call="refund", method="POST", path="/refunds", act=lambda _, a: refunds.create(box, a), about=named),
        Operation(call="refund_query", method="GET", path="/refunds", act=lambda _, a: refunds.listed(box, a), about=named),
        Operation(call="refund_query", method="GET", path="/refunds/{id}", act=lambda n, a: refunds.get(box, n, a),
                  about=of_refund),
    ]  # fmt: skip


def _account(box: Box, webhook_secret: str) -> list[Operation]:
    endpoints = "/webhook_endpoints"
    return [
        Operation(call="bill", method="GET", path="/balance_transactions", act=lambda _, a: balance.listed(box, a)),
        Operation(call="bill", method="GET", path="/balance_transactions/{id}", act=lambda n, a: balance.get(box, n, a)),
        Operation(call="bill", method="GET", path="/payouts", act=lambda _, a: payouts.listed(box, a)),
        Operation(call="bill", method="GET", path="/payouts/{id}", act=lambda n, a: payouts.get(box, n, a)),
        Operation(call="events", method="GET", path="/events", act=lambda _, a: webhooks.events(box, a)),
        Operation(call="webhook", method="POST", path=endpoints, act=lambda _, a: webhooks.create(box, webhook_secret, a)),
        Operation(call="webhook", method="GET", path=endpoints, act=lambda _, a: webhooks.listed(box, a)),
        Operation(call="webhook", method="DELETE", path=endpoints + "/{id}", act=lambda n, _: webhooks.delete(box, n)),
    ]  # fmt: skip


def _endpoint(
    box: Box, secret_key: str, keys: idempotency.Keys, operation: Operation
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        text = (await request.body()).decode() if request.method == "POST" else request.url.query
        pass_time(box)
        number = request.path_params.get("id", "")
        key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
        dialect = wire.StripeDialect(lambda answer: None)
        try:
            wire.check_key(request, secret_key)
            asked = wire.decoded(text)
            print_ = idempotency.fingerprint(request.url.path, asked)
            first = keys.replay(key, print_) if key else None
        except Refusal as refusal:
            return dialect.seal(refusal.answer)
        if first is not None:
            response = dialect.seal(first)
            response.headers["Idempotent-Replayed"] = "true"
            return response
        about = _about(operation, number, asked)
        if not key:
            return await play(box, dialect, shelf.CHANNEL, operation.call, about, lambda: operation.act(number, asked))
        dialect = wire.StripeDialect(lambda answer: keys.keep(key, print_, answer))

        def act_and_keep() -> Answer:
            if again := keys.first_answer(key):  # the same request twice at once
                return again
            done = operation.act(number, asked)
            if done.status in _KEPT_STATUSES:
                keys.keep(key, print_, done)
            return done

        keys.running.add(key)
        try:
            return await play(box, dialect, shelf.CHANNEL, operation.call, about, act_and_keep)
        finally:
            keys.running.discard(key)

    return answer


def _about(operation: Operation, number: str, asked: Asked) -> str:
    trade = operation.about(number, asked)
    return trade.out_trade_no if trade else str(asked.get("client_reference_id", ""))
