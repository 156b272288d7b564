"""Trail records of a seeded history, chained as the table's trigger chains them.

The trigger takes a lock a subject until the transaction ends; a batch has more subjects than PostgreSQL has locks.
"""

from __future__ import annotations

from payhub.trail.models import HASH_OF


def chained(records: str, *, first: str, ids: int) -> str:
    """Return the statement that inserts the records of the SELECT `records`: n, subject, at, actor, action, detail.

    `first` names the first id kept free, of which an order takes `ids`.
    """
    return f"""
    INSERT INTO trail_operationrecord
        (id, subject, sequence, at, actor, action, detail, request_id, previous, hash)
    WITH RECURSIVE said AS MATERIALIZED (
        SELECT *, row_number() OVER (PARTITION BY subject ORDER BY at, action) AS sequence,
            row_number() OVER (PARTITION BY n ORDER BY at, subject, action) AS place, '' AS request_id
        FROM ({records}) AS records
    ), chain AS (
        SELECT r.*, {HASH_OF.format(r="r")} AS hash FROM (SELECT said.*, '' AS previous FROM said WHERE sequence = 1) AS r
        UNION ALL
        SELECT r.*, {HASH_OF.format(r="r")} FROM (
            SELECT said.*, chain.hash AS previous
            FROM chain JOIN said ON said.subject = chain.subject AND said.sequence = chain.sequence + 1) AS r
    )
    SELECT %({first})s + {ids} * (n - 1) + place - 1, subject, sequence, at, actor, action, detail, request_id, previous,
        hash FROM chain
    """  # noqa: S608 - our own SQL
