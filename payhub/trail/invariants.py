"""What must always hold of the trail."""

from __future__ import annotations

from payhub.invariants import Invariant
from payhub.trail.models import HASH_OF

INVARIANTS = [
    Invariant(
        code="T1",
        says="Every trail record's hash is the hash of what it says.",
        checked="SELECT id FROM trail_operationrecord",
        broken=f"SELECT subject || ' #' || sequence FROM trail_operationrecord r WHERE hash <> {HASH_OF.format(r='r')}",  # noqa: S608 - our own SQL
    ),
    Invariant(
        code="T2",
        says="Every trail record follows the one before it: none was slipped in or taken out.",
        checked="SELECT DISTINCT subject FROM trail_operationrecord",
        broken="SELECT subject || ' #' || sequence FROM (SELECT subject, sequence, previous, "
        "lag(hash, 1, '') OVER chain AS hash_before, lag(sequence, 1, 0) OVER chain AS sequence_before "
        "FROM trail_operationrecord WINDOW chain AS (PARTITION BY subject ORDER BY sequence)) chained "
        "WHERE previous <> hash_before OR sequence <> sequence_before + 1",
    ),
]
