"""Checking: the list of what has to be looked at before a case is decided, per kind."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from orders.errors import ComplaintEnded
from orders.locks import lock_complaint
from orders.models.complaint import ComplaintKind
from orders.states import COMPLAINT_UNDECIDED
from payhub.db import committed
from payhub.roles import CASE_WORKERS, require_role
from payhub.trail.record import record

CHECKS = {
    "order": _("Order number and amount are the ones complained about"),
    "channel": _("The channel was asked today and confirmed every payment"),
    "goods": _("The goods went out once at most"),
    "account": _("The money goes back only to where it came from"),
    "shop": _("The shop knows that the order was paid"),
    "time": _("The time at which the channel took the money was compared with the order's end"),
    "refund": _("The refund's number was found at the channel"),
}
CHECKLISTS: dict[str, tuple[str, ...]] = {
    ComplaintKind.DUPLICATE: ("order", "channel", "goods", "account"),
    ComplaintKind.LOST: ("order", "channel", "shop"),
    ComplaintKind.LATE: ("order", "channel", "time", "account"),
    ComplaintKind.AMOUNT: ("order", "channel", "account"),
    ComplaintKind.NO_REFUND: ("order", "refund"),
}


def tick(*, complaint_id: int, done: list[str], person: User, now: datetime) -> None:
    """Note what of the checklist is done. Raises NotYourRole, ComplaintEnded (a decided case is not checked any more)."""
    require_role(person, *CASE_WORKERS)
    with committed():
        complaint = lock_complaint(complaint_id)
        if complaint.state not in COMPLAINT_UNDECIDED:
            raise ComplaintEnded
        ticked = [item for item in CHECKLISTS[complaint.kind] if item in done]
        if ticked == complaint.checked:
            return
        complaint.checked = ticked
        complaint.save(update_fields=["checked"])
        record(
            subject=complaint.subject,
            action="complaint.checked",
            actor=f"staff:{person}",
            at=now,
            done=", ".join(ticked),
        )
