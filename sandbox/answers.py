"""What a channel answers, before it is signed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of a channel. `code` is for the log of calls."""

    status: int
    body: bytes
    content_type: str
    code: str = ""
    signed: bool = True
    location: str = ""  #: Where a redirect leads.


class Refusal(Exception):
    """The channel refuses a call with this answer; nothing was changed by it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer
