"""Stripe's idempotency keys: the first answer of a key is given again, for 24 hours, its failures too."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.answers import Answer
from sandbox.box import Box
from sandbox.stripe import wire

LIFE_S = 24 * 3600
LONGEST = 255


def fingerprint(path: str, asked: Mapping[str, Any]) -> str:
    """This function will give what must be equal for two requests to be the same."""
    return hashlib.sha256((path + json.dumps(asked, sort_keys=True)).encode()).hexdigest()


class Keys:
    """The keys that were used, and those whose first request is still running."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self.running: set[str] = set()

    def replay(self, key: str, print_: str) -> Answer | None:
        """This function will give the first answer again, None for a fresh key; raise Refusal when the key is in use
        or was used for something else."""
        if len(key) > LONGEST:
            raise wire.refuse(400, "An idempotency key has at most 255 characters.")
        if key in self.running:
            raise wire.refuse(
                409, "There is currently another in-progress request using this key.", "idempotency_key_in_use"
            )
        row = self._kept(key)
        if row is not None and row["print"] != print_:
            raise wire.refuse(
                400, "Keys for idempotent requests can only be used with the same parameters.", kind="idempotency_error"
            )
        return self.first_answer(key)

    def _kept(self, key: str) -> sqlite3.Row | None:
        return self._box.store.one(
            "SELECT * FROM idempotency WHERE key = ? AND created_at > ?", key, self._box.clock.now() - LIFE_S
        )

    def first_answer(self, key: str) -> Answer | None:
        """This function will give what a key was answered first, None for a fresh one."""
        row = self._kept(key)
        if row is None:
            return None
        return Answer(status=row["status"], body=row["body"].encode(), content_type=wire.JSON_TYPE, code="replayed")

    def keep(self, key: str, print_: str, answer: Answer) -> None:
        """This function will remember a key's answer; an older one of an expired key is forgotten."""
        self._box.store.run(
            "INSERT OR REPLACE INTO idempotency (key, print, status, body, created_at) VALUES (?, ?, ?, ?, ?)",
            key, print_, answer.status, answer.body.decode(), self._box.clock.now(),
        )  # fmt: skip
