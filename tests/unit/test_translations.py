"""Chinese is complete: every sentence of templates and code is translated, and the compiled file is the current one."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
APPS = ("payhub", "cashier", "orders", "reconciliation")
CALLS = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "_"}
CONTEXT_END = "\x04"  # between context and sentence in a compiled file

_FIELD = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?) ((?:"(?:[^"\\]|\\.)*"\s*)+)')
_PLACE = re.compile(r"%\((\w+)\)s|\{(\w)\}")


def entries() -> Iterator[dict[str, str]]:
    """Read the .po file: one dict of fields for each sentence."""
    text = (FOLDER / "django.po").read_text()
    for block in text.split("\n\n"):
        lines = "\n".join(line for line in block.splitlines() if not line.startswith("#"))
        fields = {name: "".join(map(ast.literal_eval, re.findall(r'"(?:[^"\\]|\\.)*"', quoted)))
                  for name, quoted in _FIELD.findall(lines)}  # fmt: skip
        if fields.get("msgid"):
            yield fields


def key_of(fields: dict[str, str]) -> str:
    return fields.get("msgctxt", "") + (CONTEXT_END if "msgctxt" in fields else "") + fields["msgid"]


def translation_of(fields: dict[str, str]) -> str:
    return fields.get("msgstr") or fields.get("msgstr[0]", "")


def sentences(source: str) -> Iterator[str]:
    """Give the key of every sentence that the Python source hands to gettext."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name not in CALLS or not texts:
            continue
        yield CONTEXT_END.join(texts[:2]) if name.startswith("pgettext") else texts[0]


def used() -> Iterator[tuple[str, str]]:
    """Give (file, key) for every sentence of the project."""
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in file.parts:
                yield from ((str(file.relative_to(ROOT)), key) for key in sentences(file.read_text()))
    for file in sorted((ROOT / "templates").rglob("*.html")):
        calls = re.findall(
            r"\b(?:_|n?gettext|n?pgettext)\(.*?\)(?=\s|$|[^'\"\w])", templatize(file.read_text()), re.DOTALL
        )
        for call in calls:
            source = call.replace("%%", "%")
            yield from ((str(file.relative_to(ROOT)), key) for key in sentences(f"{source.strip()}\n"))


def test_every_sentence_is_translated() -> None:
    known = {key_of(fields) for fields in entries() if translation_of(fields)}
    missing = sorted({(file, key) for file, key in used() if key not in known})
    assert not missing, f"Add these to {FOLDER.relative_to(ROOT)}/django.po: {missing}"


def test_the_search_for_sentences_finds_them() -> None:
    keys = {key for _, key in used()}
    assert {"No money was taken.", "Pay %(amount)s", "We do not know the result yet"} <= keys


def test_no_sentence_is_translated_twice() -> None:
    """As a merge of two branches leaves it; gettext's tools refuse such a file."""
    keys = [key_of(fields) for fields in entries()]
    assert sorted(keys) == sorted(set(keys))


def test_every_translation_fills_the_same_places() -> None:
    for fields in entries():
        wanted = set(_PLACE.findall(fields.get("msgid_plural", fields["msgid"])))
        assert set(_PLACE.findall(translation_of(fields))) == wanted, fields["msgid"]


def test_the_compiled_file_says_what_the_source_says() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        catalog = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    compiled = {key if isinstance(key, str) else key[0]: text for key, text in catalog.items() if key}
    assert compiled == {key_of(fields): translation_of(fields) for fields in entries()}, "Run compilemessages."


def test_nothing_is_left_unsure() -> None:
    assert "fuzzy" not in (FOLDER / "django.po").read_text()


def test_the_promise_that_no_money_moved_stands_in_one_place_and_is_guarded() -> None:
    """Acceptance 7: said where it is proved, and nowhere else."""
    promises = [file for file in (ROOT / "templates").rglob("*.html") if "No money was taken" in file.read_text()]
    assert [file.name for file in promises] == ["no_money.html"]
    assert "{% if state.no_money_taken %}<strong>" in promises[0].read_text()
