"""The numbers that we give out, and every other random thing.

A number is a letter for its kind, the day (YYMMDD, UTC), what it wants to tell (channel and method, for attempts),
random characters and a check character (ISO 7064 MOD 37-2), all of `[0-9A-Z]`, at most 24 long: every channel
accepts that as out_trade_no, out_refund_no or orderId (WeChat Pay 6-32, UnionPay 8-32 letters and digits).
"""

from __future__ import annotations

import secrets  # noqa: TID251 - the one source of randomness
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RANDOM_LENGTH = 14  # 36**14 is above 2**72: guessing or colliding is not a worry, and a constraint guards it

_draw: Callable[[int], int] = secrets.randbelow


@contextmanager
def replaced_by(draw: Callable[[int], int]) -> Iterator[None]:
    """Draw from `draw(n) -> 0..n-1` inside the block, in every thread. For the simulation only."""
    global _draw  # noqa: PLW0603 - the seam itself
    before, _draw = _draw, draw
    try:
        yield
    finally:
        _draw = before


def random_text(length: int) -> str:
    """Return `length` random characters of `[0-9A-Z]`, about 5.17 bits each."""
    return "".join(_ALPHABET[_draw(36)] for _ in range(length))


def token() -> str:
    """Return an unguessable address part of 32 characters (165 bits)."""
    return random_text(32).lower()


def nonce() -> str:
    """Return a one-time value of 32 characters for a signed message."""
    return random_text(32)


def fraction() -> float:
    """Return a random fraction in [0, 1), for jitter."""
    return _draw(1_000_000) / 1_000_000


def check_character(body: str) -> str:
    """Return the ISO 7064 MOD 37-2 check character of `body`: of `[0-9A-Z]`, or "*", which we give to no number.

    Its relative MOD 37,36 never needs the "*", but lets one swap of neighbours in 630 pass.
    """
    remainder = 0
    for character in body:
        remainder = (remainder + _ALPHABET.index(character)) * 2 % 37
    return f"{_ALPHABET}*"[(38 - remainder) % 37]


def is_well_formed(number: str) -> bool:
    """Tell whether the check character fits: no single mistyped character and no swap of neighbours does."""
    if len(number) < 2 or any(character not in _ALPHABET for character in number):
        return False
    return check_character(number[:-1]) == number[-1]


def _number(prefix: str, at: datetime, tells: str = "", *, length: int = _RANDOM_LENGTH) -> str:
    start = f"{prefix}{at.astimezone(UTC):%y%m%d}{tells}"
    while (check := check_character(body := start + random_text(length))) == "*":
        pass  # channels take letters and digits only: draw again
    return body + check


def payment_no(at: datetime) -> str:
    """Return a new payment number (支付订单号)."""
    return _number("P", at)


def attempt_no(at: datetime, channel_letter: str, method_letter: str) -> str:
    """Return a new attempt number (支付流水号), the channel's out_trade_no; it says channel and method."""
    return _number("A", at, channel_letter + method_letter)


def refund_no(at: datetime) -> str:
    """Return a new refund number (退款单号), the channel's out_refund_no."""
    return _number("R", at)


def order_no(at: datetime) -> str:
    """Return a new product order number (商品订单号)."""
    return _number("O", at)


def endpoint_no(at: datetime) -> str:
    """Return a new number of a webhook endpoint."""
    return _number("W", at)


def delivery_no(at: datetime) -> str:
    """Return a new number of a webhook delivery."""
    return _number("D", at)


def export_no(at: datetime) -> str:
    """Return a new number of an export."""
    return _number("X", at)


def secret_bytes(length: int) -> bytes:
    """Return `length` random bytes for a secret."""
    return bytes(_draw(256) for _ in range(length))


def event_id(at: datetime) -> str:
    """Return a new event id."""
    return _number("E", at)


def complaint_no(at: datetime) -> str:
    """Return a new complaint number (申诉编号): short, for it is read out on the telephone; a constraint guards it."""
    return _number("D", at, length=6)
