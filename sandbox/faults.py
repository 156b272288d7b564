"""Faults: what can be armed, for which calls, how often, and which one strikes next.

A call fault is three choices: when the call takes effect, how long it hangs, what is answered.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from sandbox.settings import Settings
from sandbox.store import Store


class Effect(StrEnum):
    """When the armed call does what was asked."""

    FIRST = "first"  #: Before it hangs.
    LAST = "last"  #: After it hung: the caller has given up, and it happens all the same.
    TWICE = "twice"  #: A double click, or a proxy that repeats: the answer is that to the second one.
    NONE = "none"
    UNDONE = "undone"  #: Never, although the answer is that of a call that did it.


class Reply(StrEnum):
    """What the armed call answers."""

    TRUE = "true"  #: What it would have answered anyway.
    CUT = "cut"  #: The connection breaks in the middle of the answer.
    HTTP = "http"  #: A bare page of a proxy with `status`.
    REFUSE = "refuse"  #: The channel's own error `code`; empty: its "system error".
    BAD_SIGNATURE = "bad_signature"
    NO_SIGNATURE = "no_signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one call."""

    kind: str
    effect: Effect = Effect.FIRST
    wait_s: float = 0
    reply: Reply = Reply.TRUE
    status: int = 500
    code: str = ""
    stale: bool = False  #: The answer is that of the books before anything was paid or returned.

    def __post_init__(self) -> None:
        without_effect = self.effect is Effect.NONE
        if without_effect and self.reply in (Reply.TRUE, Reply.BAD_SIGNATURE, Reply.NO_SIGNATURE):
            raise ValueError("A call that is not done at all has no true answer; use the effect 'undone'.")


HANG = -1.0  #: Stands for the setting hang_s.

CALL_FAULTS = {
    fault.kind: fault
    for fault in (
        Fault(kind="timeout_before", effect=Effect.NONE, wait_s=HANG, reply=Reply.CUT),
        Fault(kind="timeout_after", effect=Effect.FIRST, wait_s=HANG),
        Fault(kind="late_effect", effect=Effect.LAST, wait_s=HANG),
        Fault(kind="slow", wait_s=3),
        Fault(kind="double_submit", effect=Effect.TWICE),
        Fault(kind="cut_before", effect=Effect.NONE, reply=Reply.CUT),
        Fault(kind="cut_after", reply=Reply.CUT),
        Fault(kind="http_500", effect=Effect.NONE, reply=Reply.HTTP, status=500),
        Fault(kind="http_502", effect=Effect.NONE, reply=Reply.HTTP, status=502),
        Fault(kind="http_500_after", reply=Reply.HTTP, status=500),
        Fault(kind="http_502_after", reply=Reply.HTTP, status=502),
        Fault(kind="system_error", effect=Effect.NONE, reply=Reply.REFUSE),
        Fault(kind="system_error_after", reply=Reply.REFUSE),
        Fault(kind="refuse", effect=Effect.NONE, reply=Reply.REFUSE),
        Fault(kind="bad_signature", reply=Reply.BAD_SIGNATURE),
        Fault(kind="no_signature", reply=Reply.NO_SIGNATURE),
        Fault(kind="lie", effect=Effect.UNDONE),
        Fault(kind="not_paid_yet", effect=Effect.UNDONE, stale=True),
    )
}

NOTIFY_FAULTS: dict[str, dict[str, Any]] = {
    "drop": {"sends": None},  # how many sends are lost; null: all of them
    "delay": {"delay_s": 120},
    "repeat": {"times": 3, "parallel": False},
    "reorder": {"apart_s": 60},  # what was first is told last; what comes after it overtakes it
    "wrong_amount": {"amount_minor": 1},
    "bad_signature": {"sends": 1},
    "probe": {"sends": 1},
    "unknown_number": {"out_trade_no": "00000000000000000000"},
}


class NotArmed(ValueError):
    """The fault does not exist or cannot be armed like this."""


