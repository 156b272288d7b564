"""What can be done with a case from the desk. Each is one service; the service decides who may."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cashier.public import RefundReason, Wish
from orders.admin import complaint_forms as forms
from orders.models import Compensation, Complaint
from orders.models.complaint import Decision
from orders.models.statement import Party
from orders.services.complaints.ask_channel import ask_channel
from orders.services.complaints.check import tick
from orders.services.complaints.compensate import decide_compensation, propose_compensation
from orders.services.complaints.decide import Ruling, decide
from orders.services.complaints.own import assign, take
from orders.services.complaints.request_return import request_return
from orders.services.complaints.say import say_as_staff
from orders.services.complaints.statements import request_statement, write_down_statement
from orders.states import COMPLAINT_UNDECIDED, ComplaintState
from payhub.act_pages import Act
from payhub.roles import CASE_WORKERS, REFUND_APPROVERS, Role

Said = Promise | str
Data = Mapping[str, Any]


def _take(case: Complaint, person: User, _data: Data, now: datetime) -> Said:
    take(complaint_id=case.pk, person=person, now=now)
    return _("The case is yours.")


def _assign(case: Complaint, person: User, data: Data, now: datetime) -> Said:
    assign(complaint_id=case.pk, to=data["to"], person=person, now=now)
    return _("The case was handed on.")


def _ask_channel(case: Complaint, person: User, _data: Data, now: datetime) -> Said:
    ask_channel(complaint=case, person=person, now=now)
    return _("The channel was asked about every payment. What it said stands in the table.")


def _say(case: Complaint, person: User, data: Data, now: datetime) -> Said:
    say_as_staff(complaint_id=case.pk, text=data["text"], person=person, now=now)
    return _("The message stands on the shopper's page.")


def _check(case: Complaint, person: User, data: Data, now: datetime) -> Said:
    tick(complaint_id=case.pk, done=data["done"], person=person, now=now)
    return _("The checklist was kept.")


def _ask_statement(case: Complaint, person: User, data: Data, now: datetime) -> Said:
    statement = request_statement(
        complaint_id=case.pk, party=Party(data["party"]), name=data["name"], person=person, now=now
    )
    link = f"{settings.PAYHUB_BASE_URL}{reverse('statement', args=[statement.token])}"
    return _("Send this link to %(name)s: %(link)s") % {"name": statement.name, "link": link}


def _write_down(case: Complaint, person: User, data: Data, now: datetime) -> Said:
    write_down_statement(
        complaint_id=case.pk, party=Party(data["party"]), name=data["name"], text=data["text"], person=person, now=now
    )
    return _("The statement was kept.")


def _decide(case: Complaint, person: User, data: Data, now: datetime) -> Said:
    ruling = Ruling(
        decision=Decision(data["decision"]),
        reason=data["reason"],
        message=data["message"],
        merge_into=data["merge_into"],
    )
    decide(complaint_id=case.pk, ruling=ruling, person=person, now=now)
    return _("The case is decided, and the shopper can read it.")


def _refund(case: Complaint, person: User, data: Data, now: datetime) -> Said:
    wish = Wish(
        money=data["amount"],
        reason=RefundReason(data["reason"]),
        note=f"{case.complaint_no}: {data['note']}",
        refundable_seen_minor=data["refundable_seen"],
    )
    number = request_return(complaint=case, wish=wish, person=person, now=now)
    return _("Refund %(number)s was asked for. Nothing is sent until somebody else approves.") % {"number": number}


def _propose(case: Complaint, person: User, data: Data, now: datetime) -> Said:
    propose_compensation(
        complaint_id=case.pk,
        kind=Compensation.Kind(data["kind"]),
        note=data["note"],
        money=data["amount"],
        person=person,
        now=now,
    )
    return _("The compensation was proposed. Somebody else approves it.")


def _decide_compensation(case: Complaint, person: User, data: Data, now: datetime) -> Said:
    approved = data["approved"] == "yes"
    decide_compensation(compensation_id=data["compensation"].pk, approved=approved, person=person, now=now)
    return _("The compensation is decided.")


def _is_undecided(case: Complaint) -> bool:
    return case.state in COMPLAINT_UNDECIDED


def _is_open(case: Complaint) -> bool:
    return case.is_open


ACTS = {
    "take": Act(
        label=_("Take the case"),
        explain=_("You become its owner. No money moves."),
        roles=CASE_WORKERS,
        do=_take,
        fits=_is_open,
    ),
    "assign": Act(
        label=_("Hand it on"),
        explain=_("Somebody else becomes its owner. No money moves."),
        roles=(Role.CS_SUPERVISOR, Role.FINANCE),
        do=_assign,
        form=forms.AssignForm,
        fits=_is_open,
    ),
    "ask-channel": Act(
        label=_("Ask the channel"),
        explain=_("Every payment of the order is looked up at the channel now. What it says is settled and kept."),
        roles=CASE_WORKERS,
        do=_ask_channel,
    ),
    "check": Act(
        label=_("Checklist"),
        explain=_("Tick what you have checked."),
        roles=CASE_WORKERS,
        do=_check,
        form=forms.CheckForm,
        fits=_is_undecided,
    ),
    "statement": Act(
        label=_("Ask for a statement"),
        explain=_("You get a link to send to them. It shows the goods and the amount, nothing of the buyer."),
        roles=CASE_WORKERS,
        do=_ask_statement,
        form=forms.StatementForm,
        fits=_is_undecided,
    ),
    "phone": Act(
        label=_("Write down a call"),
        explain=_("What they said is kept in their name, and that you wrote it down."),
        roles=CASE_WORKERS,
        do=_write_down,
        form=forms.PhoneStatementForm,
        fits=_is_open,
    ),
    "say": Act(
        label=_("Write to the shopper"),
        explain=_("It stands on the shopper's page at once and cannot be taken back."),
        roles=CASE_WORKERS,
        do=_say,
        form=forms.SayForm,
    ),
    "decide": Act(
        label=_("Decide"),
        explain=_("Deciding sends no money. A refund is approved by somebody else on a page of its own."),
        roles=CASE_WORKERS,
        do=_decide,
        form=forms.DecideForm,
        fits=_is_undecided,
        is_grave=True,
    ),
    "refund": Act(
        label=_("Ask for a refund"),
        explain=_("It goes back only to where it came from. Nothing is sent until somebody else approves."),
        roles=CASE_WORKERS,
        do=_refund,
        form=forms.RefundForm,
        fits=lambda case: case.state in {ComplaintState.DECIDED, ComplaintState.REFUNDING},
        is_grave=True,
    ),
    "compensate": Act(
        label=_("Propose a compensation"),
        explain=_("A note for the shop, which gives it. payhub pays nothing out by it. Somebody else approves it."),
        roles=CASE_WORKERS,
        do=_propose,
        form=forms.CompensationForm,
    ),
    "approve-compensation": Act(
        label=_("Decide about a compensation"),
        explain=_("Whoever proposed it cannot decide about it."),
        roles=REFUND_APPROVERS,
        do=_decide_compensation,
        form=forms.CompensationDecisionForm,
        fits=lambda case: case.compensations.filter(approved__isnull=True).exists(),
    ),
}
