"""JSON as a signed message must be read: one meaning only. Two members of one name are refused, and so is NaN."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

_SPACE = re.compile(r"[ \t\r\n]*")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name occurs twice in one object.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def read_object(body: bytes | str) -> dict[str, Any]:
    """Read one JSON object in UTF-8; raise ValueError for everything else, double names and deep nesting included."""
    try:
        value = _DECODER.decode(body if isinstance(body, str) else body.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("Nested too deep.") from error
    if not isinstance(value, dict):
        raise ValueError("Not an object.")  # noqa: TRY004 - the text is wrong, not the caller's type
    return value


def raw_members(text: str) -> dict[str, str]:
    """Return each member of a JSON object as the exact text of its value, for signatures over such a text.

    Raises ValueError when `text` is not one non-empty object, or when a name occurs twice.
    """
    found: dict[str, str] = {}
    at = _past(text, 0, "{")
    try:
        while True:
            name, at = _DECODER.raw_decode(text, at)
            at = _past(text, at, ":")
            _, end = _DECODER.raw_decode(text, at)
            if not isinstance(name, str) or name in found:
                raise ValueError("A name occurs twice in one object.")
            found[name] = text[at:end]
            at = _skip(text, end)
            if text.startswith("}", at):
                break
            at = _past(text, at, ",")
    except RecursionError as error:
        raise ValueError("Nested too deep.") from error
    if _skip(text, at + 1) != len(text):
        raise ValueError("Something follows the object.")
    return found


def text_of(data: dict[str, Any], name: str) -> str:
    """Return the member `name` when it is a string, else an empty one."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _past(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if not text.startswith(mark, at):
        raise ValueError(f"{mark!r} expected.")
    return _skip(text, at + 1)
