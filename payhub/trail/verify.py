"""Verifying the chains of some subjects: the invariants T1 and T2, for one page instead of all rows."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from payhub.trail.models import HASH_OF

_BROKEN = f"""
    SELECT subject || ' #' || sequence FROM (
        SELECT *, lag(hash, 1, '') OVER chain AS hash_before, lag(sequence, 1, 0) OVER chain AS sequence_before
        FROM trail_operationrecord WHERE subject = ANY(%s) WINDOW chain AS (PARTITION BY subject ORDER BY sequence)
    ) r WHERE hash <> {HASH_OF.format(r="r")} OR previous <> hash_before OR sequence <> sequence_before + 1
    ORDER BY subject, sequence
"""  # noqa: S608 - our own expression


def broken_links(subjects: Iterable[str]) -> list[str]:
    """Return every record of the subjects that does not say what it said, or does not follow the one before it."""
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN, [list(subjects)])
        return [str(row[0]) for row in cursor.fetchall()]