def twist(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """This function will complete a notification fault with its defaults; raise NotArmed when there is none such."""
    defaults = NOTIFY_FAULTS.get(kind)
    if defaults is None or not options.keys() <= defaults.keys():
        raise NotArmed(f"No notification fault {kind!r} with {sorted(options)}; there are {NOTIFY_FAULTS}.")
    return {"kind": kind, **defaults, **options}


def call_fault(kind: str, options: Mapping[str, Any]) -> Fault:
    """This function will complete a call fault with its defaults; raise NotArmed when there is none such."""
    fault = CALL_FAULTS.get(kind)
    changeable = {field.name for field in fields(Fault)} - {"kind"}
    if fault is None or not options.keys() <= changeable:
        raise NotArmed(f"No call fault {kind!r} with {sorted(options)}; there are {sorted(CALL_FAULTS)}.")
    changes = dict(options)
    try:
        if "effect" in changes:
            changes["effect"] = Effect(changes["effect"])
        if "reply" in changes:
            changes["reply"] = Reply(changes["reply"])
        return replace(fault, **changes)
    except ValueError as error:
        raise NotArmed(str(error)) from error


class Faults:
    """The armed faults."""

    def __init__(self, store: Store, settings: Settings, seed: int) -> None:
        self._store = store
        self._settings = settings
        self._seed = seed
        self.begin_anew()

    def begin_anew(self) -> None:
        """This function will draw from the seed again: after a reset the same calls meet the same faults."""
        self._dice = random.Random(self._seed)  # noqa: S311 -- repeatable chaos is wanted here, not secrecy

    def arm(self, spec: Mapping[str, Any]) -> int:
        """This function will arm a fault and give its id; raise NotArmed when the specification makes no sense.

        spec: kind; channel and call ("*" means any); out_trade_no ("" means any); count (how many calls, null: until
        disarmed); skip (how many matching calls pass first); probability; every other name is an option of the kind.
        """
        options = dict(spec)
        kind = str(options.pop("kind", ""))
        channel, call = str(options.pop("channel", "*")), str(options.pop("call", "*"))
        number = str(options.pop("out_trade_no", ""))
        count, skip, probability = options.pop("count", 1), options.pop("skip", 0), options.pop("probability", 1.0)
        if call == "notify":
            twist(kind, options)
        else:
            call_fault(kind, options)
        return self._store.run(
            "INSERT INTO fault (channel, call, out_trade_no, kind, left_count, skip, probability, options)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            channel, call, number, kind, count, skip, probability, json.dumps(options),
        )  # fmt: skip

    def disarm(self, fault_id: int | None = None) -> None:
        """This function will take one armed fault away, or all."""
        self._store.run("DELETE FROM fault WHERE ? IS NULL OR id = ?", fault_id, fault_id)

    def armed(self) -> list[dict[str, Any]]:
        """This function will list what is armed."""
        rows = self._store.rows("SELECT * FROM fault ORDER BY id")
        return [dict(row) | {"options": json.loads(row["options"])} for row in rows]

    def for_call(self, channel: str, call: str, number: str) -> Fault | None:
        """This function will give the fault that strikes this call, using it up."""
        row = self._strike(channel, call, number)
        if row is None:
            return None
        fault = call_fault(row["kind"], json.loads(row["options"]))
        return replace(fault, wait_s=float(self._settings["hang_s"])) if fault.wait_s == HANG else fault

    def for_notification(self, channel: str, number: str) -> dict[str, Any]:
        """This function will give the twist of this notification, using it up; empty when none is armed."""
        row = self._strike(channel, "notify", number)
        return {} if row is None else twist(row["kind"], json.loads(row["options"]))

    def _strike(self, channel: str, call: str, number: str) -> sqlite3.Row | None:
        rows = self._store.rows(
            "SELECT * FROM fault WHERE channel IN (?, '*') AND (call = ? OR (call = '*' AND ? <> 'notify'))"
            " AND out_trade_no IN (?, '') ORDER BY id",
            channel, call, call, number,
        )  # fmt: skip
        for row in rows:
            if row["skip"] > 0:
                self._store.run("UPDATE fault SET skip = skip - 1 WHERE id = ?", row["id"])
            elif row["probability"] >= 1 or self._dice.random() < row["probability"]:
                self._use_up(row)
                return row
        return None

    def _use_up(self, row: sqlite3.Row) -> None:
        if row["left_count"] is None:
            return
        if row["left_count"] > 1:
            self._store.run("UPDATE fault SET left_count = left_count - 1 WHERE id = ?", row["id"])
        else:
            self._store.run("DELETE FROM fault WHERE id = ?", row["id"])
