"""Messages with one byte changed."""

from __future__ import annotations

import base64
from collections.abc import Iterator


def each_byte_changed(message: bytes) -> Iterator[bytes]:
    """Yield `message` once for every byte, with that byte changed."""
    for at, byte in enumerate(message):
        yield message[:at] + bytes([byte ^ 0x01]) + message[at + 1 :]


def each_character_changed(text: str) -> Iterator[str]:
    """Yield ASCII `text` once for every character, with that character changed."""
    return (message.decode() for message in each_byte_changed(text.encode()))


def each_signature_byte_changed(signature: str) -> Iterator[str]:
    """Yield base64 `signature` once for every byte that it stands for, with that byte changed."""
    return (base64.b64encode(message).decode() for message in each_byte_changed(base64.b64decode(signature)))
