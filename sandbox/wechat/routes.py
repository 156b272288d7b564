"""WeChat Pay: the addresses below /v3/."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import Answer, Refusal
from sandbox.box import Box
from sandbox.calls import play
from sandbox.due import pass_time
from sandbox.wechat import create, refund, transaction, wire
from sandbox.wechat.account import WechatAccount

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(box: Box, account: WechatAccount) -> list[Route]:
    """This function will give every address that WeChat Pay answers at."""
    dialect = wire.WechatDialect(account)

    def endpoint(
        call: str, number_of: Callable[[Request, Any], str], act: Callable[[Request, Any], Answer]
    ) -> Endpoint:
        async def answer(request: Request) -> Response:
            body = await request.body()
            pass_time(box)
            try:
                wire.check_request(account, request, body)
                asked = _parsed(request, body)
                number = number_of(request, asked)
            except Refusal as refusal:
                return dialect.seal(refusal.answer)
            return await play(box, dialect, "wechat", call, number, lambda: act(request, asked))

        return answer

    def in_path(request: Request, asked: Any) -> str:
        return str(request.path_params["number"])

    def by_transaction(request: Request, asked: Any) -> str:
        trade = box.books.trade_by_trade_no("wechat", request.path_params["number"])
        return trade.out_trade_no if trade else ""

    def of_refund(request: Request, asked: Any) -> str:
        known = box.books.refund("wechat", request.path_params["number"])
        return box.books.trade_by_id(known.trade_id).out_trade_no if known else ""

    def refunded(request: Request, asked: Any) -> str:
        trade = refund.find_trade(box, asked)
        return trade.out_trade_no if trade else ""

    pay, back = "/v3/pay/transactions", "/v3/refund/domestic/refunds"
    native = endpoint(
        "create", lambda _, a: str(a.get("out_trade_no", "")), lambda _, a: create.native(box, account, a)
    )
    query = endpoint(
        "query", in_path, lambda r, _: transaction.by_number(box, account, r.path_params["number"], r.query_params)
    )
    query_own = endpoint(
        "query",
        by_transaction,
        lambda r, _: transaction.by_transaction(box, account, r.path_params["number"], r.query_params),
    )
    close = endpoint("close", in_path, lambda r, a: transaction.close(box, account, r.path_params["number"], a))
    return [
        Route(f"{pay}/native", native, methods=["POST"]),
        Route(f"{pay}/out-trade-no/{{number}}", query, methods=["GET"]),
        Route(f"{pay}/id/{{number}}", query_own, methods=["GET"]),
        Route(f"{pay}/out-trade-no/{{number}}/close", close, methods=["POST"]),
        Route(back, endpoint("refund", refunded, lambda _, a: refund.refund(box, a)), methods=["POST"]),
        Route(
            f"{back}/{{number}}",
            endpoint("refund_query", of_refund, lambda r, _: refund.query(box, r.path_params["number"])),
            methods=["GET"],
        ),
    ]


def _parsed(request: Request, body: bytes) -> Any:
    if request.method == "GET":
        return {}
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise wire.refuse("PARAM_ERROR", "请求的body不是合法的JSON对象")
    return asked
