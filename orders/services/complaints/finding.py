"""The finding: what payhub makes of a case by itself, in words, from rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cashier.public import AttemptEvidence, AttemptState, Evidence, MoneyBox
from orders.models import Complaint, Order
from orders.states import OrderState
from payhub.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found, and what does not agree."""

    says: str
    confidence: str
    over_paid: Money
    differences: tuple[str, ...]


def find(complaint: Complaint, evidence: Evidence | None) -> Finding:
    """Return what payhub makes of it."""
    order = complaint.order
    if evidence is None or not evidence.attempts:
        nothing = _("Nobody has tried to pay order %(order)s.") % {"order": order.order_no}
        return Finding(says=nothing, confidence=_("Certain"), over_paid=Money(0, order.currency), differences=())
    paid = [attempt for attempt in evidence.attempts if attempt.state == AttemptState.SUCCEEDED]
    over = Money(max(0, evidence.box.received.minor - evidence.box.owed.minor), order.currency)
    return Finding(
        says=_says(order, paid, evidence.box, over),
        confidence=_confidence(evidence.attempts, paid),
        over_paid=over,
        differences=tuple(_differences(complaint, evidence.attempts)),
    )


def _says(order: Order, paid: list[AttemptEvidence], box: MoneyBox, over: Money) -> str:
    if not paid:
        return _("No payment of order %(order)s has succeeded.") % {"order": order.order_no}
    numbers = {"count": len(paid), "order": order.order_no, "received": box.received, "owed": box.owed, "over": over}
    if len(paid) == 1:
        return _("One payment succeeded for order %(order)s. Received %(received)s, owed %(owed)s.") % numbers
    times = sorted(attempt.paid_at or attempt.created_at for attempt in paid)
    apart = int((times[-1] - times[0]).total_seconds())
    return _(
        "%(count)d payments succeeded for order %(order)s within %(apart)d s. Received %(received)s, owed %(owed)s: "
        "over-paid %(over)s."
    ) % {**numbers, "apart": apart}


def _confidence(attempts: Sequence[AttemptEvidence], paid: list[AttemptEvidence]) -> str:
    if paid and all(attempt.on_bill for attempt in paid):
        return _("Certain: every success is on the channel's bill.")
    if any(attempt.state in {AttemptState.UNKNOWN, AttemptState.CLOSING, AttemptState.PAYING} for attempt in attempts):
        return _("Not certain: one attempt's end is not known yet.")
    if paid:
        return _("Certain: the channel itself confirmed every success.")
    return _("Certain as far as the channel has spoken. Ask it again.")


def _differences(complaint: Complaint, attempts: Sequence[AttemptEvidence]) -> list[str]:
    said = {word["attempt_no"]: word for word in complaint.channel_said}
    found = []
    for attempt in attempts:
        word = said.get(attempt.attempt_no)
        is_paid = attempt.state == AttemptState.SUCCEEDED
        if word and is_paid != (word["outcome"] == "PAID"):
            found.append(
                _("%(number)s: we have it as %(ours)s, the channel answered %(theirs)s.")
                % {"number": attempt.attempt_no, "ours": attempt.state_words, "theirs": word["outcome"]}
            )
        if is_paid and attempt.money != complaint.order.money:
            found.append(
                _("%(number)s brought %(money)s, the order costs %(owed)s.")
                % {"number": attempt.attempt_no, "money": attempt.money, "owed": complaint.order.money}
            )
    unpaid = {OrderState.AWAITING_PAYMENT, OrderState.EXPIRED, OrderState.CANCELLED}
    if complaint.order.state in unpaid and any(a.state == AttemptState.SUCCEEDED and not a.surplus for a in attempts):
        found.append(_("The money is here and the order does not know it."))
    return found


def why_the_later(paid: Sequence[AttemptEvidence]) -> tuple[str, str | Promise]:
    """Return which payment goes back, the later one by the channel's clock, and why; nothing for a single one."""
    extra = [attempt for attempt in paid if attempt.surplus]
    if not extra:
        return "", ""
    if len(extra) == len(paid):
        return extra[-1].attempt_no, _("It did not pay the order: it came too late, or was not the amount asked.")
    return extra[-1].attempt_no, _("It came later by the channel's clock; the earlier one paid the order.")
