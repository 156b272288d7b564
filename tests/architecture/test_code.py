"""The house rules that a syntax tree can see."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from tests.architecture.sources import PRODUCT, ROOT, files, nodes, parsed, where

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
SAY_NOTHING = {"common", "helper", "helpers", "misc", "util", "utils"}
EVERYTHING = (*PRODUCT, "sandbox", "dev", "tests")


def calls(name: str, *folders: str) -> list[tuple[Path, ast.Call]]:
    """Return every call of a method or function of this name."""
    return [
        (path, node)
        for path, node in nodes(ast.Call, *folders)
        if isinstance(node, ast.Call) and name in {getattr(node.func, "attr", ""), getattr(node.func, "id", "")}
    ]


def is_evaluated(function: ast.AST, lock: ast.AST) -> bool:
    """Tell whether the lock ends in a call that runs its query; follows it through names that it is given."""
    parents = {child: parent for parent in ast.walk(function) for child in ast.iter_child_nodes(parent)}

    def runs(node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return getattr(node.func, "attr", "") in {"get", "first"} or getattr(node.func, "id", "") == "list"
        return isinstance(node, ast.For | ast.comprehension)

    node = lock
    while node in parents:
        node = parents[node]
        if runs(node):
            return True
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            uses = [use for use in ast.walk(function) if isinstance(use, ast.Name) and use.id == name]
            return any(is_evaluated(function, use) for use in uses if isinstance(use.ctx, ast.Load))
    return False


def test_rows_are_locked_in_files_named_locks_only() -> None:
    elsewhere = [where(path, node) for path, node in calls("select_for_update", *PRODUCT) if path.name != "locks.py"]
    assert not elsewhere


def test_every_lock_runs_its_query() -> None:
    idle = []
    for path in (path for path in files(*PRODUCT) if path.name == "locks.py"):
        for function in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef)):
            locks = [
                n for n in ast.walk(function) if getattr(getattr(n, "func", None), "attr", "") == "select_for_update"
            ]
            idle += [where(path, lock) for lock in locks if not is_evaluated(function, lock)]
    assert not idle


@pytest.mark.parametrize(
    ("code", "locks"),
    [
        ("def f():\n    Row.objects.select_for_update().filter(pk=1)", False),
        ("def f():\n    return Row.objects.select_for_update().filter(pk=1)", False),
        ("def f():\n    rows = Row.objects.select_for_update()\n    return rows.filter(pk=1)", False),
        ("def f():\n    return Row.objects.select_for_update().filter(pk=1).get()", True),
        ("def f():\n    rows = Row.objects.select_for_update()\n    return list(rows.order_by('id')[:9])", True),
    ],
)
def test_a_lock_that_locks_nothing_would_be_seen(code: str, locks: bool) -> None:
    (function,) = ast.parse(dedent(code)).body
    (lock,) = (n for n in ast.walk(function) if getattr(getattr(n, "func", None), "attr", "") == "select_for_update")
    assert is_evaluated(function, lock) is locks


def test_no_file_is_long() -> None:
    long = [path.name for path in files(*EVERYTHING) if len(path.read_text().splitlines()) > MAX_FILE_LINES]
    assert not long


def test_no_function_is_long() -> None:
    long = [
        where(path, node)
        for path, node in nodes(ast.FunctionDef, *EVERYTHING)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert not long


def test_every_name_of_a_file_or_folder_says_something() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in files(*EVERYTHING) if SAY_NOTHING & {*path.parent.parts, path.stem}
    ]
    assert not silent


def test_every_module_says_what_it_is() -> None:
    written = (path for path in files(*PRODUCT) if parsed(path).body)
    assert not [str(path.relative_to(ROOT)) for path in written if not ast.get_docstring(parsed(path))]


@pytest.mark.parametrize("name", ["delay", "apply_async", "send_task", "delay_on_commit"])
def test_only_one_file_wakes_workers(name: str) -> None:
    elsewhere = [where(path, node) for path, node in calls(name, *PRODUCT) if path != ROOT / "payhub" / "tasks.py"]
    assert not elsewhere


@pytest.mark.parametrize("name", ["refresh_from_db", "receiver"])
def test_nobody_calls_what_hides_things(name: str) -> None:
    assert not [where(path, node) for path, node in calls(name, *PRODUCT)]


def is_of_models(path: Path) -> bool:
    """Tell whether the file holds models."""
    return "models" in {path.stem, path.parent.name}


def test_no_model_works_in_save() -> None:
    working = [
        where(path, node)
        for path, node in nodes(ast.FunctionDef, *PRODUCT)
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"} and is_of_models(path)
    ]
    assert not working


def test_only_services_and_commands_open_transactions() -> None:
    """Views, tasks and models call a service, which says what is committed together."""
    openers = {path.relative_to(ROOT).as_posix() for path, _ in calls("committed", *PRODUCT)}
    allowed = {
        path
        for path in openers
        if "/services/" in path or "/management/" in path or path in {"payhub/outbox/deliver.py", "cashier/public.py"}
    }
    assert openers == allowed


def test_every_celery_task_has_a_name_and_takes_no_data() -> None:
    for path, node in nodes(ast.FunctionDef, *PRODUCT):
        assert isinstance(node, ast.FunctionDef)
        task = [mark for mark in node.decorator_list if "shared_task" in ast.dump(mark)]
        if not task:
            continue
        assert isinstance(task[0], ast.Call), where(path, node)
        assert any(keyword.arg == "name" for keyword in task[0].keywords), where(path, node)
        taken = {
            argument.annotation.id for argument in node.args.kwonlyargs if isinstance(argument.annotation, ast.Name)
        }
        assert taken <= {"int", "str"}, where(path, node)
        assert not node.args.args, where(path, node)
