"""Keeping files: what a picture or PDF is, its first bytes say; how it was called is only a name."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from orders.errors import FileRefused
from orders.models import Complaint, ComplaintFile, Statement
from payhub.db import require_transaction
from payhub.trail.record import record

MAX_BYTES = 5 * 1024 * 1024
MAX_FILES = 5  # of one case by one hand
_TYPES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"%PDF-", "application/pdf"))
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "application/pdf": ".pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it came."""

    name: str
    content: bytes


def media_type_of(content: bytes) -> str:
    """Return what the first bytes say it is; raise FileRefused for all but PNG, JPEG and PDF."""
    for beginning, media_type in _TYPES:
        if content.startswith(beginning):
            return media_type
    raise FileRefused


def keep(
    *,
    complaint: Complaint,
    uploads: tuple[Upload, ...],
    actor: str,
    now: datetime,
    statement: Statement | None = None,
) -> None:
    """Keep files with their case, in the open transaction. Raises FileRefused: too many, too large, of another kind."""
    require_transaction("A file")
    held = ComplaintFile.objects.filter(complaint=complaint, statement=statement, brought_by=actor).count()
    if uploads and held + len(uploads) > MAX_FILES:
        raise FileRefused
    for upload in uploads:
        if len(upload.content) > MAX_BYTES:
            raise FileRefused
        media_type = media_type_of(upload.content)
        name = _plain(upload.name, media_type)
        digest = hashlib.sha256(upload.content).hexdigest()
        ComplaintFile.objects.create(
            complaint=complaint, statement=statement, name=name, media_type=media_type, content=upload.content,
            sha256=digest, brought_by=actor, brought_at=now,
        )  # fmt: skip
        record(subject=complaint.subject, action="complaint.file", actor=actor, at=now, name=name, sha256=digest)


def _plain(name: str, media_type: str) -> str:
    """Return a name that means nothing to any file system or header: letters, digits, dots, dashes, our ending."""
    stem = re.sub(r"[^\w.-]+", "_", name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1].rsplit(".", 1)[0]).strip("._-")
    return f"{stem[:80] or 'file'}{_ENDINGS[media_type]}"
