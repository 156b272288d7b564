"""Everything that the payment centre refuses. The docstring is the sentence that people read; `code` never changes."""

from __future__ import annotations

import inspect
from typing import ClassVar


class CashierError(Exception):
    """The payment centre refused this."""

    code: ClassVar[str] = "refused"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or inspect.cleandoc(self.__doc__ or ""))


class PaymentNotFound(CashierError):
    """We cannot find this payment. Nothing was paid from here."""

    code = "payment_not_found"


class AlreadyPaid(CashierError):
    """This payment is already paid. Do not pay again."""

    code = "already_paid"


class PaymentEnded(CashierError):
    """The time to pay has ended, or the payment was cancelled. No new payment was started; order again."""

    code = "payment_ended"


class MethodUnavailable(CashierError):
    """This way to pay is not available here. Nothing was charged; choose another."""

    code = "method_unavailable"


class ChannelDown(MethodUnavailable):
    """This way to pay does not answer at the moment. Nothing was charged; choose another, or try it in a minute."""

    code = "channel_down"


class ChannelBusy(MethodUnavailable):
    """Too many payments are being started this way right now. Nothing was charged; try again in a moment."""

    code = "channel_busy"


class OrderConflict(CashierError):
    """This order number is known with another amount or currency. Nothing was changed; use a new order number."""

    code = "order_conflict"


class AttemptNotFound(CashierError):
    """We cannot find this attempt to pay. Nothing was changed."""

    code = "attempt_not_found"


class MayNotPayAgain(CashierError):
    """The earlier payment may still go through, so no second one was started. Query or close the earlier one first."""

    code = "may_not_pay_again"


class AskedTooOften(CashierError):
    """The channel was asked a moment ago. Nothing was lost; wait a few seconds and ask again."""

    code = "asked_too_often"


class CannotClose(CashierError):
    """This channel cannot cancel a payment in progress. Nothing was changed; wait until the channel ends it."""

    code = "cannot_close"


class MayNotExtend(CashierError):
    """The time to pay cannot be extended now. Nothing was changed; the page says until when you can pay."""

    code = "may_not_extend"


class RefundNotFound(CashierError):
    """We cannot find this refund. Nothing was changed."""

    code = "refund_not_found"


class NothingToRefund(CashierError):
    """There is less left to return than was asked. Nothing was sent; look at the refunds under way."""

    code = "nothing_to_refund"


class RefundConflict(CashierError):
    """This refund number is known with another amount. Nothing was sent; use a new number for another refund."""

    code = "refund_conflict"


class RefundChanged(CashierError):
    """This payment changed since you opened the page. Nothing was sent; look at it again and decide anew."""

    code = "refund_changed"


class NotYourDecision(CashierError):
    """A refund needs a second person: whoever asked for it cannot approve it. Nothing was sent; ask a colleague."""

    code = "not_your_decision"


class AboveYourLimit(CashierError):
    """This refund is above what you may approve. Nothing was sent; ask somebody whose limit is higher."""

    code = "above_your_limit"


class RefundNotWaiting(CashierError):
    """This refund is no longer waiting for this decision. Nothing was sent; look at what became of it."""

    code = "refund_not_waiting"


class AccountUnusable(CashierError):
    """The channel account cannot be opened with these settings. Nothing was changed; compare them with its README."""

    code = "account_unusable"
