"""WeChat Pay: the addresses below /v3/."""

from __future__ import annotations

import json
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
from sandbox.wechat import bill, create, platform, refund, transaction, wire
from sandbox.wechat.account import WechatAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One authenticated request: the number in its path, its query and its body."""

    number: str
    query: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One address: what it does, and which trade it is about."""

    call: str
    method: str
    path: str
    act: Callable[[Asked], Answer]
    about: Callable[[Asked], str]


def routes(box: Box, account: WechatAccount) -> list[Route]:
    """This function will give every address that WeChat Pay answers at."""
    return [Route(op.path, _endpoint(box, account, op), methods=[op.method]) for op in _operations(box, account)]


def _operations(box: Box, account: WechatAccount) -> list[Operation]:
    def numbered(trade: Trade | None) -> str:
        return trade.out_trade_no if trade else ""

    def placing(place: Callable[[Box, WechatAccount, dict[str, Any]], Answer]) -> Callable[[Asked], Answer]:
        return lambda asked: place(box, account, asked.body)

    def of_refund(asked: Asked) -> str:
        known = box.books.refund("wechat", asked.number)
        return box.books.trade_by_id(known.trade_id).out_trade_no if known else ""

    pay, back = "/v3/pay/transactions", "/v3/refund/domestic/refunds"
    scenes = {"native": create.native, "h5": create.h5, "jsapi": create.jsapi}
    creates = [
        Operation(call="create", method="POST", path=f"{pay}/{scene}", act=placing(place),
                  about=lambda asked: str(asked.body.get("out_trade_no", "")))
        for scene, place in scenes.items()
    ]  # fmt: skip
    return [
        *creates,
        Operation(call="query", method="GET", path=f"{pay}/out-trade-no/{{number}}",
                  act=lambda asked: transaction.by_number(box, account, asked.number, asked.query),
                  about=lambda asked: asked.number),
        Operation(call="query", method="GET", path=f"{pay}/id/{{number}}",
                  act=lambda asked: transaction.by_transaction(box, account, asked.number, asked.query),
                  about=lambda asked: numbered(box.books.trade_by_trade_no("wechat", asked.number))),
        Operation(call="close", method="POST", path=f"{pay}/out-trade-no/{{number}}/close",
                  act=lambda asked: transaction.close(box, account, asked.number, asked.body),
                  about=lambda asked: asked.number),
        Operation(call="refund", method="POST", path=back,
                  act=lambda asked: refund.refund(box, asked.body),
                  about=lambda asked: numbered(refund.find_trade(box, asked.body))),
        Operation(call="refund_query", method="GET", path=f"{back}/{{number}}",
                  act=lambda asked: refund.query(box, asked.number), about=of_refund),
        Operation(call="bill", method="GET", path="/v3/bill/tradebill",
                  act=lambda asked: bill.tradebill(box, account, asked.query), about=lambda asked: ""),
        Operation(call="bill_file", method="GET", path="/v3/billdownload/file",
                  act=lambda asked: bill.download(box, account, asked.query), about=lambda asked: ""),
        Operation(call="certificates", method="GET", path="/v3/certificates",
                  act=lambda asked: platform.certificates(account), about=lambda asked: ""),
    ]  # fmt: skip


def _endpoint(box: Box, account: WechatAccount, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        body = await request.body()
        pass_time(box)
        dialect = wire.WechatDialect(account, request)
        try:
            wire.check_request(account, request, body)
            asked = Asked(
                number=request.path_params.get("number", ""),
                query=dict(request.query_params),
                body={} if request.method == "GET" else _parsed(body),
            )
        except Refusal as refusal:
            return dialect.seal(refusal.answer)
        about = operation.about(asked)
        return await play(box, dialect, "wechat", operation.call, about, lambda: operation.act(asked))

    return answer


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise wire.refuse("PARAM_ERROR", "请求的body不是合法的JSON对象")
    return asked
