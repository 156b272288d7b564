"""Whatever adapters and the books refuse can be said in Chinese, with what it says of numbers and names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from reconciliation.sentences import SENTENCES, in_words

ROOT = Path(__file__).resolve().parents[2]
REFUSALS = {"BillUnusable", "BillNotReady", "UnreadableRow", "UnreadableLine", "FileRefused", "BillNotFound"}


def refusals() -> Iterator[str]:
    """Every sentence that is given to a refusal in the code, with `7` for each value in it."""
    for file in [*(ROOT / "cashier" / "channels").rglob("bill*.py"), *(ROOT / "reconciliation").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and {n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)} & REFUSALS:
                for given in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    if text := _sample(given):
                        yield text


def _sample(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)


def test_every_refusal_is_known_and_said_in_chinese() -> None:
    found = set(refusals())
    assert "The bill did not come: HTTP 7." in found
    assert len(found) > 40
    with translation.override("zh-hans"):
        assert [text for text in found if in_words(text) == text] == []


def test_every_sentence_is_told_from_the_others() -> None:
    for sentence in SENTENCES:
        names = {name: f"[{name}]" for name in ("account", "at", "bill", "bytes", "cells", "code", "count", "day", "error",
                 "kind", "megabytes", "name", "row", "rows", "said", "who", "why", "width", "word")}  # fmt: skip
        with translation.override("zh-hans"):
            assert in_words(sentence % names) == translation.gettext(sentence) % names


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_refusal_inside_another_is_said_in_the_same_language(language: str) -> None:
    text = (
        "No line of the bill can be read. Line 2: It has 3 cells where the bill has 27 columns. "
        "Nothing was changed; get the file from the channel again."
    )
    chinese = (
        "账单中没有一行可以读取。第 2 行：这一行有 3 个单元格，而账单有 27 列。未作任何改动，请从渠道重新获取文件。"
    )
    with translation.override(language):
        assert in_words(text) == (chinese if language == "zh-hans" else text)


def test_what_the_channel_says_itself_stays_as_it_is() -> None:
    with translation.override("zh-hans"):
        assert in_words("REFUND ORDERS 7") == "REFUND ORDERS 7"
        assert in_words("") == ""
