"""Everything that the books refuse. The docstring is the sentence that people read; `code` never changes."""

from __future__ import annotations

import inspect
from typing import ClassVar

from reconciliation.sentences import in_words


class BooksError(Exception):
    """The books refused this."""

    code: ClassVar[str] = "books_refused"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or inspect.cleandoc(self.__doc__ or ""))

    def __str__(self) -> str:
        """The sentence in the reader's language."""
        return in_words(super().__str__())


class BillNotFound(BooksError):
    """There is no such account or day. Nothing was changed; look at the list of bills."""

    code = "bill_not_found"


class RunUnderWay(BooksError):
    """Somebody runs this day already. Nothing was started; watch that run."""

    code = "run_under_way"


class BillClosed(BooksError):
    """This day is closed and does not change any more. Nothing was changed."""

    code = "bill_closed"


class FileKnown(BooksError):
    """This very file is here already. Nothing was changed; look at the day's run."""

    code = "file_known"


class FileRefused(BooksError):
    """This file cannot be taken. Nothing was changed; get it from the channel again."""

    code = "file_refused"


class NotYourDecision(BooksError):
    """A second person has to decide this. Nothing was booked; ask a colleague."""

    code = "not_your_difference"


class NotToDecide(BooksError):
    """This is no longer waiting for a decision. Nothing was booked; look at what became of it."""

    code = "not_to_decide"


class ReasonMissing(BooksError):
    """A decision needs a reason. Nothing was booked; write why."""

    code = "reason_missing"
