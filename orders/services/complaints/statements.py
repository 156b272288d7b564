"""Statements: asked for by a link, given once by whoever has it, or written down from the telephone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User

from orders.errors import ComplaintEnded, NothingWritten, StatementGiven, StatementNotAsked
from orders.locks import lock_complaint, lock_complaint_of, lock_shop_statement, lock_statement
from orders.models import Complaint, Statement
from orders.models.statement import Party
from orders.services.complaints.files import Upload, keep
from orders.states import COMPLAINT_UNDECIDED, ComplaintState
from payhub import numbers
from payhub.db import committed
from payhub.roles import CASE_WORKERS, require_role
from payhub.trail.record import record


def request_statement(*, complaint_id: int, party: Party, name: str, person: User, now: datetime) -> Statement:
    """Make a link by which a party can give a statement; the case waits. Raises NotYourRole, ComplaintEnded."""
    require_role(person, *CASE_WORKERS)
    with committed():
        complaint = lock_complaint(complaint_id)
        if complaint.state not in COMPLAINT_UNDECIDED:
            raise ComplaintEnded
        statement = Statement.objects.create(
            complaint=complaint, party=party, name=name.strip()[:80], token=numbers.token(), requested_by=person,
            requested_at=now, due_at=now + timedelta(seconds=settings.STATEMENT_WITHIN_S),
        )  # fmt: skip
        if complaint.state != ComplaintState.WAITING:
            complaint.wait()
        complaint.save(update_fields=["state"])
        record(
            subject=complaint.subject, action="complaint.statement_asked", actor=f"staff:{person}", at=now,
            party=party, name=statement.name,
        )  # fmt: skip
        return statement


def give_statement(*, token: str, text: str, uploads: tuple[Upload, ...], now: datetime) -> None:
    """Keep what the party says; the case goes on. Raises StatementGiven, NothingWritten, FileRefused, ComplaintEnded."""
    with committed():
        complaint = lock_complaint(_complaint_id_of(token))
        asked = lock_statement(token)
        if asked.given_at is not None:
            raise StatementGiven
        _give(complaint, asked, text, uploads, f"{asked.party.lower()}:{asked.name}"[:80], now)


def give_as_shop(*, merchant_id: int, complaint_no: str, text: str, actor: str, now: datetime) -> Complaint:
    """Keep what the shop says by its own program or person, without the link.

    Raises ComplaintNotFound, ComplaintEnded, StatementNotAsked, NothingWritten.
    """
    with committed():
        complaint = lock_complaint_of(merchant_id=merchant_id, complaint_no=complaint_no)
        asked = lock_shop_statement(complaint)
        if asked is None:
            raise StatementNotAsked if complaint.is_open else ComplaintEnded
        _give(complaint, asked, text, (), actor, now)
        return complaint


def _give(
    complaint: Complaint, asked: Statement, text: str, uploads: tuple[Upload, ...], actor: str, now: datetime
) -> None:
    """Keep a statement with its case, both locked."""
    if not complaint.is_open:
        raise ComplaintEnded
    words = text.replace("\x00", "").strip()[:8000]
    if not words:
        raise NothingWritten
    # The files before the words: a statement that was given takes nothing more.
    keep(complaint=complaint, uploads=uploads, actor=actor, now=now, statement=asked)
    asked.text, asked.given_at = words, now
    asked.save(update_fields=["text", "given_at"])
    if complaint.state == ComplaintState.WAITING:
        complaint.investigate()
        complaint.save(update_fields=["state"])
    record(subject=complaint.subject, action="complaint.statement_given", actor=actor, at=now, party=asked.party)


def _complaint_id_of(token: str) -> int:
    return Statement.objects.filter(token=token).values_list("complaint_id", flat=True).first() or 0


def write_down_statement(
    *, complaint_id: int, party: Party, name: str, text: str, person: User, now: datetime
) -> Statement:
    """Keep what a party said on the telephone. Raises NotYourRole, NothingWritten, ComplaintEnded."""
    require_role(person, *CASE_WORKERS)
    words = text.replace("\x00", "").strip()[:8000]
    if not words:
        raise NothingWritten
    with committed():
        complaint = lock_complaint(complaint_id)
        if not complaint.is_open:
            raise ComplaintEnded
        statement = Statement.objects.create(
            complaint=complaint, party=party, name=name.strip()[:80], token=numbers.token(), requested_by=person,
            requested_at=now, due_at=now, text=words, given_at=now, by_phone=True,
        )  # fmt: skip
        record(
            subject=complaint.subject, action="complaint.statement_by_phone", actor=f"staff:{person}", at=now,
            party=party, name=statement.name,
        )  # fmt: skip
        return statement
