"""Yuan text with two decimals to fen and back. Amounts are integers of minor units everywhere else."""

from __future__ import annotations

import re

_YUAN = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)


def fen(yuan: str) -> int:
    """This function will read "12.3" as 1230 fen; raise ValueError for anything but up to two decimals."""
    found = _YUAN.fullmatch(yuan)
    if found is None:
        raise ValueError("An amount is digits, and at most two decimals.")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def yuan(fen_amount: int) -> str:
    """This function will write 1230 fen as "12.30", a negative amount with a leading minus."""
    sign, amount = ("-", -fen_amount) if fen_amount < 0 else ("", fen_amount)
    return f"{sign}{amount // 100}.{amount % 100:02d}"
