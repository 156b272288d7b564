"""The documents say what is so."""

from __future__ import annotations

import re

from payhub.management.commands.invariants import page
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


def test_every_folder_of_code_is_in_the_readme() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert not {folder for folder in folders if f"`{folder}/`" not in (ROOT / "README.md").read_text()}
