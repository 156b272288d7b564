"""The control page's fault menu: what is armed, how bills are wrong, and the forms that arm and spoil."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from sandbox import html
from sandbox.bills import FaultKind
from sandbox.faults import CALL_FAULTS, NOTIFY_FAULTS

CALLS = (
    *("*", "create", "query", "close", "cancel", "refund", "undo", "refund_query", "bill", "bill_file"),
    *("certificates", "confirm", "list", "events", "webhook"),
)


def button(label: str, shown: str, **fields: object) -> str:
    """This function will give a button that does what `do` says; the page stays on the trade that is shown."""
    hidden = html.hidden({**fields, "shown": shown})
    return f"<form method=post action=/_sandbox/do>{hidden}<button>{escape(label)}</button></form>"


def armed(faults: list[dict[str, Any]], shown: str) -> str:
    """This function will list what is armed."""
    rows = [
        [escape(fault["channel"]), escape(fault["call"]), escape(fault["out_trade_no"]) or "any", escape(fault["kind"]),
         "until disarmed" if fault["left_count"] is None else str(fault["left_count"]), str(fault["skip"]),
         f"{fault['probability']:g}", escape(json.dumps(fault["options"])),
         button("Disarm", shown, do="disarm", id=fault["id"])]
        for fault in faults
    ]  # fmt: skip
    heads = ["Channel", "Call", "Number", "Kind", "Calls left", "Lets pass first", "Probability", "Options", "Do"]
    return html.table(heads, rows)


def arming(channels: list[str], shown: str) -> str:
    """This function will give the two forms that arm faults of calls and of notifications."""
    when = (
        "<label>Let pass first <input type=number name=skip value=0 min=0 size=4></label> "
        "<label>then strike (0: until disarmed) <input type=number name=count value=1 min=0 size=4></label> "
        "<label>Probability <input type=number name=probability value=1 min=0 max=1 step=any></label> "
    )
    number = _number(shown)
    of_calls = _choice("Call", "call", CALLS) + _choice("Fault", "kind", list(CALL_FAULTS))
    code = "<label>Code (of refuse) <input name=code placeholder='the channel’s own'></label> "
    options = "<label>Options <input name=options placeholder='{&quot;wait_s&quot;: 5}'></label> "
    of_news = "<input type=hidden name=call value=notify>" + _choice("Notification", "kind", list(NOTIFY_FAULTS))
    chosen = _choice("Channel", "channel", ["*", *channels])
    return _form("arm", shown, f"{chosen}{of_calls}{number}{when}{code}{options}<button>Arm</button>") + _form(
        "arm", shown, f"{chosen}{of_news}{number}{when}{options}<button>Arm</button>"
    )


def spoiled(faults: list[dict[str, Any]], shown: str) -> str:
    """This function will list how bills are wrong."""
    rows = [
        [escape(fault["channel"]), escape(fault["kind"]), escape(fault["day"]), escape(fault["out_trade_no"]),
         str(fault["amount_minor"]), button("Mend", shown, do="mend", id=fault["id"])]
        for fault in faults
    ]  # fmt: skip
    return html.table(["Channel", "Kind", "Day", "Number", "Amount", "Do"], rows)


def spoiling(channels: list[str], shown: str) -> str:
    """This function will give the form that makes a bill wrong."""
    more = (
        "<label>Day <input name=day placeholder='yyyy-MM-dd'></label> "
        "<label>Amount (fen) <input type=number name=amount_minor value=1></label> "
    )
    chosen = _choice("Channel", "channel", channels) + _choice("Bill", "kind", [str(kind) for kind in FaultKind])
    return _form("spoil", shown, f"{chosen}{_number(shown)}{more}<button>Spoil</button>")


def _form(verb: str, shown: str, inside: str) -> str:
    hidden = html.hidden({"do": verb, "shown": shown})
    return f"<form method=post action=/_sandbox/do class=menu>{hidden}<p>{inside}</p></form>"


def _number(shown: str) -> str:
    return f'<label>Number <input name=out_trade_no value="{escape(shown)}" placeholder="any"></label> '


def _choice(label: str, name: str, values: list[str] | tuple[str, ...]) -> str:
    options = "".join(f"<option>{escape(value)}</option>" for value in values)
    return f"<label>{label} <select name={name}>{options}</select></label> "
