"""Reporting: somebody says that money went wrong. One open case an order, whoever says it and however often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User

from orders.errors import NothingWritten
from orders.locks import lock_open_complaint
from orders.models import Complaint, ComplaintMessage, Order
from orders.models.complaint import ComplaintKind, ComplaintSource
from orders.services.complaints.files import Upload, keep
from payhub import numbers
from payhub.db import committed, insert_once, require_transaction
from payhub.money import Money
from payhub.roles import CASE_WORKERS, require_role
from payhub.trail.record import SHOPPER, record

_AUTHOR = {
    ComplaintSource.SHOPPER: ComplaintMessage.Author.SHOPPER,
    ComplaintSource.MERCHANT: ComplaintMessage.Author.STAFF,
    ComplaintSource.STAFF: ComplaintMessage.Author.STAFF,
    ComplaintSource.SYSTEM: ComplaintMessage.Author.SYSTEM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody says happened."""

    kind: ComplaintKind
    source: ComplaintSource
    actor: str  #: As the trail names them.
    text: str = ""
    money: Money | None = None  #: At stake; the order's amount when nothing is said.
    uploads: tuple[Upload, ...] = ()
    why: str = ""  #: For the desk only: it stands in the trail, and the shopper never reads it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The order's open case."""

    complaint: Complaint
    is_new: bool  #: False: there is already a case; what was said was added to it.


def report_by_shopper(
    *, order: Order, kind: ComplaintKind, text: str, uploads: tuple[Upload, ...], now: datetime
) -> Reported:
    """Open a case from the shopper's form, or add to the one there is. Raises NothingWritten, FileRefused."""
    said = Report(kind=kind, source=ComplaintSource.SHOPPER, actor=SHOPPER, text=text.strip(), uploads=uploads)
    if not said.text:
        raise NothingWritten
    return report(order=order, said=said, now=now)


def report_by_merchant(*, order: Order, kind: ComplaintKind, text: str, who: str, now: datetime) -> Reported:
    """Open a case because the shop says so (portal, API); `who` is the member or the key. Raises NothingWritten."""
    said = Report(kind=kind, source=ComplaintSource.MERCHANT, actor=f"merchant:{who}", text=text.strip())
    if not said.text:
        raise NothingWritten
    return report(order=order, said=said, now=now)


def report_by_staff(*, order: Order, kind: ComplaintKind, why: str, person: User, now: datetime) -> Reported:
    """Open a case because somebody of the desk says so, by telephone or by what they saw. Raises NotYourRole, NothingWritten."""
    require_role(person, *CASE_WORKERS)
    said = Report(kind=kind, source=ComplaintSource.STAFF, actor=f"staff:{person}", why=why.strip())
    if not said.why:
        raise NothingWritten
    return report(order=order, said=said, now=now)


def report(*, order: Order, said: Report, now: datetime) -> Reported:
    """Open a case, or add to the one there is, in a transaction of its own. Raises FileRefused."""
    with committed():
        return put(order=order, said=said, now=now)


def put(*, order: Order, said: Report, now: datetime) -> Reported:
    """Open a case, or add to the one there is, in the open transaction."""
    require_transaction("A case")
    money = said.money or order.money
    row = Complaint(
        complaint_no=numbers.complaint_no(now),
        token=numbers.token(),
        order=order,
        merchant_id=order.merchant_id,
        kind=said.kind,
        source=said.source,
        raised_by=said.actor,
        amount_minor=money.minor,
        currency=money.currency,
        created_at=now,
        due_at=now + timedelta(seconds=settings.COMPLAINT_ANSWER_WITHIN_S),
    )
    # One statement decides: of two at once the second waits for the first one's commit and then finds its case.
    is_new = insert_once(row)
    complaint = lock_open_complaint(order)
    if complaint is None:  # it ended between the two statements
        raise RuntimeError(f"order {order.order_no} has neither an open case nor a new one; try again")
    if is_new:
        record(
            subject=complaint.subject, action="complaint.opened", actor=said.actor, at=now,
            order_no=order.order_no, kind=said.kind, amount=str(money), why=said.why,
        )  # fmt: skip
    elif said.why:
        record(
            subject=complaint.subject, action="complaint.reported_again", actor=said.actor, at=now,
            kind=said.kind, amount=str(money), why=said.why,
        )  # fmt: skip
    if said.text:
        ComplaintMessage.objects.create(
            complaint=complaint, author=_AUTHOR[said.source], text=said.text[:4000], written_at=now
        )
        record(subject=complaint.subject, action="complaint.message", actor=said.actor, at=now)
    keep(complaint=complaint, uploads=said.uploads, actor=said.actor, now=now)
    return Reported(complaint=complaint, is_new=is_new)
