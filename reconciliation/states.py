"""The states of bills and differences, and the buckets. Models and triggers follow this page."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BillState(models.TextChoices):
    """One channel account's day."""

    EXPECTED = "EXPECTED", _("Expected")  # the channel has still time to make it, or it is being fetched and read
    MISSING = "MISSING", _("Bill missing")  # the time is over; fetched on
    LOADED = "LOADED", _("Loaded")  # every line is here and the totals agree
    MATCHED = "MATCHED", _("Matched")  # every line and every success of the day lies in its bucket
    BALANCED = "BALANCED", _("Balanced")  # nothing is left to decide
    DIFFERENT = "DIFFERENT", _("Differences")  # something is left to decide
    CLOSED = "CLOSED", _("Closed")  # fees and settlement are booked; nothing changes any more


BILL_EDGES = {
    BillState.EXPECTED: (BillState.LOADED, BillState.MISSING),
    BillState.MISSING: (BillState.LOADED,),
    BillState.LOADED: (BillState.MATCHED, BillState.EXPECTED),
    BillState.MATCHED: (BillState.BALANCED, BillState.DIFFERENT, BillState.EXPECTED),
    # Matched again when the neighbouring day came; back to EXPECTED when another file replaces this one.
    BillState.BALANCED: (BillState.MATCHED, BillState.CLOSED, BillState.EXPECTED),
    BillState.DIFFERENT: (BillState.MATCHED, BillState.BALANCED, BillState.EXPECTED),
}
OF_A_FILE = (BillState.LOADED, BillState.MATCHED, BillState.BALANCED, BillState.DIFFERENT)


class Bucket(models.TextChoices):
    """Where a line, a success of ours, or both together lie."""

    MATCHED = "MATCHED", _("Matched")
    CHANNEL_ONLY = "CHANNEL_ONLY", _("Only at the channel")  # 长款: a number or a receipt that we do not know
    LOCAL_ONLY = "LOCAL_ONLY", _("Only here")  # 短款
    STATE = "STATE", _("Paid there, not here")  # a number of ours, without its end here
    ACCOUNT = "ACCOUNT", _("Another account's number")
    AMOUNT = "AMOUNT", _("Amount differs")
    CURRENCY = "CURRENCY", _("Currency differs")
    FEE = "FEE", _("Fee differs")
    DUPLICATE = "DUPLICATE", _("Line there twice")
    OTHER_DAY = "OTHER_DAY", _("In another day's books")
    UNREADABLE = "UNREADABLE", _("Unreadable line")


class DifferenceState(models.TextChoices):
    """What became of a difference."""

    OPEN = "OPEN", pgettext_lazy("difference", "Open")
    WAITING = "WAITING", _("Waiting for the next day's bill")
    SETTLED = "SETTLED", _("Settled by the bill")  # it became a fact
    PROPOSED = "PROPOSED", _("Waiting for a second person")
    RESOLVED = "RESOLVED", _("Resolved")
    NOTED = "NOTED", _("Noted")  # nothing to do: the same money stands in another day's books
    AGREES = "AGREES", _("No longer differs")


UNFINISHED = (DifferenceState.OPEN, DifferenceState.WAITING, DifferenceState.PROPOSED)

DIFFERENCE_EDGES = {
    DifferenceState.OPEN: (
        DifferenceState.WAITING,
        DifferenceState.SETTLED,
        DifferenceState.PROPOSED,
        DifferenceState.RESOLVED,
        DifferenceState.AGREES,
        DifferenceState.NOTED,
    ),
    DifferenceState.WAITING: (DifferenceState.OPEN, DifferenceState.NOTED, DifferenceState.AGREES),
    DifferenceState.PROPOSED: (DifferenceState.RESOLVED, DifferenceState.OPEN, DifferenceState.AGREES),
    DifferenceState.NOTED: (DifferenceState.OPEN, DifferenceState.WAITING, DifferenceState.AGREES),
    # Found again: the channel sent another file, or a day's books changed.
    DifferenceState.AGREES: (
        DifferenceState.OPEN,
        DifferenceState.WAITING,
        DifferenceState.NOTED,
        DifferenceState.SETTLED,
    ),
}


class Decision(models.TextChoices):
    """How a person resolves a difference."""

    BOOK = "BOOK", _("The channel is right: book the difference")
    EXPLAIN = "EXPLAIN", _("Explained: book nothing")


class Step(models.TextChoices):
    """What a run is at."""

    FETCH = "FETCH", _("Fetch the bill")
    LOAD = "LOAD", _("Read its lines")
    MATCH = "MATCH", _("Match")
    SETTLE = "SETTLE", _("Settle what the channel knows better")
    CLOSE = "CLOSE", _("Close the day")
    DONE = "DONE", _("Done")
