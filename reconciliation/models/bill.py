"""Bill 账单: one channel account's day, where its run is, and what came out."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payhub.fsm import Stateful, edge_guard, never_deleted, state_field, transition
from payhub.merchants.models import Merchant
from reconciliation.models.bill_file import BillFile
from reconciliation.states import BILL_EDGES, OF_A_FILE, BillState, Step

# Whoever uploaded a file cannot confirm it: also for writers who go round the service.
_ANOTHER_PERSON = """
    IF NEW.confirmed_by_id = (SELECT uploaded_by_id FROM reconciliation_billfile WHERE id = NEW.file_id) THEN
        RAISE EXCEPTION 'bill % is confirmed by whoever uploaded it', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_confirmed_by_another';
    END IF;
    RETURN NEW;
"""


class Bill(Stateful):
    """One per account and day. `account_code` names a channel account of the payment centre; no key crosses the wall.

    `step`, `done`, `total` and `progressed_at` tell a run's progress: it is stored, so that a reload shows it.
    """

    account_code = models.CharField(max_length=40)
    channel = models.CharField(max_length=20)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    day_date = models.DateField()  # the channel's own day
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    fetch_at = models.DateTimeField()  # when to fetch next
    deadline_at = models.DateTimeField()  # missing from then on
    state = state_field(BillState, BillState.EXPECTED)

    file = models.ForeignKey(BillFile, null=True, on_delete=models.PROTECT, related_name="+")
    is_empty = models.BooleanField(default=False)  # the channel says that there were no trades: there is no file
    lines = models.IntegerField(default=0)
    unreadable = models.IntegerField(default=0)

    step = models.CharField(max_length=10, choices=Step.choices, default=Step.FETCH)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    step_at = models.DateTimeField(null=True)  # since when it is at this step
    progressed_at = models.DateTimeField(null=True)
    run_by = models.CharField(max_length=80, blank=True)
    is_wanted = models.BooleanField(default=True)  # the sweep takes it up; False: cancelled, or nothing left to do
    is_cancelled = models.BooleanField(default=False)
    problem = models.TextField(blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("bill"), _("bills")
        constraints = [
            models.UniqueConstraint(name="bill_one_a_day", fields=["account_code", "day_date"]),
            models.CheckConstraint(
                name="bill_loaded_has_file",
                condition=~models.Q(state__in=[*OF_A_FILE, BillState.CLOSED])
                | models.Q(file__isnull=False)
                | models.Q(is_empty=True),
            ),
        ]
        indexes = [
            models.Index(name="bill_to_run", fields=["fetch_at", "id"], condition=models.Q(is_wanted=True)),
            models.Index(name="bill_by_day", fields=["-day_date", "account_code"]),
        ]
        triggers = [
            *edge_guard(BILL_EDGES, BillState.EXPECTED),
            *never_deleted(),
            pgtrigger.ReadOnly(
                name="which_day", fields=["account_code", "channel", "merchant", "day_date", "starts_at", "ends_at"]
            ),
            pgtrigger.Trigger(
                name="confirmed_by_another",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_ANOTHER_PERSON,
            ),
            pgtrigger.Protect(
                name="closed_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state=BillState.CLOSED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_code} {self.day_date}"

    @property
    def subject(self) -> str:
        """Its name in trail and exceptions."""
        return f"bill:{self.account_code}:{self.day_date}"

    @property
    def is_loaded(self) -> bool:
        """Whether every line of its file is here."""
        return self.state in {*OF_A_FILE, BillState.CLOSED}

    @transition(source=BillState.EXPECTED, target=BillState.MISSING)
    def miss(self) -> None:
        """Its time is over."""

    @transition(source=[BillState.EXPECTED, BillState.MISSING], target=BillState.LOADED)
    def load(self) -> None:
        """Every line is here."""

    @transition(source=[BillState.LOADED, BillState.BALANCED, BillState.DIFFERENT], target=BillState.MATCHED)
    def match(self) -> None:
        """Every line and success lies in its bucket."""

    @transition(source=[BillState.MATCHED, BillState.DIFFERENT], target=BillState.BALANCED)
    def balance(self) -> None:
        """Nothing is left to decide."""

    @transition(source=BillState.MATCHED, target=BillState.DIFFERENT)
    def differ(self) -> None:
        """Something is left to decide."""

    @transition(source=OF_A_FILE, target=BillState.EXPECTED)
    def replace(self) -> None:
        """Another file takes the place of this one."""

    @transition(source=BillState.BALANCED, target=BillState.CLOSED)
    def close(self, at: datetime) -> None:
        """Fees and settlement are booked."""
        self.closed_at = at
