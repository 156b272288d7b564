"""The control page: what the channels have in their books, what they told whom, what is armed, and the buttons."""

from __future__ import annotations

import json
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import beijing, due, html, money, till
from sandbox.box import Box
from sandbox.control.control import Body, Control, Unusable
from sandbox.faults import CALL_FAULTS, NOTIFY_FAULTS, NotArmed

_INTEGERS = {"count", "id", "advance_s", "skip"}


def routes(box: Box, control: Control) -> list[Route]:
    """This function will give the control page and the address that its buttons post to."""
    verbs = {
        "scan": control.scan,
        "pay": control.pay,
        "decline": control.decline,
        "expire": control.expire,
        "second_payment": control.second_payment,
        "resend": control.resend,
        "arm": control.arm,
        "disarm": control.disarm,
        "advance": control.set_clock,
        "reset": control.reset,
    }

    async def show(request: Request) -> Response:
        due.pass_time(box)
        return await _page(
            box, control, request.query_params.get("out_trade_no", ""), request.query_params.get("said", "")
        )

    async def press(request: Request) -> Response:
        due.pass_time(box)
        form: Body = dict(parse_qsl((await request.body()).decode()))
        verb, shown = str(form.pop("do", "")), form.pop("shown", "")
        asked = {name: int(value) if name in _INTEGERS else value for name, value in form.items()}
        try:
            await verbs[verb](asked)
            said = f"Done: {verb}."
        except (Unusable, NotArmed, LookupError, till.NotPayable) as error:
            said = str(error)
        box.wake.set()
        return RedirectResponse("/_sandbox/?" + urlencode({"out_trade_no": shown, "said": said}), status_code=303)

    return [Route("/_sandbox/", show, methods=["GET"]), Route("/_sandbox/do", press, methods=["POST"])]


def _button(label: str, shown: str, **fields: object) -> str:
    hidden = html.hidden({**fields, "shown": shown})
    return f"<form method=post action=/_sandbox/do>{hidden}<button>{escape(label)}</button></form>"


async def _page(box: Box, control: Control, shown: str, said: str) -> Response:
    wanted = {"out_trade_no": shown}
    notice = f"<p class=notice role=status>{escape(said)}</p>" if said else ""
    clock = await control.clock({})
    offset = f" (the machine's time {clock['offset_s']:+} s)" if clock["offset_s"] else ""
    only = f'<p>Only {escape(shown)} · <a href="/_sandbox/">all</a></p>' if shown else ""
    body = (
        "<header><p>Channel sandbox 渠道沙箱</p></header><main>"
        f"{notice}{only}<h1>Trades 交易</h1>{_trades(await control.trades(wanted), shown)}"
        f"<h2>Notifications 通知</h2>{_notifications(await control.notifications(wanted), shown)}"
        f"<h2>Calls received 收到的请求</h2>{_calls(await control.calls(wanted))}"
        f"<h2>Faults armed 故障</h2>{_faults(await control.faults({}), shown)}{_arming(sorted(box.clerks), shown)}"
        f"<h2>Clock 时钟</h2><p>{beijing.spaced(clock['now'])} Beijing time{escape(offset)}</p>"
        f"{_button('+1 minute', shown, do='advance', advance_s=60)}{_button('+1 hour', shown, do='advance', advance_s=3600)}"
        f"{_button('+1 day', shown, do='advance', advance_s=86400)}"
        f"<h2>Everything 全部</h2>{_button('Reset: forget all trades', shown, do='reset')}</main>"
    )
    return html.page("Channel sandbox", body, wide=True)


