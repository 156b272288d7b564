"""What the page of a case shows: everything that is needed to decide it, on one screen."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cashier.public import (
    AttemptEvidence,
    AttemptState,
    Evidence,
    PaymentNotFound,
    PaymentView,
    find_evidence,
    find_payment,
)
from orders.models import Complaint
from orders.models.statement import Party
from orders.services.complaints.alarm import alarm
from orders.services.complaints.check import CHECKLISTS, CHECKS
from orders.services.complaints.export import subjects_of
from orders.services.complaints.finding import find, why_the_later
from orders.services.complaints.suggest import suggest
from orders.services.complaints.words import DECISION_WORDS
from payhub import clock
from payhub.masking import masked, masked_name
from payhub.trail.verify import broken_links
from payhub.trail.words import Line, timeline

# Who is behind a line of the timeline, by the buttons above it.
SHOWN: dict[str, tuple[Promise, set[str]]] = {
    "money": (_("Money"), set()),
    "channel": (_("Channel"), {"channel"}),
    "merchant": (_("Merchant"), {"merchant", "shop", "supplier"}),
    "buyer": (_("Buyer"), {"shopper", "buyer"}),
    "staff": (_("Staff"), {"staff"}),
}
_OF_MONEY = ("refund.", "attempt.pays", "attempt.surplus", "order.paid", "order.refunded")


def read(complaint: Complaint) -> tuple[PaymentView | None, Evidence | None]:
    """Return the payment of the case's order and what is known of it."""
    whose: Any = {"merchant_id": complaint.merchant_id, "merchant_order_no": complaint.order.order_no}
    try:
        return find_payment(**whose), find_evidence(**whose)
    except PaymentNotFound:
        return None, None


def case_context(complaint: Complaint, *, show: str, revealed: bool) -> dict[str, Any]:
    """Return everything that the page shows; an alarm is raised when the trail's chain is broken."""
    payment, evidence = read(complaint)
    subjects = all_subjects(complaint, payment)
    broken = broken_links(subjects)
    if broken:
        alarm(complaint=complaint, broken=broken, now=clock.now())
    order = complaint.order
    return {
        "case": complaint,
        "order": order,
        "payment": payment,
        "finding": find(complaint, evidence),
        "box": evidence.box if evidence else None,
        "columns": _columns(complaint, evidence),
        "goes_back": why_the_later([a for a in evidence.attempts if a.state == AttemptState.SUCCEEDED])
        if evidence
        else ("", ""),
        "suggestions": [
            s for s in suggest(order=order, payment=payment) if s.order_no != order.order_no or s.tier == "A"
        ],
        "statements": _statements(complaint),
        "checklist": [(CHECKS[item], item in complaint.checked) for item in CHECKLISTS[complaint.kind]],
        "decided": DECISION_WORDS.get(complaint.decision, ""),
        "talk": complaint.messages.order_by("id"),
        "files": complaint.files.defer("content").order_by("id"),
        "compensations": complaint.compensations.select_related("proposed_by", "decided_by").order_by("id"),
        "refunds": payment.refunds if payment else (),
        "others": order.complaints.exclude(pk=complaint.pk).order_by("id"),
        "merged": complaint.merged.order_by("id"),
        "timeline": _shown(timeline(subjects), show),
        "show": show,
        "shown": {name: words for name, (words, _who) in SHOWN.items()},
        "broken": broken,
        "person": _person(complaint, revealed=revealed),
        "revealed": revealed,
        "overdue": complaint.is_open and complaint.due_at < clock.now(),
    }


def all_subjects(complaint: Complaint, payment: PaymentView | None) -> list[str]:
    """Return whose story belongs to the case, an unpaid payment's too."""
    return list(dict.fromkeys([*subjects_of(complaint), *([payment.subject] if payment else [])]))


def _columns(complaint: Complaint, evidence: Evidence | None) -> list[dict[str, Any]]:
    """Return one column an attempt: what we have, what the channel said, what its bill says."""
    said = {word["attempt_no"]: word for word in complaint.channel_said}
    attempts: tuple[AttemptEvidence, ...] = evidence.attempts if evidence else ()
    return [{"attempt": attempt, "word": said.get(attempt.attempt_no)} for attempt in attempts]


def _statements(complaint: Complaint) -> list[tuple[str, list[Any]]]:
    rows = list(complaint.statements.select_related("requested_by").prefetch_related("files").order_by("id"))
    return [(str(words), [row for row in rows if row.party == party]) for party, words in Party.choices]


def _shown(lines: list[Line], show: str) -> list[Line]:
    if show not in SHOWN:
        return lines
    who = SHOWN[show][1]
    return [line for line in lines if line.who in who or (show == "money" and line.action.startswith(_OF_MONEY))]


def _person(complaint: Complaint, *, revealed: bool) -> list[tuple[Promise, str]]:
    order = complaint.order
    if revealed:
        return [
            (_("Name"), order.buyer_name),
            (_("Telephone"), order.contact),
            (_("Address"), order.address),
            (_("Buyer"), order.buyer),
        ]
    return [
        (_("Name"), masked_name(order.buyer_name)),
        (_("Telephone"), masked(order.contact)),
        (_("Address"), masked(order.address)),
        (_("Buyer"), masked(order.buyer)),
    ]
