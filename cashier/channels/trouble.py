"""What an adapter raises inside itself when a call brought no good answer; it never leaves the adapter."""

from __future__ import annotations

from cashier.channels.base import Fact, Outcome


class Trouble(Exception):
    """The answer is missing, unreadable, not authentic, about something else, or an error of the channel."""

    def __init__(self, outcome: Outcome, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.outcome = outcome
        self.code = code
        self.message = message

    def fact(self, attempt_no: str, refund_no: str = "") -> Fact:
        """Return what the caller may know of this payment or refund."""
        return Fact(
            outcome=self.outcome, attempt_no=attempt_no, refund_no=refund_no, code=self.code, message=self.message
        )


def unknown(code: str, message: str = "") -> Trouble:
    """Make the usual trouble: nothing may be concluded."""
    return Trouble(Outcome.UNKNOWN, code, message)
