"""Saying something more about a case: the shopper on its page, customer service from the desk."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from orders.errors import ComplaintEnded, NothingWritten
from orders.locks import lock_complaint
from orders.models import Complaint, ComplaintMessage
from orders.services.complaints.files import Upload, keep
from orders.states import ComplaintState
from payhub.db import committed
from payhub.roles import CASE_WORKERS, require_role
from payhub.trail.record import SHOPPER, record


def say_as_shopper(*, complaint_id: int, text: str, uploads: tuple[Upload, ...], now: datetime) -> None:
    """Add the shopper's words and files; a case that waited goes on. Raises ComplaintEnded, NothingWritten, FileRefused."""
    with committed():
        complaint = lock_complaint(complaint_id)
        if not complaint.is_open:
            raise ComplaintEnded
        _write(complaint, ComplaintMessage.Author.SHOPPER, text, SHOPPER, now, has_files=bool(uploads))
        keep(complaint=complaint, uploads=uploads, actor=SHOPPER, now=now)
        if complaint.state == ComplaintState.WAITING:
            complaint.investigate()
            complaint.save(update_fields=["state"])
            record(subject=complaint.subject, action="complaint.answered", actor=SHOPPER, at=now)


def say_as_staff(*, complaint_id: int, text: str, person: User, now: datetime) -> None:
    """Write to the shopper. Raises NotYourRole, NothingWritten."""
    require_role(person, *CASE_WORKERS)
    with committed():
        complaint = lock_complaint(complaint_id)
        _write(complaint, ComplaintMessage.Author.STAFF, text, f"staff:{person}", now)


def _write(
    complaint: Complaint,
    author: ComplaintMessage.Author,
    text: str,
    actor: str,
    now: datetime,
    *,
    has_files: bool = False,
) -> None:
    words = text.replace("\x00", "").strip()[:4000]
    if not words and not has_files:
        raise NothingWritten
    if words:
        ComplaintMessage.objects.create(complaint=complaint, author=author, text=words, written_at=now)
        record(subject=complaint.subject, action="complaint.message", actor=actor, at=now)
