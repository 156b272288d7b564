"""The control page: what the channels have in their books, what they told whom, what is armed, and the buttons."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import beijing, due, html, money, till
from sandbox.box import Box
from sandbox.control import menu
from sandbox.control.control import Body, Control, Unusable

_READ: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(("id", "advance_s", "skip", "amount_minor"), int),
    "count": lambda text: int(text) or None,  # 0: until disarmed
    "probability": float,
}


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
        "spoil": control.spoil_bill,
        "mend": control.mend_bill,
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
        try:
            options = json.loads(form.pop("options", "{}"))
            await verbs[verb]({name: _READ.get(name, str)(value) for name, value in form.items()} | dict(options))
            said = f"Done: {verb}."
        except (Unusable, ValueError, TypeError, LookupError, till.NotPayable) as error:
            said = str(error)
        box.wake.set()
        return RedirectResponse("/_sandbox/?" + urlencode({"out_trade_no": shown, "said": said}), status_code=303)

    return [Route("/_sandbox/", show, methods=["GET"]), Route("/_sandbox/do", press, methods=["POST"])]


async def _page(box: Box, control: Control, shown: str, said: str) -> Response:
    wanted = {"out_trade_no": shown}
    notice = f"<p class=notice role=status>{escape(said)}</p>" if said else ""
    clock, channels = await control.clock({}), sorted(box.clerks)
    offset = f" (the machine's time {clock['offset_s']:+} s)" if clock["offset_s"] else ""
    only = f'<p>Only {escape(shown)} · <a href="/_sandbox/">all</a></p>' if shown else ""
    body = (
        "<header><p>Channel sandbox 渠道沙箱</p></header><main>"
        f"{notice}{only}<h1>Trades 交易</h1>{_trades(await control.trades(wanted), shown)}"
        f"<h2>Notifications 通知</h2>{_notifications(await control.notifications(wanted), shown)}"
        f"<h2>Calls received 收到的请求</h2>{_calls(await control.calls(wanted))}"
        f"<h2>Faults armed 故障</h2>{menu.armed(await control.faults({}), shown)}{menu.arming(channels, shown)}"
        f"<h2>Wrong bills 错误账单</h2>{menu.spoiled(await control.bill_faults({}), shown)}{menu.spoiling(channels, shown)}"
        f"<h2>Clock 时钟</h2><p>{beijing.spaced(clock['now'])} Beijing time{escape(offset)}</p>"
        f"{menu.button('+1 minute', shown, do='advance', advance_s=60)}{menu.button('+1 hour', shown, do='advance', advance_s=3600)}"
        f"{menu.button('+1 day', shown, do='advance', advance_s=86400)}"
        f"<h2>Everything 全部</h2>{menu.button('Reset: forget all trades', shown, do='reset')}</main>"
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
            menu.button(label, shown, do=verb, **named)
            for label, verb in (("Pay", "pay"), ("Decline", "decline"), ("Expire", "expire"))
        ]
        buttons.append(menu.button("Let a second person pay", shown, do="second_payment", **named))
        buttons.append(menu.button("Next close lies", shown, do="arm", kind="lie", call="close", channel=trade["channel"],
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
                menu.button("Send again", shown, do="resend", id=item["id"]),
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
