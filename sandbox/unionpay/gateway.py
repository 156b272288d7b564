"""UnionPay: the addresses below /gateway/api/."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import Answer, Refusal
from sandbox.box import Box
from sandbox.calls import Dialect, play
from sandbox.due import pass_time
from sandbox.unionpay import back, bill, consume, query, wire
from sandbox.unionpay.account import UnionpayAccount
from sandbox.unionpay.wire import Fields

_BACK_CALLS = {"31": "undo", "04": "refund"}


def routes(box: Box, account: UnionpayAccount) -> list[Route]:
    """This function will give every address that UnionPay answers at."""

    def endpoint(
        act: Callable[[Fields], Answer], call_of: Callable[[Fields], str], *, front: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            asked = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            pass_time(box)
            dialect: Dialect = wire.FrontDialect(asked) if front else wire.BackDialect(account, asked)
            try:
                wire.check_request(account, asked)
            except Refusal as refusal:
                return dialect.seal(refusal.answer)
            return await play(box, dialect, "unionpay", call_of(asked), _about(box, asked), lambda: act(asked))

        return answer

    def call_of_query(asked: Fields) -> str:
        found = box.books.refund("unionpay", asked["orderId"], txn_time=asked["txnTime"])
        return "refund_query" if found else "query"

    gateway = "/gateway/api"
    return [
        Route(f"{gateway}/frontTransReq.do", endpoint(lambda asked: consume.consume(box, asked), lambda asked: "create",
              front=True), methods=["POST"]),
        Route(f"{gateway}/backTransReq.do", endpoint(lambda asked: back.give_back(box, asked),
              lambda asked: _BACK_CALLS.get(asked["txnType"], "refund")), methods=["POST"]),
        Route("/filedownload/", endpoint(lambda asked: bill.bill(box, account, asked), lambda asked: "bill"),
              methods=["POST"]),
        Route(f"{gateway}/queryTrans.do", endpoint(lambda asked: query.query(box, account, asked), call_of_query),
              methods=["POST"]),
    ]  # fmt: skip


def _about(box: Box, asked: Fields) -> str:
    """The orderId of the consume that a request is about, also when it has one of its own."""
    if asked.get("origQryId"):
        trade = box.books.trade_by_trade_no("unionpay", asked["origQryId"])
        return trade.out_trade_no if trade else asked.get("origOrderId", "")
    number = asked.get("orderId", "")  # a file transfer has none
    entry = box.books.refund("unionpay", number, txn_time=asked["txnTime"])
    if entry is not None:
        return box.books.trade_by_id(entry.trade_id).out_trade_no
    return asked.get("origOrderId") or number
