"""Log lines: one record is one line, whatever a message carries."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payhub.log_line import OneLine


def line(message: str, *, error: BaseException | None = None) -> str:
    told = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("payhub", logging.INFO, "here.py", 1, message, None, told)
    return OneLine("{levelname} {message}", style="{").format(record)


@given(st.text())
def test_nothing_can_begin_a_second_line_or_move_a_cursor(message: str) -> None:
    told = line(message)
    assert told.isprintable()
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("paid\nINFO forged", "INFO paid\\nINFO forged"),
        ("\r\x1b[2Jgone", "INFO \\r\\x1b[2Jgone"),
        ("\u2028\u202e", "INFO \\u2028\\u202e"),
        ("\ud800", "INFO \\ud800"),
        ("红包 ¥1.00", "INFO 红包 ¥1.00"),
    ],
)
def test_control_characters_are_shown_not_obeyed(message: str, told: str) -> None:
    assert line(message) == told


def test_a_traceback_is_one_line_too() -> None:
    told = line("failed", error=ValueError("first\nsecond"))
    assert "\n" not in told
    assert "ValueError: first\\nsecond" in told
