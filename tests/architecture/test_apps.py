"""Who may know whom: the payment centre stands alone, and nothing crosses from app to app behind its back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib

import pytest
from django.apps import apps

from tests.architecture.sources import ROOT

APPS = ("cashier", "orders", "reconciliation")
GROUND = ("merchants", "trail", "outbox", "review", "auth")


def test_every_import_contract_is_kept() -> None:
    # A process of its own: in ours it would silence every logger that there is.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    told = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_no_relation_crosses_from_app_to_app() -> None:
    crossing = []
    for model in apps.get_models():
        own = model._meta.app_label
        if own not in APPS:
            continue
        for field in model._meta.get_fields():
            if field.auto_created or not field.is_relation or field.related_model is None:
                continue
            other = field.related_model._meta.app_label
            if other != own and other not in GROUND:
                crossing.append(f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}")
    assert not crossing


def test_the_ground_floor_points_at_none_of_the_apps() -> None:
    upward = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in GROUND
        for field in model._meta.get_fields()
        if field.is_relation
        and not field.auto_created
        and field.related_model is not None
        and field.related_model._meta.app_label in APPS
    ]
    assert not upward


@pytest.mark.parametrize("command", [["check"], ["migrate", "--plan"], ["states"]])
def test_the_payment_centre_runs_without_the_apps_above_it(command: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "manage.py", *command, "--settings=payhub.settings_cashier_only"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "payhub.settings_cashier_only"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "orders" not in ran.stdout


def test_the_payment_centre_never_says_orders() -> None:
    said = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("cashier", "templates/cashier")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix in {".py", ".html", ".js", ".css", ".md", ".txt"}
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"\borders\b", line)
    ]
    assert not said


def test_the_contract_about_adapters_names_every_adapter() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (named,) = (set(contract["modules"]) for contract in contracts if contract["type"] == "independence")
    adapters = {path.parent.name for path in (ROOT / "cashier" / "channels").glob("*/__init__.py")}
    assert named == {f"cashier.channels.{adapter}" for adapter in adapters}
