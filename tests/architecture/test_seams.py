"""The seams that make payhub provable, and what stands at them."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from importlib import import_module
from importlib.util import find_spec

import pytest
from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.utils.module_loading import import_string

from payhub.db import OpenTransaction, committed
from payhub.http import outgoing
from payhub.outbox.consumer import Consumer
from payhub.trail.words import ACTIONS
from tests.architecture.sources import PRODUCT, nodes, where


@pytest.mark.django_db
def test_nothing_can_be_called_while_a_transaction_is_open() -> None:
    with committed(), pytest.raises(OpenTransaction):
        outgoing().send("GET", "http://127.0.0.1:1/", headers={}, timeout_s=1)


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_every_error_is_a_sentence_with_a_code_of_its_own() -> None:
    codes: Counter[str] = Counter()
    for app in PRODUCT:
        if find_spec(app) is None or find_spec(f"{app}.errors") is None:
            continue
        for _, error in inspect.getmembers(import_module(f"{app}.errors"), inspect.isclass):
            if not issubclass(error, Exception):
                continue
            said = inspect.cleandoc(error.__doc__ or "")
            assert said.endswith("."), error
            assert str(error()) == said, error
            assert "code" in vars(error), error
            codes[vars(error)["code"]] += 1
    assert codes
    assert not [code for code, times in codes.items() if times > 1]


def _literal_actions() -> set[str]:
    """Every action that code writes into the trail as a literal, wherever `record` or a teller of it is called."""
    found = set()
    for _, node in nodes(ast.Call, *PRODUCT):
        assert isinstance(node, ast.Call)
        if getattr(node.func, "id", "") not in {"record", "_tell"}:
            continue
        said = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "action")]
        literals = [part for value in said for part in ast.walk(value) if isinstance(part, ast.Constant)]
        found |= {part.value for part in literals if isinstance(part.value, str) and "." in part.value}
    return {action for action in found if re.fullmatch(r"[a-z]+\.[a-z_]+", action)}


def test_every_action_in_the_trail_has_words() -> None:
    verdicts = import_string("cashier.states.Verdict")
    computed = {f"attempt.{verdict.lower()}" for verdict in verdicts if verdict not in {"STILL_OPEN", "NOT_OURS"}}
    of_refunds = {"attempt.returns", "attempt.refuses_return"}
    assert (_literal_actions() | computed) - of_refunds <= set(ACTIONS)


def test_every_consumer_and_every_scheduled_task_is_there() -> None:
    for path in settings.OUTBOX_CONSUMERS.values():
        assert isinstance(import_string(path), Consumer)
    for app in PRODUCT:
        if find_spec(app) is not None and find_spec(f"{app}.tasks") is not None:
            import_module(f"{app}.tasks")
    import_module("payhub.outbox.tasks")
    import_module("payhub.dashboard.tasks")
    assert {task for task, _ in settings.PAYHUB_BEAT} <= set(current_app.tasks)


def test_nothing_is_pickled() -> None:
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert "json" in str(settings.CACHES["default"]["OPTIONS"])
    pickled = [
        where(path, node)
        for path, node in nodes(ast.Import, *PRODUCT)
        if isinstance(node, ast.Import) and any(name.name == "pickle" for name in node.names)
    ]
    assert not pickled


def test_only_what_channels_send_goes_without_a_csrf_token() -> None:
    """Notifications, which are signed, and the shopper sent back by the channel, which proves and changes nothing."""
    exempt = [
        where(path, node)
        for path, node in nodes(ast.FunctionDef, *PRODUCT)
        if isinstance(node, ast.FunctionDef)
        and any(getattr(mark, "id", "") == "csrf_exempt" for mark in node.decorator_list)
    ]
    assert [place.split(":")[0] for place in exempt] == ["cashier/web/channel_door.py", "cashier/web/notify.py"]
