"""Stripe on the wire: forms with brackets in, JSON out, errors. Answers are not signed; TLS vouches for them."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from sandbox.answers import Answer, Refusal
from sandbox.faults import Reply

API_VERSION = "2026-10-28.endive"
JSON_TYPE = "application/json"

_PART = re.compile(r"[^\[\]]+")
_STATUS = {
    "api_error": 500,
    "rate_limit": 429,
    "lock_timeout": 429,
    "card_declined": 402,
    "idempotency_key_in_use": 409,
}
_TYPES = {500: "api_error", 402: "card_error"}


def decoded(text: str) -> dict[str, Any]:
    """This function will read a[b]=1&c[0][d]=2&e[]=3 as nested objects and lists."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        path = _PART.findall(name)
        if name.endswith("[]"):
            path.append(str(len(_inner(tree, path))))
        _inner(tree, path[:-1])[path[-1]] = value
    listed: dict[str, Any] = _with_lists(tree)
    return listed


def _inner(tree: dict[str, Any], path: list[str]) -> dict[str, Any]:
    for part in path:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise refuse(400, "Invalid parameters: one name is a value and an object.")
    return tree


def _with_lists(tree: dict[str, Any]) -> Any:
    inner = {name: _with_lists(value) if isinstance(value, dict) else value for name, value in tree.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def error(status: int, message: str, code: str = "", kind: str = "", **more: Any) -> Answer:
    """This function will give an error answer."""
    told = {"type": kind or _TYPES.get(status, "invalid_request_error"), "message": message}
    told |= ({"code": code} if code else {}) | more
    body = json.dumps({"error": told}).encode()
    return Answer(status=status, body=body, content_type=JSON_TYPE, code=code or told["type"])


def refuse(status: int, message: str, code: str = "", kind: str = "", **more: Any) -> Refusal:
    """This function will make the exception that answers with this error."""
    return Refusal(error(status, message, code, kind, **more))


def missing(kind: str, number: str) -> Refusal:
    """This function will make the refusal for an object that does not exist."""
    return refuse(404, f"No such {kind}: '{number}'", "resource_missing", param="id")


def success(thing: Mapping[str, Any]) -> Answer:
    """This function will give a 200 answer."""
    return Answer(status=200, body=json.dumps(thing).encode(), content_type=JSON_TYPE, code="OK")


def check_key(request: Request, secret_key: str) -> None:
    """This function will check the secret key, as a bearer or as a user without password; raise Refusal 401."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[0]
        except ValueError:
            given = ""
    if scheme.lower() not in ("bearer", "basic") or not secrets.compare_digest(given.encode(), secret_key.encode()):
        raise refuse(401, "Invalid API Key provided.")


class StripeDialect:
    """How Stripe says things. `keep` remembers what an idempotency key was answered."""

    def __init__(self, keep: Callable[[Answer], None]) -> None:
        self._keep = keep

    def refuse(self, code: str) -> Answer:
        """This function will give an error by its code; without one Stripe's own failure, which a key repeats too."""
        answer = error(_STATUS.get(code or "api_error", 400), "Armed in the sandbox.", code)
        if answer.status >= 500:
            self._keep(answer)
        return answer

    def seal(self, answer: Answer, signature: Reply = Reply.TRUE) -> Response:
        """This function will answer; there is no signature to damage."""
        headers = {"Content-Type": answer.content_type, "Request-Id": f"req_{secrets.token_hex(7)}"}
        headers["Stripe-Version"] = API_VERSION
        if answer.status in (409, 500):
            headers["Stripe-Should-Retry"] = "true"
        return Response(answer.body, answer.status, headers)
