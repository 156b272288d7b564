"""The JSON API for tests: addresses to the methods of Control."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import due, till
from sandbox.box import Box
from sandbox.control.control import Body, Control, Unusable
from sandbox.faults import NotArmed

Act = Callable[[Body], Awaitable[Any]]


def routes(box: Box, control: Control) -> list[Route]:
    """This function will give every address of the control API."""
    table: list[tuple[str, str, Act]] = [
        ("GET", "/trades", control.trades),
        ("GET", "/trades/{channel}/{number}", control.trade),
        ("POST", "/trades/{channel}/{number}/scan", control.scan),
        ("POST", "/trades/{channel}/{number}/pay", control.pay),
        ("POST", "/trades/{channel}/{number}/decline", control.decline),
        ("POST", "/trades/{channel}/{number}/second-payment", control.second_payment),
        ("POST", "/trades/{channel}/{number}/expire", control.expire),
        ("POST", "/refunds/{channel}/{number}/settle", control.settle_refund),
        ("GET", "/payouts", control.payouts),
        ("POST", "/payouts/{number}/fail", control.fail_payout),
        ("GET", "/books", control.books),
        ("GET", "/calls", control.calls),
        ("GET", "/notifications", control.notifications),
        ("POST", "/notifications", control.notify),
        ("POST", "/notifications/{id:int}/resend", control.resend),
        ("GET", "/faults", control.faults),
        ("POST", "/faults", control.arm),
        ("DELETE", "/faults", control.disarm),
        ("DELETE", "/faults/{id:int}", control.disarm),
        ("GET", "/bills/{channel}/{day}", control.bill),
        ("GET", "/bill-faults", control.bill_faults),
        ("POST", "/bill-faults", control.spoil_bill),
        ("DELETE", "/bill-faults", control.mend_bill),
        ("DELETE", "/bill-faults/{id:int}", control.mend_bill),
        ("GET", "/clock", control.clock),
        ("POST", "/clock", control.set_clock),
        ("GET", "/settings", control.settings),
        ("POST", "/settings", control.change_settings),
        ("POST", "/reset", control.reset),
        ("GET", "/health", control.health),
    ]
    return [Route("/_sandbox/api" + path, _endpoint(box, act), methods=[method]) for method, path, act in table]


def _endpoint(box: Box, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        due.pass_time(box)
        try:
            result = await act(await _asked(request))
        except (Unusable, NotArmed, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        except KeyError as error:
            return JSONResponse({"error": f"Unknown or missing name: {error}."}, 400)
        except LookupError as error:
            return JSONResponse({"error": str(error)}, 404)
        except till.NotPayable as error:
            return JSONResponse({"error": str(error), "kind": type(error).__name__}, 409)
        box.wake.set()
        return JSONResponse(result)

    return answer


async def _asked(request: Request) -> Body:
    text = await request.body()
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Unusable("The body must be a JSON object.")
    return dict(request.query_params) | body | request.path_params
