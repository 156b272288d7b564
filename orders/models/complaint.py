"""Complaint 申诉: one case about money that seems to have been paid twice, late, wrongly or in vain."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from orders.states import COMPLAINT_EDGES, COMPLAINT_ENDED, COMPLAINT_UNDECIDED, ComplaintState
from payhub.fsm import Stateful, append_only, edge_guard, never_deleted, state_field, transition
from payhub.merchants.models import Merchant
from payhub.money import Money


class ComplaintKind(models.TextChoices):
    """What is complained about."""

    DUPLICATE = "DUPLICATE", _("Paid twice")
    LOST = "LOST", _("Paid, but the order says unpaid")
    LATE = "LATE", _("Paid after the time had ended")
    AMOUNT = "AMOUNT", _("Another amount was taken")
    NO_REFUND = "NO_REFUND", _("A refund has not arrived")


class ComplaintSource(models.TextChoices):
    """Who raised it."""

    SHOPPER = "SHOPPER", _("Shopper")
    MERCHANT = "MERCHANT", _("Merchant")
    STAFF = "STAFF", _("Customer service")
    SYSTEM = "SYSTEM", _("payhub")


class Decision(models.TextChoices):
    """How a case can be decided."""

    REFUND_DUPLICATE = "REFUND_DUPLICATE", _("Paid twice: the extra payment goes back")
    TWO_PURCHASES = "TWO_PURCHASES", _("Two purchases: nothing goes back")
    CREDIT_ORDER = "CREDIT_ORDER", _("Paid but not credited: credit the order, tell the shop")
    PAID_LATE = "PAID_LATE", _("Paid late: what the shop did not take goes back")
    PART_REFUND = "PART_REFUND", _("Agreed: part of the money goes back")
    ASK_AGAIN = "ASK_AGAIN", _("Not enough evidence: ask the buyer again")
    MERGE = "MERGE", _("The same as another case: merge")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn by the buyer")


class Complaint(Stateful):
    """A case. One open case an order (partial unique index): whoever complains again is shown the one there is.

    `token` is the unguessable part of the shopper's address of it. What it is about never changes (trigger); its
    whole story is in the trail under `subject`.
    """

    complaint_no = models.CharField(max_length=24, unique=True)
    token = models.CharField(max_length=32, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="complaints")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=ComplaintKind.choices)
    source = models.CharField(max_length=10, choices=ComplaintSource.choices)
    raised_by = models.CharField(max_length=80)  # as the trail names them
    amount_minor = models.BigIntegerField()  # at stake
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()  # when we promised an answer
    state = state_field(ComplaintState, ComplaintState.NEW)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    checked = models.JSONField(default=list, blank=True)  # what of the checklist is done
    channel_said = models.JSONField(default=list, blank=True)  # the answers to the last query, one an attempt
    channel_said_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=20, choices=Decision.choices, blank=True)
    decision_reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("case"), _("cases")
        constraints = [
            models.UniqueConstraint(
                name="complaint_one_open", fields=["order"], condition=~models.Q(state__in=COMPLAINT_ENDED)
            ),
            models.CheckConstraint(name="complaint_amount_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="complaint_decided_with_reason",
                condition=models.Q(state__in=COMPLAINT_UNDECIDED)
                | (~models.Q(decision="") & ~models.Q(decision_reason="") & models.Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="complaint_merged_into_another",
                condition=models.Q(merged_into__isnull=True) & ~models.Q(state=ComplaintState.MERGED)
                | models.Q(merged_into__isnull=False, state=ComplaintState.MERGED)
                & ~models.Q(merged_into=models.F("id")),
            ),
            models.CheckConstraint(
                name="complaint_ended_at",
                condition=models.Q(state__in=COMPLAINT_ENDED, ended_at__isnull=False)
                | (~models.Q(state__in=COMPLAINT_ENDED) & models.Q(ended_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(name="complaint_due", fields=["due_at", "id"], condition=models.Q(ended_at__isnull=True)),
            models.Index(name="complaint_amount", fields=["amount_minor", "-id"]),
            models.Index(
                name="complaint_refunding",
                fields=["id"],
                condition=models.Q(state__in=[ComplaintState.DECIDED, ComplaintState.REFUNDING]),
            ),
        ]
        triggers = [
            *edge_guard(COMPLAINT_EDGES, ComplaintState.NEW),
            *never_deleted(),
            pgtrigger.ReadOnly(
                name="what_it_is_about",
                fields=[
                    *("complaint_no", "token", "order", "merchant", "kind", "source", "raised_by", "amount_minor"),
                    *("currency", "created_at"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_no} {self.state}"

    @property
    def money(self) -> Money:
        """What is at stake."""
        return Money(self.amount_minor, self.currency)

    @property
    def subject(self) -> str:
        """Its name in trail and exceptions."""
        return f"complaint:{self.complaint_no}"

    @property
    def is_open(self) -> bool:
        """Whether anything is still to be done."""
        return self.state not in COMPLAINT_ENDED

    @transition(source=[ComplaintState.NEW, ComplaintState.WAITING], target=ComplaintState.INVESTIGATING)
    def investigate(self) -> None:
        """Somebody works on it."""

    @transition(source=[ComplaintState.NEW, ComplaintState.INVESTIGATING], target=ComplaintState.WAITING)
    def wait(self) -> None:
        """A statement was asked for."""

    @transition(source=list(COMPLAINT_UNDECIDED), target=ComplaintState.DECIDED)
    def decide(self, decision: str, reason: str, by_id: int | None, at: datetime) -> None:
        """It was decided, by a person or (surplus that goes back by itself) by payhub."""
        self._note(decision, reason, by_id, at)

    @transition(source=ComplaintState.DECIDED, target=ComplaintState.REFUNDING)
    def refund(self) -> None:
        """A refund was asked for."""

    @transition(source=[ComplaintState.DECIDED, ComplaintState.REFUNDING], target=ComplaintState.CLOSED)
    def close(self, at: datetime) -> None:
        """What was decided is done."""
        self.ended_at = at

    @transition(source=[ComplaintState.DECIDED, ComplaintState.REFUNDING], target=ComplaintState.INVESTIGATING)
    def reopen(self) -> None:
        """What was decided cannot be done: it is decided anew."""

    @transition(source=list(COMPLAINT_UNDECIDED), target=ComplaintState.MERGED)
    def merge(self, into: Complaint, reason: str, by_id: int | None, at: datetime) -> None:
        """It is the same as another case, which goes on."""
        self._note(Decision.MERGE, reason, by_id, at)
        self.merged_into = into
        self.ended_at = at

    @transition(source=list(COMPLAINT_UNDECIDED), target=ComplaintState.WITHDRAWN)
    def withdraw(self, reason: str, by_id: int | None, at: datetime) -> None:
        """Whoever complained no longer does."""
        self._note(Decision.WITHDRAWN, reason, by_id, at)
        self.ended_at = at

    def _note(self, decision: str, reason: str, by_id: int | None, at: datetime) -> None:
        self.decision, self.decision_reason, self.decided_by_id, self.decided_at = decision, reason, by_id, at


class ComplaintMessage(models.Model):
    """What somebody wrote to, or about, a case that its shopper may read. Append-only."""

    class Author(models.TextChoices):
        """Who wrote."""

        SHOPPER = "SHOPPER", _("You")
        STAFF = "STAFF", _("Customer service")
        SYSTEM = "SYSTEM", _("payhub")

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="messages")
    author = models.CharField(max_length=10, choices=Author.choices)
    text = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        triggers = append_only()

    def __str__(self) -> str:
        return f"#{self.pk} {self.author} {self.written_at:%Y-%m-%d %H:%M}"
