"""Difference 差异: one thing that does not agree, both sides of it, and what became of it."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payhub.fsm import Stateful, never_deleted, state_field, transition
from payhub.merchants.models import Merchant
from payhub.money import Money
from payhub.review.models import Owner
from reconciliation.models.bill import Bill
from reconciliation.states import DIFFERENCE_EDGES, Bucket, Decision, DifferenceState

# Above the merchant's limit a second person decides with the first: also for writers who go round the service.
_SECOND_PERSON = """
    IF NEW.state = 'RESOLVED' AND NEW.approved_by_id IS NULL AND abs(NEW.effect_minor) > (
        SELECT second_approver_above_minor FROM merchants_merchant WHERE id = NEW.merchant_id
    ) THEN
        RAISE EXCEPTION 'difference % needs a second person', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'difference_second_person';
    END IF;
    RETURN NEW;
"""


class Difference(Stateful):
    """What the channel's bill has and we have; an empty amount: that side has nothing.

    Matching writes these rows in SQL (services/match.py); a person's decision goes through the transitions.
    `key` names the thing, so that a second run finds the same row. `effect_minor` is how much more the channel holds
    for us by its bill than by our facts (payments plus, refunds minus), in `currency`.
    """

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="differences")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    bucket = models.CharField(max_length=20, choices=Bucket.choices)
    key = models.CharField(max_length=220)
    kind = models.CharField(max_length=10)
    attempt_no = models.CharField(max_length=64, blank=True)
    refund_no = models.CharField(max_length=64, blank=True)
    channel_trade_no = models.CharField(max_length=64, blank=True)
    row = models.IntegerField(null=True)  # of the line
    line_minor = models.BigIntegerField(null=True)
    line_currency = models.CharField(max_length=3, blank=True)
    line_fee_minor = models.BigIntegerField(null=True)
    line_at = models.DateTimeField(null=True)
    line_state = models.CharField(max_length=200, blank=True)
    is_final = models.BooleanField(default=True)
    fact_id = models.BigIntegerField(null=True)  # our success: a ChannelFact of the payment centre, by number only
    local_minor = models.BigIntegerField(null=True)
    local_currency = models.CharField(max_length=3, blank=True)
    local_at = models.DateTimeField(null=True)
    local_state = models.CharField(max_length=20, blank=True)
    counts_local = models.BooleanField(default=False)  # our success belongs to this day (else: to another's)
    currency = models.CharField(max_length=3, blank=True)
    effect_minor = models.BigIntegerField()
    owner = models.CharField(max_length=20, choices=Owner.choices)
    found_at = models.DateTimeField()
    state = state_field(DifferenceState, DifferenceState.OPEN)
    verdict = models.CharField(max_length=20, blank=True)  # what settling the line made of it
    is_booked = models.BooleanField(default=False)  # by settling: the channel's side stands in the ledger
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    reason = models.TextField(blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(
        null=True
    )  # when other apps heard of it (`services.tell`); once, however often it runs

    class Meta:
        verbose_name, verbose_name_plural = _("difference"), _("differences")
        constraints = [
            models.UniqueConstraint(name="difference_once", fields=["bill", "key", "bucket"]),
            models.CheckConstraint(
                name="difference_four_eyes",
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("resolved_by")),
            ),
            models.CheckConstraint(
                name="difference_resolved_by_name",
                condition=~models.Q(state__in=[DifferenceState.PROPOSED, DifferenceState.RESOLVED])
                | models.Q(resolved_by__isnull=False) & ~models.Q(decision="") & ~models.Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(name="difference_by_state", fields=["state", "-found_at"]),
            models.Index(name="difference_by_fact", fields=["fact_id"]),
            models.Index(name="difference_by_attempt", fields=["attempt_no"]),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_edges",
                field="state",
                transitions=[(before, after) for before, afters in DIFFERENCE_EDGES.items() for after in afters],
            ),
            *never_deleted(),
            pgtrigger.Trigger(
                name="second_person",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_SECOND_PERSON,
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.bucket} {self.attempt_no} {self.refund_no}"

    @property
    def effect(self) -> Money | None:
        """How much more the channel holds by its bill than by our facts; None where a line cannot be read."""
        return Money(self.effect_minor, self.currency) if self.currency else None

    # What matching does to many rows at once, in SQL, under the same edges (services/match.py).

    @transition(source=[DifferenceState.OPEN, DifferenceState.AGREES], target=DifferenceState.SETTLED)
    def settle(self) -> None:
        """The line became a fact."""

    @transition(
        source=[DifferenceState.OPEN, DifferenceState.NOTED, DifferenceState.AGREES], target=DifferenceState.WAITING
    )
    def wait(self) -> None:
        """The neighbouring day's bill may have it."""

    @transition(
        source=[DifferenceState.OPEN, DifferenceState.WAITING, DifferenceState.AGREES], target=DifferenceState.NOTED
    )
    def note(self) -> None:
        """The neighbouring day's bill has it."""

    @transition(
        source=[DifferenceState.OPEN, DifferenceState.WAITING, DifferenceState.PROPOSED, DifferenceState.NOTED],
        target=DifferenceState.AGREES,
    )
    def agree(self) -> None:
        """It is not found any more."""

    @transition(
        source=[DifferenceState.WAITING, DifferenceState.PROPOSED, DifferenceState.NOTED, DifferenceState.AGREES],
        target=DifferenceState.OPEN,
    )
    def open_again(self) -> None:
        """It is found after all, or the second person does not agree."""

    # What a person does.

    @transition(source=DifferenceState.OPEN, target=DifferenceState.PROPOSED)
    def propose(self) -> None:
        """Somebody decided; a second person has to agree."""

    @transition(source=[DifferenceState.OPEN, DifferenceState.PROPOSED], target=DifferenceState.RESOLVED)
    def resolve(self, at: datetime) -> None:
        """Everybody whose decision it needs has decided."""
        self.ended_at = at
