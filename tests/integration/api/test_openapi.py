"""The OpenAPI description and the server say the same; its pages need nothing from elsewhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from orders.api.problems import ALL_KINDS
from payhub.merchants.models import Merchant
from tests.integration.api.conftest import ROUTES, key_for

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
EXAMPLES = 8  # of each operation: some hundred requests in all


@pytest.fixture
def described(db: None) -> dict[str, Any]:
    """The description, as everybody gets it."""
    answer = Client().get("/api/schema/")
    assert answer.status_code == 200
    said: dict[str, Any] = json.loads(answer.content)
    return said


def test_every_route_and_method_is_described_and_no_other(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    wanted = {
        (re.sub(r"<number:(\w+)>", r"{\1}", f"/api/v1/{route.pattern}"), method)
        for route in ROUTES
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(route.callback.view_class, method)  # type: ignore[attr-defined]
    }
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == wanted


def test_every_operation_has_words_and_its_problems(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (path, method)
            assert {"401", "403", "429"} <= set(operation["responses"]), (path, method)
            if method == "post":
                assert any(p["name"] == "Idempotency-Key" and p["required"] for p in operation["parameters"]), path


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
def test_the_pages_load_nothing_from_elsewhere(path: str, db: None) -> None:
    answer = Client().get(path)
    page = answer.content.decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    scripts = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert scripts
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "default-src 'none'" in policy


def test_every_kind_of_problem_has_a_page(db: None) -> None:
    for code, kind in ALL_KINDS.items():
        assert kind.type.endswith(f"/api/problems/{code}")
        page = Client().get(f"/api/problems/{code}")
        assert page.status_code == 200
        assert code in page.content.decode()
    assert Client().get("/api/problems/none").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_wakes")
def test_whatever_is_asked_the_server_answers_as_described(
    live_server: Any, merchant: Merchant, things: dict[str, str]
) -> None:
    cache.clear()
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/schema/")
    secret = key_for(merchant)
    asked: dict[int, int] = {}
    operations: list[Any] = [*schema.get_all_operations()]
    for found in operations:
        _ask_much(found.ok(), things, secret, asked)
    assert sum(asked.values()) >= EXAMPLES * len(ROUTES)
    assert {200, 201, 404, 422} <= set(asked)
    assert not [status for status in asked if status >= 500]


def _ask_much(operation: Any, known: dict[str, str], secret: str, asked: dict[int, int]) -> None:
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        derandomize=True,
        database=None,
    )
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def ask(case: Any, is_known: bool) -> None:
        if is_known:  # one that there is, half of the time
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {secret}"}
        answer = case.call()
        asked[answer.status_code] = asked.get(answer.status_code, 0) + 1
        case.validate_response(answer, checks=CHECKS)

    ask()
