"""Links to bills: handed out on request, good for half a minute."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.box import Box

LINK_LIFE_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link leads to."""

    channel: str
    day: str
    packing: str


def hand_out(box: Box, link: Link) -> str:
    """This function will give the token of a fresh link."""
    token = f"{box.numbers.next():032x}"
    box.store.run(
        "INSERT INTO bill_link (token, channel, day, packing, until) VALUES (?, ?, ?, ?, ?)",
        token, link.channel, link.day, link.packing, box.clock.now() + LINK_LIFE_S,
    )  # fmt: skip
    return token


def follow(box: Box, channel: str, token: str) -> Link | None:
    """This function will give what a token leads to, None when it is unknown or too old."""
    row = box.store.one(
        "SELECT * FROM bill_link WHERE channel = ? AND token = ? AND until >= ?", channel, token, box.clock.now()
    )
    return None if row is None else Link(channel=row["channel"], day=row["day"], packing=row["packing"])