def _trades(trades: list[dict[str, Any]], shown: str) -> str:
    rows = []
    for trade in trades:
        named = {"channel": trade["channel"], "number": trade["out_trade_no"], "txn_time": trade["txn_time"]}
        money_moved = [
            f"{p['payer']} {money.yuan(p['amount_minor'])} <code>{p['trade_no']}</code>" for p in trade["payments"]
        ]
        returned = [
            f"{r['state']} {money.yuan(r['amount_minor'])} <code>{escape(r['out_refund_no'])}</code>"
            for r in trade["refunds"]
        ]
        number = escape(trade["out_trade_no"])
        buttons = [
            _button(label, shown, do=verb, **named)
            for label, verb in (("Pay", "pay"), ("Decline", "decline"), ("Expire", "expire"))
        ]
        buttons.append(_button("Let a second person pay", shown, do="second_payment", **named))
        buttons.append(_button("Next close lies", shown, do="arm", kind="lie", call="close", channel=trade["channel"],
                               out_trade_no=trade["out_trade_no"]))  # fmt: skip
        rows.append(
            [
                f"{escape(trade['channel'])} {escape(trade['method'])}",
                f'<a href="?out_trade_no={number}"><code>{number}</code></a><br>{escape(trade["title"])}',
                f"{money.yuan(trade['amount_minor'])} {escape(trade['currency'])}",
                escape(trade["state"]),
                "<br>".join(money_moved),
                "<br>".join(returned),
                beijing.spaced(trade["expires_at"]),
                f'<a href="{escape(trade["pay_url"])}">Pay page</a> {"".join(buttons)}',
            ]
        )
    return html.table(["Channel", "Number", "Amount", "State", "Paid by", "Refunds", "Ends", "Do"], rows)


def _notifications(notifications: list[dict[str, Any]], shown: str) -> str:
    rows = []
    for item in notifications:
        sends = [f"{s['verdict']} {s['status']} {s['took_ms']} ms {escape(s['answer'][:80])}" for s in item["sends"]]
        twist = json.dumps(item["twist"]) if item["twist"] else ""
        rows.append(
            [
                beijing.spaced(item["created_at"]),
                f"{escape(item['channel'])} {escape(item['kind'])}",
                f"<code>{escape(item['out_trade_no'])}</code>",
                f"{item['state']} {escape(twist)}",
                "<br>".join(sends),
                beijing.spaced(item["next_at"]) if item["next_at"] else "",
                _button("Send again", shown, do="resend", id=item["id"]),
            ]
        )
    return html.table(["Written", "What", "Number", "State", "Sends", "Next", "Do"], rows)


def _calls(calls: list[dict[str, Any]]) -> str:
    rows = [
        [beijing.spaced(call["at"]), escape(call["channel"]), escape(call["call"]), f"<code>{escape(call['out_trade_no'])}</code>",
         escape(call["fault"]), str(call["status"]), escape(call["code"])]
        for call in reversed(calls[-50:])
    ]  # fmt: skip
    return html.table(["At", "Channel", "Call", "Number", "Fault", "Status", "Code"], rows)


def _faults(faults: list[dict[str, Any]], shown: str) -> str:
    rows = [
        [escape(fault["channel"]), escape(fault["call"]), escape(fault["out_trade_no"]) or "any", escape(fault["kind"]),
         "until disarmed" if fault["left_count"] is None else str(fault["left_count"]), escape(json.dumps(fault["options"])),
         _button("Disarm", shown, do="disarm", id=fault["id"])]
        for fault in faults
    ]  # fmt: skip
    return html.table(["Channel", "Call", "Number", "Kind", "Calls left", "Options", "Do"], rows)


def _options(names: list[str]) -> str:
    return "".join(f"<option>{escape(name)}</option>" for name in names)


def _arming(channels: list[str], shown: str) -> str:
    calls = [
        "*",
        "create",
        "query",
        "close",
        "cancel",
        "refund",
        "undo",
        "refund_query",
        "bill",
        "bill_file",
        "certificates",
    ]
    chosen = (
        f'<input type=hidden name=do value=arm><input type=hidden name=shown value="{escape(shown)}">'
        f"<label>Channel <select name=channel>{_options(['*', *channels])}</select></label> "
    )
    count = "<label>Next <input type=number name=count value=1 min=1 size=4> times</label> "
    number = f'<label>Number <input name=out_trade_no value="{escape(shown)}" placeholder="any"></label> '
    return (
        f"<form method=post action=/_sandbox/do><p>{chosen}<label>Call <select name=call>{_options(calls)}</select></label> "
        f"<label>Fault <select name=kind>{_options(list(CALL_FAULTS))}</select></label> {count}{number}<button>Arm</button></p></form>"
        f"<form method=post action=/_sandbox/do><p>{chosen}<input type=hidden name=call value=notify>"
        f"<label>Notification <select name=kind>{_options(list(NOTIFY_FAULTS))}</select></label> {count}{number}"
        "<button>Arm</button></p></form>"
    )
