"""One call of a merchant: take effect, perhaps disturbed by an armed fault, log it, answer signed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox import scenarios
from sandbox.answers import Answer, Refusal
from sandbox.box import Box
from sandbox.faults import Effect, Fault, Reply


class Dialect(Protocol):
    """How one channel says things."""

    def refuse(self, code: str) -> Answer:
        """This function will give the channel's answer with this error code; empty: its "system error"."""

    def seal(self, answer: Answer, signature: Reply = Reply.TRUE) -> Response:
        """This function will sign an answer, or damage or leave out the signature."""


class CutResponse(Response):
    """An answer whose connection breaks after the first bytes: the caller learns nothing of the outcome."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """This function will announce more bytes than it sends."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4096")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def play(box: Box, dialect: Dialect, channel: str, call: str, number: str, act: Callable[[], Answer]) -> Response:
    """This function will run `act` as one transaction, disturbed by the next armed fault, and give the sealed answer.

    `number` is the merchant's number of the trade that the call is about; faults and the log of calls go by it.
    """
    fault = box.faults.for_call(channel, call, number) or scenarios.of_call(box, channel, call, number)
    if fault is None:
        plain = _take_effect(box, act)
        _log(box, channel, call, number, "", plain)
        return dialect.seal(plain)
    answer = await _disturbed(box, fault, channel, number, act)
    shown = dialect.refuse(fault.code) if fault.reply is Reply.REFUSE else answer
    _log(box, channel, call, number, fault.kind, shown)
    if fault.reply is Reply.CUT or shown is None:
        return CutResponse()
    if fault.reply is Reply.HTTP:
        return Response(f"<html><h1>{fault.status}</h1></html>", status_code=fault.status, media_type="text/html")
    return dialect.seal(shown, fault.reply)


async def _disturbed(box: Box, fault: Fault, channel: str, number: str, act: Callable[[], Answer]) -> Answer | None:
    answer = None
    if fault.effect is Effect.TWICE:
        _take_effect(box, act)
    if fault.effect in (Effect.FIRST, Effect.TWICE):
        answer = _take_effect(box, act)
    if fault.effect is Effect.UNDONE:
        answer = _pretend(box, fault, channel, number, act)
    if fault.wait_s > 0:
        await asyncio.sleep(fault.wait_s)
    if fault.effect is Effect.LAST:
        answer = _take_effect(box, act)
    if fault.reply is Reply.HTTP:  # for the log
        return Answer(status=fault.status, body=b"", content_type="text/html")
    return answer


def _take_effect(box: Box, act: Callable[[], Answer]) -> Answer:
    try:
        with box.store.transaction():
            answer = act()
    except Refusal as refusal:
        return refusal.answer
    box.wake.set()
    return answer


def _pretend(box: Box, fault: Fault, channel: str, number: str, act: Callable[[], Answer]) -> Answer:
    try:
        with box.store.transaction(keep=False):
            trade = box.books.trade(channel, number)
            if fault.stale and trade is not None:
                box.books.forget_success(trade)
            return act()
    except Refusal as refusal:
        return refusal.answer


def _log(box: Box, channel: str, call: str, number: str, fault: str, answer: Answer | None) -> None:
    box.store.run(
        "INSERT INTO call (at, channel, call, out_trade_no, fault, status, code) VALUES (?, ?, ?, ?, ?, ?, ?)",
        box.clock.now(), channel, call, number, fault, answer.status if answer else 0, answer.code if answer else "",
    )  # fmt: skip
