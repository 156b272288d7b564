"""The control page's fault menu: what is armed, how bills are wrong, and the forms that arm and spoil."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from sandbox.bills import FaultKind
from sandbox.control.view import View
from sandbox.control.words import WORDS
from sandbox.faults import CALL_FAULTS, NOTIFY_FAULTS

CALLS = (
    *("*", "create", "query", "close", "cancel", "refund", "undo", "refund_query", "bill", "bill_file"),
    *("certificates", "confirm", "list", "events", "webhook"),
)


def armed(faults: list[dict[str, Any]], view: View) -> str:
    """This function will list what is armed."""
    rows = [
        [escape(fault["channel"]), escape(fault["call"]), escape(fault["out_trade_no"]) or view.say("any"),
         escape(fault["kind"]), view.say("forever") if fault["left_count"] is None else str(fault["left_count"]),
         str(fault["skip"]), f"{fault['probability']:g}", escape(json.dumps(fault["options"])),
         view.button("disarm", "disarm", id=fault["id"])]
        for fault in faults
    ]  # fmt: skip
    return view.table(("channel", "call", "number", "kind", "left", "skip", "probability", "options", "do"), rows)


def arming(channels: list[str], view: View) -> str:
    """This function will give the two forms that arm faults of calls and of notifications."""
    channel = _choice(view, "channel", "channel", ["*", *channels])
    when = (
        _input(view, "number", "out_trade_no", view.shown, f"placeholder={view.say('any')}")
        + _input(view, "skip", "skip", 0, "type=number min=0")
        + _input(view, "count", "count", 1, "type=number min=0")
        + _input(view, "probability", "probability", 1, "type=number min=0 max=1 step=any")
    )
    code = _input(view, "refuse_code", "code", "", f'placeholder="{view.say("channels_own")}"')
    options = _input(view, "options", "options", "", "placeholder='{&quot;wait_s&quot;: 5}'")
    arm = f"<button class=main>{view.say('arm')}</button>"
    of_calls = _choice(view, "call", "call", CALLS) + _choice(view, "fault", "kind", CALL_FAULTS)
    of_news = _choice(view, "notification", "kind", NOTIFY_FAULTS)
    return (
        f"<h3>{view.say('of_call')}</h3>{view.form('arm', channel + of_calls + when + code + options + arm)}"
        f"<h3>{view.say('of_notification')}</h3>"
        f"{view.form('arm', channel + of_news + when + options + arm, call='notify')}"
    )


def spoiled(faults: list[dict[str, Any]], view: View) -> str:
    """This function will list how bills are wrong."""
    rows = [
        [escape(fault["channel"]), escape(fault["kind"]), escape(fault["day"]), escape(fault["out_trade_no"]),
         str(fault["amount_minor"]), view.button("mend", "mend", id=fault["id"])]
        for fault in faults
    ]  # fmt: skip
    return view.table(("channel", "kind", "day", "number", "fen", "do"), rows)


def spoiling(channels: list[str], view: View) -> str:
    """This function will give the form that makes a bill wrong."""
    return view.form(
        "spoil",
        _choice(view, "channel", "channel", channels)
        + _choice(view, "bill", "kind", [str(kind) for kind in FaultKind])
        + _input(view, "number", "out_trade_no", view.shown, "")
        + _input(view, "day", "day", "", "placeholder=yyyy-MM-dd")
        + _input(view, "fen", "amount_minor", 1, "type=number")
        + f"<button class=main>{view.say('spoil')}</button>",
    )


def _input(view: View, key: str, name: str, value: object, more: str) -> str:
    return f'<label>{view.say(key)} <input name={name} value="{escape(str(value))}" {more}></label>'


def _choice(view: View, key: str, name: str, values: Iterable[str]) -> str:
    options = "".join(f"<option value={escape(value)}>{_meant(view, key, value)}</option>" for value in values)
    return f"<label>{view.say(key)} <select name={name}>{options}</select></label>"


def _meant(view: View, key: str, value: str) -> str:
    """A kind of fault with what it means; a name of a channel or call stands for itself."""
    explained = key in ("fault", "notification", "bill") and value in WORDS
    return f"{value} – {view.say(value)}" if explained else escape(value)
