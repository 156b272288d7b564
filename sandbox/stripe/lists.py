"""Stripe's lists: newest first, page by page, by time of creation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.stripe import wire

_COMPARE = {
    "gt": lambda created, limit: created > limit,
    "gte": lambda created, limit: created >= limit,
    "lt": lambda created, limit: created < limit,
    "lte": lambda created, limit: created <= limit,
}


def page(url: str, things: list[dict[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """This function will give one page of a list; raise Refusal when it is asked for wrongly."""
    things = [thing for thing in things if _in_time(thing["created"], asked.get("created"))]
    things.sort(key=lambda thing: thing["created"], reverse=True)
    limit = _number(asked.get("limit", "10"))
    if not 1 <= limit <= 100:
        raise wire.refuse(400, "limit must be 1 to 100", param="limit")
    if asked.get("starting_after"):
        things = things[_place(things, asked["starting_after"]) + 1 :]
        shown, rest = things[:limit], things[limit:]
    elif asked.get("ending_before"):
        things = things[: _place(things, asked["ending_before"])]
        shown, rest = things[-limit:], things[:-limit]
    else:
        shown, rest = things[:limit], things[limit:]
    return {"object": "list", "data": shown, "has_more": bool(rest), "url": url}


def _place(things: list[dict[str, Any]], number: str) -> int:
    for place, thing in enumerate(things):
        if thing["id"] == number:
            return place
    raise wire.missing("object", number)


def _in_time(created: int, asked: Any) -> bool:
    if asked is None:
        return True
    limits = asked if isinstance(asked, dict) else {"gte": asked, "lte": asked}
    return all(_COMPARE[name](created, _number(limit)) for name, limit in limits.items() if name in _COMPARE)


def _number(text: Any) -> int:
    if not str(text).isdecimal():
        raise wire.refuse(400, f"Invalid integer: {text}")
    return int(text)
