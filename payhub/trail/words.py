"""The trail in people's words. An action without an entry here fails a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payhub.trail.models import OperationRecord
from payhub.trail.record import story

ACTIONS: dict[str, Promise] = {
    "order.submitted": _("Order placed"),
    "order.paid": _("Order paid"),
    "order.paid_late": _("Order paid after its time"),
    "order.fulfilled": _("Order sent"),
    "order.cancelled": _("Order cancelled"),
    "order.expired": _("Order expired"),
    "order.refunded": _("Money of the order went back"),
    "order.cannot_take": _("Money arrived that the order cannot take"),
    "payment.opened": _("Payment opened"),
    "payment.extended": _("The shopper was given more time"),
    "shopper.declared": _("The shopper declared what they see in their account"),
    "payment.ending": _("Payment is being ended"),
    "payment.closed": _("Payment ended unpaid"),
    "attempt.started": _("Attempt to pay started"),
    "attempt.create_answered": _("The channel answered without a code"),
    "attempt.create_repeated": _("The channel was asked again for the same code"),
    "attempt.code_shown": _("Payment code shown"),
    "attempt.code_came_too_late": _("A payment code came too late and was not shown"),
    "attempt.closing": _("Attempt is being closed at the channel"),
    "attempt.asked": _("The channel was asked"),
    "attempt.pays": _("Money received"),
    "attempt.pays_late": _("Money received after the payment had ended"),
    "attempt.surplus_second": _("Money received a second time"),
    "attempt.surplus_late": _("Money received too late"),
    "attempt.surplus_amount": _("Another amount received than asked"),
    "attempt.frees_failed": _("The channel says: failed"),
    "attempt.frees_closed": _("The channel says: closed unpaid"),
    "attempt.contradicts": _("The channel contradicts what it said before"),
    "attempt.repeated": _("The channel repeated what was known"),
    "bill.run": _("Reconciliation run"),
    "bill.wanted": _("Reconciliation asked for"),
    "bill.cancelled": _("Reconciliation cancelled"),
    "bill.uploaded": _("Bill uploaded by hand"),
    "bill.confirmed": _("Uploaded bill confirmed"),
    "bill.unusable": _("The bill cannot be used"),
    "bill.closed": _("Day closed"),
    "fees.changed": _("Fee rule changed"),
    "difference.proposed": _("Difference decided, waiting for a second person"),
    "difference.resolved": _("Difference resolved"),
    "difference.approved": _("Difference resolved by two people"),
    "difference.rejected": _("Decision about a difference rejected"),
    "refund.requested": _("Refund asked for"),
    "refund.approved": _("Refund approved"),
    "refund.rejected": _("Refund rejected"),
    "refund.withdrawn": _("Refund withdrawn"),
    "refund.lapsed": _("Refund lapsed undecided"),
    "refund.sent": _("Refund sent to the channel"),
    "refund.sent_again": _("Refund sent again under the same number"),
    "refund.unknown": _("Refund result not confirmed"),
    "refund.returns": _("Money went back"),
    "refund.refuses_return": _("The channel refused the refund"),
    "refund.contradicts": _("The channel contradicts what it said of a refund"),
    "refund.repeated": _("The channel repeated what was known of a refund"),
    "account.opened": _("Channel account opened"),
    "account.changed": _("Settings of the channel account changed"),
    "merchant.changed": _("Merchant changed"),
    "api_key.issued": _("API key made"),
    "api_key.rolled": _("API key rolled: the old one works for another day"),
    "api_key.revoked": _("API key revoked"),
    "webhook.added": _("Webhook endpoint added"),
    "webhook.changed": _("Webhook endpoint changed"),
    "webhook.on": _("Webhook endpoint switched on"),
    "webhook.off": _("Webhook endpoint switched off"),
    "webhook.rolled": _("Webhook secret rolled: messages carry both signatures for a day"),
    "webhook.removed": _("Webhook endpoint removed"),
    "review.resolved": _("Exception resolved"),
    "complaint.opened": _("Case opened"),
    "complaint.reported_again": _("Reported again"),
    "complaint.message": _("Message written"),
    "complaint.file": _("File added"),
    "complaint.answered": _("The shopper answered"),
    "complaint.owned": _("Case taken or handed on"),
    "complaint.checked": _("Checklist changed"),
    "complaint.asked_channel": _("The channel was asked about every payment of the case"),
    "complaint.statement_asked": _("Statement asked for"),
    "complaint.statement_given": _("Statement given"),
    "complaint.statement_by_phone": _("Statement written down from the telephone"),
    "complaint.compensation_proposed": _("Compensation proposed"),
    "complaint.compensation_approved": _("Compensation approved"),
    "complaint.compensation_refused": _("Compensation refused"),
    "complaint.decided": _("Case decided"),
    "complaint.refunding": _("The money of the case is on its way back"),
    "complaint.reopened": _("The refund was given up: the case is decided anew"),
    "complaint.closed": _("Case closed"),
    "complaint.revealed": _("Personal data shown to staff"),
    "complaint.exported": _("Case file exported"),
    "delivery.revived": _("Delivery tried again by hand"),
}

ACTORS: dict[str, Promise] = {
    "shopper": _("shopper"),
    "merchant": _("merchant"),
    "staff": _("staff"),
    "channel": _("channel"),
    "buyer": _("buyer"),
    "shop": _("shop"),
    "supplier": _("supplier"),
    "system": _("payhub"),
}
DETAILS: dict[str, Promise] = {
    "account": _("account"),
    "amount": _("amount"),
    "attempt_no": _("attempt"),
    "because": _("because"),
    "code": _("code"),
    "decision": _("decision"),
    "done": _("done"),
    "kind": _("kind"),
    "method": _("method"),
    "name": _("name"),
    "order_no": _("order"),
    "outcome": _("answer"),
    "owner": _("owner"),
    "party": _("party"),
    "payment_no": _("payment"),
    "refund_no": _("refund"),
    "resolution": _("resolution"),
    "returned": _("returned in all"),
    "said": _("said"),
    "sha256": _("SHA-256"),
    "scopes": _("scopes"),
    "source": _("known by"),
    "why": _("why"),
}
_NOT_FOR_PEOPLE = {"fact"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a timeline."""

    at: datetime
    what: str
    actor: str
    detail: str
    subject: str
    who: str  #: The kind of actor: shopper, staff, channel, system, shop …
    action: str
    request_id: str


def timeline(subjects: Iterable[str]) -> list[Line]:
    """Return what happened to the subjects, in words, oldest first."""
    return [_line(record) for record in story(subjects)]


def _line(record: OperationRecord) -> Line:
    kind, _colon, name = record.actor.partition(":")
    details = {key: value for key, value in sorted(record.detail.items()) if value and key not in _NOT_FOR_PEOPLE}
    return Line(
        at=record.at,
        what=str(ACTIONS.get(record.action, record.action)),
        actor=f"{ACTORS.get(kind, kind)} {name}".strip(),
        detail=" · ".join(f"{DETAILS.get(key, key)} {value}" for key, value in details.items()),
        subject=record.subject,
        who=kind,
        action=record.action,
        request_id=record.request_id,
    )
