"""Exporting: everything about a case in one archive, for an auditor, a court or the channel."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from cashier.public import Evidence
from orders.locks import lock_complaint
from orders.models import Complaint
from payhub.db import committed
from payhub.roles import CASE_WORKERS, Role, require_role
from payhub.trail.record import record, story

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def subjects_of(complaint: Complaint) -> list[str]:
    """Return whose story belongs to the case: its own, its order's and payment's, and what was merged into it."""
    payments = [f"payment:{complaint.order.payment_no}"] if complaint.order.payment_no else []
    merged = [case.subject for case in complaint.merged.order_by("id")]
    return [complaint.subject, complaint.order.subject, *payments, *merged]


def export(
    *, complaint: Complaint, evidence: Evidence | None, subjects: list[str], person: User, now: datetime
) -> bytes:
    """Return the archive: case.json, timeline.csv and the files, each by its number. Raises NotYourRole."""
    require_role(person, *CASE_WORKERS, Role.AUDITOR)
    with committed():
        complaint = lock_complaint(complaint.pk)
        record(subject=complaint.subject, action="complaint.exported", actor=f"staff:{person}", at=now)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pages:
        pages.writestr("case.json", json.dumps(_case(complaint, evidence), ensure_ascii=False, indent=2, default=str))
        pages.writestr("timeline.csv", _timeline(subjects))
        for file in complaint.files.order_by("id"):
            pages.writestr(f"files/{file.pk}-{file.name}", bytes(file.content))
    return archive.getvalue()


def _case(complaint: Complaint, evidence: Evidence | None) -> dict[str, Any]:
    of_case = (
        *("complaint_no", "kind", "source", "state", "raised_by", "created_at", "due_at", "decision"),
        *("decision_reason", "decided_at", "ended_at", "checked", "channel_said", "channel_said_at"),
    )
    of_statement = ("party", "name", "requested_at", "due_at", "text", "given_at", "by_phone")
    of_file = ("id", "name", "media_type", "sha256", "brought_by", "brought_at")
    return {
        "case": {name: getattr(complaint, name) for name in of_case} | {"at_stake": complaint.money.to_major()},
        "currency": complaint.currency,
        "order": {"order_no": complaint.order.order_no, "state": complaint.order.state},
        "attempts": [_attempt(attempt) for attempt in evidence.attempts] if evidence else [],
        "statements": list(complaint.statements.order_by("id").values(*of_statement)),
        "messages": list(complaint.messages.order_by("id").values("author", "text", "written_at")),
        "compensations": list(
            complaint.compensations.order_by("id").values("kind", "note", "amount_minor", "approved")
        ),
        "files": list(complaint.files.order_by("id").values(*of_file)),
    }


def _attempt(attempt: Any) -> dict[str, Any]:
    names = ("attempt_no", "channel", "method", "state", "surplus", "channel_trade_no", "created_at", "paid_at")
    return {name: getattr(attempt, name) for name in names} | {"amount": attempt.money.to_major()}


def _timeline(subjects: list[str]) -> str:
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["at", "subject", "sequence", "actor", "action", "detail", "request_id", "previous", "hash"])
    for line in story(subjects):
        detail = json.dumps(line.detail, ensure_ascii=False, sort_keys=True)
        cells = [line.at.isoformat(), line.subject, str(line.sequence), line.actor, line.action, detail]
        rows.writerow([_plain(cell) for cell in [*cells, line.request_id, line.previous, line.hash]])
    return table.getvalue()


def _plain(cell: str) -> str:
    """Return the cell so that no spreadsheet runs it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
