"""Everything that the shop's side refuses. The docstring is the sentence that people read; `code` never changes."""

from __future__ import annotations

import inspect
from typing import ClassVar

from django.utils.translation import gettext


class OrdersError(Exception):
    """This was refused. Nothing was changed; look at the order and decide anew."""

    code: ClassVar[str] = "order_refused"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or inspect.cleandoc(self.__doc__ or ""))

    def __str__(self) -> str:
        """The sentence in the reader's language."""
        return gettext(super().__str__())


class OrderNotFound(OrdersError):
    """We cannot find this order. Nothing was ordered or charged; check its number."""

    code = "order_not_found"


class NothingOrdered(OrdersError):
    """An order needs one good at least, each 1 to 99 times. Nothing was ordered; choose again."""

    code = "nothing_ordered"


class OrderNotPaid(OrdersError):
    """Only a paid order can be sent. Nothing was changed; wait until the payment is confirmed."""

    code = "order_not_paid"


class AlreadyOrdered(OrdersError):
    """You may have ordered this already. Nothing new was ordered; look at the earlier order first."""

    code = "already_ordered"

    def __init__(self, order_no: str = "", token: str = "") -> None:
        super().__init__()
        self.order_no = order_no  #: The earlier order.
        self.token = token


class TooLateToCancel(OrdersError):
    """The order was paid before it could be cancelled. The shop has your money; ask the shop to return it."""

    code = "too_late_to_cancel"


class ComplaintNotFound(OrdersError):
    """We cannot find this case. Nothing was changed; check its number."""

    code = "complaint_not_found"


class ComplaintEnded(OrdersError):
    """This case has moved on, so this can no longer be done with it. Nothing was changed; look at it anew."""

    code = "complaint_ended"


class FileRefused(OrdersError):
    """A file was not taken: only PNG, JPEG and PDF, up to 5 MB each, five in all. Nothing was sent; choose others."""

    code = "file_refused"


class NothingWritten(OrdersError):
    """There was nothing to send. Nothing was changed; write what happened, then send it."""

    code = "nothing_written"


class StatementGiven(OrdersError):
    """This statement was given already and cannot be changed. To add to it, ask who sent you the link for another."""

    code = "statement_given"


class ReasonMissing(OrdersError):
    """A reason of at least ten characters is needed. Nothing was changed; say why, for whoever reads it later."""

    code = "reason_missing"


class NothingReceived(OrdersError):
    """The channel has not confirmed money for this. Nothing was decided; ask the channel first, then decide by its word."""

    code = "nothing_received"


class CannotMerge(OrdersError):
    """This case cannot be merged into that one. Nothing was changed; give the number of another open case of the same merchant."""

    code = "cannot_merge"


class NotYourProposal(OrdersError):
    """Whoever proposed it cannot decide about it. Nothing was changed; ask a colleague."""

    code = "not_your_proposal"
