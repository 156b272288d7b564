"""Writing and reading the trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from payhub.db import require_transaction
from payhub.request_id import current_request_id
from payhub.trail.models import OperationRecord

SYSTEM = "system"
SHOPPER = "shopper"


def record(*, subject: str, action: str, actor: str, at: datetime, **detail: Any) -> None:
    """Append one record in the open transaction: it stands exactly when the change that it tells of stands."""
    require_transaction("A trail record")
    OperationRecord.objects.create(
        subject=subject, action=action, actor=actor, at=at, detail=detail, request_id=current_request_id()
    )


def story(subjects: Iterable[str]) -> list[OperationRecord]:
    """Return all records of the subjects, oldest first."""
    return list(OperationRecord.objects.filter(subject__in=list(subjects)).order_by("at", "id"))
