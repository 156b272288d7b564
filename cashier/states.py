"""The states of payments, attempts and refunds and every edge between them. Models, triggers and docs/states.md
follow this page; nothing else names an edge."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentState(models.TextChoices):
    """Payment 支付订单."""

    OPEN = "OPEN", _("Open")  # waits for money
    PAID = "PAID", _("Paid")  # the amount was collected once
    CLOSED = "CLOSED", _("Closed")  # ended without money (by time, or cancelled)


PAYMENT_EDGES = {
    PaymentState.OPEN: (PaymentState.PAID, PaymentState.CLOSED),
    # Money that comes after the end by time, for a merchant who takes it (late_payment_policy ACCEPT).
    PaymentState.CLOSED: (PaymentState.PAID,),
}


class AttemptState(models.TextChoices):
    """Attempt 支付流水."""

    PAYING = "PAYING", _("Paying")  # the channel may be paid by this number
    CLOSING = "CLOSING", _("Closing")  # we asked the channel to close it; not confirmed
    UNKNOWN = "UNKNOWN", _("Not confirmed")  # the last scheduled query brought no end; still queried, slower
    SUCCEEDED = "SUCCEEDED", _("Succeeded")  # the channel says the money moved; nothing takes that back
    FAILED = "FAILED", _("Failed")  # the channel said for certain: never
    CLOSED = "CLOSED", _("Closed")  # the channel said for certain: closed unpaid


LIVE = (AttemptState.PAYING, AttemptState.CLOSING, AttemptState.UNKNOWN)
DEAD = (AttemptState.FAILED, AttemptState.CLOSED)

ATTEMPT_EDGES = {
    AttemptState.PAYING: (
        AttemptState.CLOSING,
        AttemptState.UNKNOWN,
        AttemptState.FAILED,
        AttemptState.CLOSED,
        AttemptState.SUCCEEDED,
    ),
    AttemptState.CLOSING: (
        AttemptState.UNKNOWN,
        AttemptState.FAILED,
        AttemptState.CLOSED,
        AttemptState.SUCCEEDED,
    ),
    AttemptState.UNKNOWN: (
        AttemptState.CLOSING,
        AttemptState.FAILED,
        AttemptState.CLOSED,
        AttemptState.SUCCEEDED,
    ),
    # Late success: a success fact is taken from anywhere, at any time.
    AttemptState.FAILED: (AttemptState.SUCCEEDED,),
    AttemptState.CLOSED: (AttemptState.SUCCEEDED,),
}


class RefundState(models.TextChoices):
    """Refund 退款."""

    REQUESTED = "REQUESTED", _("Awaiting approval")
    APPROVED = "APPROVED", _("Approved")  # will be sent
    SUBMITTED = "SUBMITTED", _("Sent")  # the channel was (or is being) asked; no end yet
    UNKNOWN = "UNKNOWN", _("Not confirmed")  # the last scheduled query brought no end; still queried, slower
    SUCCEEDED = "SUCCEEDED", _("Returned")
    FAILED = "FAILED", _("Refused by the channel")
    REJECTED = "REJECTED", _("Rejected")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    LAPSED = "LAPSED", _("Lapsed")  # nobody decided in time


# Refunds that hold money back from other refunds of the same receipt.
REFUND_COUNTED = (
    RefundState.REQUESTED,
    RefundState.APPROVED,
    RefundState.SUBMITTED,
    RefundState.UNKNOWN,
    RefundState.FAILED,  # may be sent again under the same number
    RefundState.SUCCEEDED,
)

REFUND_EDGES = {
    RefundState.REQUESTED: (
        RefundState.APPROVED,
        RefundState.REJECTED,
        RefundState.WITHDRAWN,
        RefundState.LAPSED,
    ),
    RefundState.APPROVED: (RefundState.SUBMITTED,),
    RefundState.SUBMITTED: (RefundState.SUCCEEDED, RefundState.FAILED, RefundState.UNKNOWN),
    RefundState.UNKNOWN: (RefundState.SUBMITTED, RefundState.SUCCEEDED, RefundState.FAILED),
    # Sent again with the same number, given up by a person, or the channel did it after all.
    RefundState.FAILED: (RefundState.SUBMITTED, RefundState.WITHDRAWN, RefundState.SUCCEEDED),
}


class FactSource(models.TextChoices):
    """The doors by which facts come in."""

    CREATE = "CREATE", _("Answer to a create")
    NOTIFICATION = "NOTIFICATION", _("Notification")
    QUERY = "QUERY", _("Answer to a query")
    REFUND = "REFUND", _("Answer to a refund")
    BILL = "BILL", _("Line of a bill")


class Verdict(models.TextChoices):
    """What settling made of a fact."""

    PAYS = "PAYS", _("Pays the payment")
    PAYS_LATE = "PAYS_LATE", _("Pays the payment after its end")
    SURPLUS_SECOND = "SURPLUS_SECOND", _("Surplus: paid already")
    SURPLUS_LATE = "SURPLUS_LATE", _("Surplus: the payment had ended")
    SURPLUS_AMOUNT = "SURPLUS_AMOUNT", _("Surplus: not the amount asked")
    FREES_FAILED = "FREES_FAILED", _("Proves the attempt failed")
    FREES_CLOSED = "FREES_CLOSED", _("Proves the attempt closed")
    STILL_OPEN = "STILL_OPEN", _("No end yet")
    REPEATED = "REPEATED", _("Known already")
    CONTRADICTS = "CONTRADICTS", _("Contradicts a stronger fact")
    NOT_OURS = "NOT_OURS", _("A number that is not ours")
    RETURNS = "RETURNS", _("Proves the money went back")
    REFUSES_RETURN = "REFUSES_RETURN", _("Proves the refund was refused")


SURPLUS = (Verdict.SURPLUS_SECOND, Verdict.SURPLUS_LATE, Verdict.SURPLUS_AMOUNT)
PAYING_VERDICTS = (Verdict.PAYS, Verdict.PAYS_LATE)
RECEIPTS = (*PAYING_VERDICTS, *SURPLUS)  # money that came in
# Facts by which money moved, as booked. NOT_OURS may also be about money that did not.
BOOKED = (*RECEIPTS, Verdict.RETURNS, Verdict.NOT_OURS)
