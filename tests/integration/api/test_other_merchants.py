"""Another merchant's things are as unknown as none: every route, every method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern
from django.urls.converters import get_converters

from payhub.api.view import ApiView
from tests.integration.api.conftest import ROUTES, Program, new_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]
METHODS = ("get", "post", "put", "patch", "delete")


def methods_of(route: URLPattern) -> list[str]:
    return [method for method in METHODS if hasattr(route.callback.view_class, method)]  # type: ignore[attr-defined]


def addresses(things: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Give every method and address of the API that names a thing; a new kind of thing must be added above."""
    for route in ROUTES:
        names = route.pattern.converters
        if names:
            path = "/" + str(route.pattern)
            for name in names:
                path = path.replace(f"<number:{name}>", things[name])
            yield from ((method, path) for method in methods_of(route))


def test_every_route_says_that_another_merchants_things_are_not_there(
    program: Program, stranger: Program, things: dict[str, str]
) -> None:
    before = program.get(f"/orders/{things['order_no']}").said
    tried = list(addresses(things))
    unknown_things = dict.fromkeys(things, "none")
    assert len(tried) >= 20
    for (method, path), (_, nowhere) in zip(tried, addresses(unknown_things), strict=True):
        answer = stranger.call(method.upper(), path, {} if method != "get" else None)
        assert answer.status_code == 404, (method, path)
        unknown = stranger.call(method.upper(), nowhere, {} if method != "get" else None)
        assert {**answer.said, "request_id": ""} == {**unknown.said, "request_id": ""}, (method, path)
        if method == "get":
            assert program.call("GET", path).status_code == 200, path
    assert program.get(f"/orders/{things['order_no']}").said == before


def test_no_list_shows_another_merchants_things(program: Program, stranger: Program, things: dict[str, str]) -> None:
    lists = ["/" + str(route.pattern) for route in ROUTES if not route.pattern.converters]
    for path in lists:
        answer = stranger.get(path)
        assert answer.said["data"] == [], path
        for number in things.values():
            assert stranger.get(path, after=number).said["data"] == [], path


def test_no_post_takes_another_merchants_number(stranger: Program, things: dict[str, str]) -> None:
    said: dict[str, Any] = {"merchant_refund_no": "r9", "amount_minor": 1, "currency": "CNY"}
    assert stranger.post("/refunds", {**said, "order_no": things["order_no"]}).status_code == 404
    case = {"order_no": things["order_no"], "kind": "lost", "text": "Where is it?"}
    assert stranger.post("/complaints", case).status_code == 404
    theirs = stranger.post("/orders", new_order(merchant_order_no=things["merchant_order_no"]))
    assert theirs.said["order_no"] != things["order_no"]


def test_every_route_stands_on_the_view_that_checks_keys() -> None:
    assert "number" in get_converters()
    for route in ROUTES:
        assert issubclass(route.callback.view_class, ApiView), route  # type: ignore[attr-defined]
