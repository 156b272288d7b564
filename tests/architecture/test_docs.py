"""The documents say what is so."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from orders.api.urls import routes as order_routes
from payhub.management.commands.invariants import page
from reconciliation.api.urls import routes as book_routes
from sandbox import scenarios
from tests.architecture.sources import ROOT, files


def test_the_example_of_the_environment_names_every_variable_that_is_read() -> None:
    read = set()
    for path in files("payhub"):
        read |= set(re.findall(r'env_(?:str|int|bool|list|database)\(\s*"([A-Z_]+)"', path.read_text()))
    for path in files("tests"):
        read |= set(re.findall(r'environ\.get\("(PAYHUB_[A-Z_]+)"', path.read_text()))
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    assert named == read


def test_the_page_about_invariants_is_what_the_apps_say() -> None:
    wanted = page()
    assert (ROOT / "docs" / "invariants.md").read_text() == wanted, (
        "run: python manage.py invariants > docs/invariants.md"
    )


def test_every_link_leads_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "sandbox").rglob("*.md")]
    broken = [
        f"{document.relative_to(ROOT)}: {link}"
        for document in documents
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text())
        if "://" not in link and not (document.parent / link).exists()
    ]
    assert not broken


def _example_of_a_signature() -> tuple[dict[str, str], Any]:
    """Return the worked vector of the merchants' page, by its rows, and the function that its Python defines."""
    text = (ROOT / "docs" / "merchant" / "README.md").read_text()
    rows = dict(re.findall(r"^\| ([a-z-]+) \| `(.+)` \|$", text, flags=re.MULTILINE))
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    defined: dict[str, Any] = {}
    exec(code, defined)  # noqa: S102 - our own page
    return rows, defined["is_genuine"]


def test_the_worked_signature_is_right_and_the_code_beside_it_believes_it_and_nothing_else() -> None:
    rows, is_genuine = _example_of_a_signature()
    secret, body, at = rows.pop("secret"), rows.pop("body").encode(), int(rows["webhook-timestamp"])
    assert Webhook(secret).sign(rows["webhook-id"], datetime.fromtimestamp(at, tz=UTC), body.decode()) in rows.values()
    assert is_genuine(secret, rows, body, now=at)
    assert is_genuine(
        secret, {**rows, "webhook-signature": f"v1,other {rows['webhook-signature']}"}, body, now=at + 299
    )
    assert not is_genuine(secret, rows, body + b" ", now=at)
    assert not is_genuine(secret, rows, body, now=at + 301)
    assert not is_genuine(secret, {**rows, "webhook-id": "msg_other"}, body, now=at)


def test_the_scenarios_that_merchants_read_of_are_those_of_the_sandbox() -> None:
    for name in ("merchant/testing.md", "sandbox.md"):
        text = (ROOT / "docs" / name).read_text()
        endings = {int(ending) for ending in re.findall(r"^\| (?:`128)?(7[0-9])`? \|", text, flags=re.MULTILINE)}
        assert endings == set(scenarios.NOTIFICATIONS) | {scenarios.SILENT}, name


def test_merchants_read_of_no_address_that_there_is_not() -> None:
    known = {re.sub(r"<number:(\w+)>", r"{\1}", f"/api/v1/{route.pattern}") for route in (*order_routes, *book_routes)}
    for document in sorted((ROOT / "docs" / "merchant").glob("*.md")):
        read = re.findall(r"(?:GET|POST|PATCH|DELETE) (/api/v1/[\w/{}-]+)", document.read_text())
        assert set(read) <= known, document.name


def test_every_folder_of_code_is_in_the_readme() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert not {folder for folder in folders if f"`{folder}/`" not in (ROOT / "README.md").read_text()}
