"""Reading requests: JSON in UTF-8, in one meaning only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

MAX_BYTES = 64 * 1024
MAX_DEPTH = 16


class TooLarge(APIException):
    """The request is larger than any that makes sense."""

    status_code = 413
    default_code = "too_large"


class StrictJson(BaseParser):
    """One JSON object. What two readers could understand differently is refused: names given twice, NaN, bad UTF-8."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object; raise ParseError, TooLarge, UnsupportedMediaType."""
        charset = [part for part in (media_type or "").lower().replace(" ", "").split(";") if "charset=" in part]
        if charset and charset != ["charset=utf-8"]:
            raise UnsupportedMediaType(media_type or "")
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge
        try:
            read = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
            json.dumps(read, ensure_ascii=False).encode("utf-8")  # refuses halves of surrogate pairs
        except (ValueError, RecursionError) as error:
            raise ParseError from error
        if not isinstance(read, dict) or _depth(read) > MAX_DEPTH:
            raise ParseError
        return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("A name was given twice.")
    return read


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON.")


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0
