"""Every line of the counter's acceptance list has tests; their docstrings say which line they are of."""

from __future__ import annotations

import re

from tests.architecture.sources import ROOT

# 1 one attempt however one clicks · 2 Back shows no form · 3 two tabs, two channels · 4 every state readable by everybody
# 5 a change is told once · 6 polling · 7 no false "no money was taken" · 8 ways out of unknown · 9 paid meanwhile
# 14 a late success moves nothing back · 16 by keyboard alone. The others are of the desk, the portal and the API.
OF_THE_COUNTER = {1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 16}


def test_every_line_of_the_counter_is_tested() -> None:
    found: set[int] = set()
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for numbers in re.findall(r'"""Acceptance ((?:\d+(?:, | and )?)+)', path.read_text()):
            found |= {int(number) for number in re.findall(r"\d+", numbers)}
    assert found >= OF_THE_COUNTER, OF_THE_COUNTER - found
