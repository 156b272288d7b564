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
from sandbox.control.view import View
from sandbox.control.words import WORDS
from sandbox.languages import chosen, say

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
        "fail_payout": control.fail_payout,
        "spoil": control.spoil_bill,
        "mend": control.mend_bill,
        "advance": control.set_clock,
        "reset": control.reset,
    }

    async def show(request: Request) -> Response:
        due.pass_time(box)
        asked = request.query_params
        language = chosen(asked.get("lang", ""), request.headers.get("accept-language", ""))
        view = View(shown=asked.get("out_trade_no", ""), language=language)
        return html.page(
            say(WORDS, language, "title"),
            await _body(box, control, view, asked.get("said", "")),
            wide=True,
            lang=language,
        )

    async def press(request: Request) -> Response:
        due.pass_time(box)
        form: Body = dict(parse_qsl((await request.body()).decode()))
        verb, shown = str(form.pop("do", "")), form.pop("shown", "")
        language = chosen(str(form.pop("lang", "")), request.headers.get("accept-language", ""))
        try:
            options = json.loads(form.pop("options", "{}"))
            await verbs[verb]({name: _READ.get(name, str)(value) for name, value in form.items()} | dict(options))
            said = say(WORDS, language, "done", what=verb)
        except till.NotPayable as refusal:
            said = refusal.sentences[language]
        except (Unusable, ValueError, TypeError, LookupError) as error:
            said = str(error)
        box.wake.set()
        back = urlencode({"out_trade_no": shown, "said": said, "lang": language})
        return RedirectResponse(f"/_sandbox/?{back}", status_code=303)

    return [Route("/_sandbox/", show, methods=["GET"]), Route("/_sandbox/do", press, methods=["POST"])]


async def _body(box: Box, control: Control, view: View, said: str) -> str:
    wanted, channels = {"out_trade_no": view.shown}, sorted(box.clerks)
    notice = f"<p class=notice role=status>{escape(said)}</p>" if said else ""
    number = view.say("only", number=view.shown)
    only = f"<p>{number} · {view.link(view.say('all'), out_trade_no='')}</p>" if view.shown else ""
    payouts = await control.payouts({})
    return (
        f"<header><p>{view.say('title')}</p><small>{view.say('test')} · {view.languages()}</small></header><main>"
        f"{notice}{only}<h1>{view.say('trades')}</h1>{_trades(await control.trades(wanted), view)}"
        f"<h2>{view.say('notifications')}</h2>{_notifications(await control.notifications(wanted), view)}"
        f"<h2>{view.say('calls')}</h2>{_calls(await control.calls(wanted), view)}"
        f"<h2>{view.say('faults')}</h2>{menu.armed(await control.faults({}), view)}{menu.arming(channels, view)}"
        f"<h2>{view.say('bills')}</h2>{menu.spoiled(await control.bill_faults({}), view)}{menu.spoiling(channels, view)}"
        f"{_payouts(payouts, view)}<h2>{view.say('clock')}</h2>{_clock(await control.clock({}), view)}"
        f"<h2>{view.say('everything')}</h2>{view.button('reset', 'reset')}</main>"
    )


def _trades(trades: list[dict[str, Any]], view: View) -> str:
    rows = []
    for trade in trades:
        named = {"channel": trade["channel"], "number": trade["out_trade_no"], "txn_time": trade["txn_time"]}
        money_moved = [
            f"{escape(p['payer'])} {money.yuan(p['amount_minor'])} <code>{escape(p['trade_no'])}</code>"
            for p in trade["payments"]
        ]
        returned = [
            f"{r['state']} {money.yuan(r['amount_minor'])} <code>{escape(r['out_refund_no'])}</code>"
            for r in trade["refunds"]
        ]
        number = trade["out_trade_no"]
        lies = {"kind": "lie", "call": "close", "channel": trade["channel"], "out_trade_no": number}
        buttons = [
            f'<a href="{escape(trade["pay_url"])}">{view.say("pay_page")}</a>',
            *(view.button(verb, verb, **named) for verb in ("pay", "decline", "expire", "second_payment")),
            view.button("close_lies", "arm", **lies),
        ]
        rows.append(
            [
                f"{escape(trade['channel'])} {escape(trade['method'])}",
                f"{view.link(f'<code>{escape(number)}</code>', out_trade_no=number)}<br>{escape(trade['title'])}",
                f"{money.yuan(trade['amount_minor'])} {escape(trade['currency'])}",
                escape(trade["state"]),
                "<br>".join(money_moved),
                "<br>".join(returned),
                beijing.spaced(trade["expires_at"]),
                f"<div class=do>{''.join(buttons)}</div>",
            ]
        )
    return view.table(("channel", "number", "amount", "state", "paid_by", "refunds", "ends", "do"), rows)


def _notifications(notifications: list[dict[str, Any]], view: View) -> str:
    rows = []
    for item in notifications:
        sends = [f"{s['verdict']} {s['status']} {s['took_ms']} ms {escape(s['answer'][:80])}" for s in item["sends"]]
        twist = json.dumps(item["twist"]) if item["twist"] else ""
        is_waiting = item["state"] in ("PENDING", "SENDING") and item["next_at"]
        rows.append(
            [
                beijing.spaced(item["created_at"]),
                f"{escape(item['channel'])} {escape(item['kind'])}",
                f"<code>{escape(item['out_trade_no'])}</code>",
                f"{item['state']} {escape(twist)}",
                "<br>".join(sends),
                beijing.spaced(item["next_at"]) if is_waiting else "",
                view.button("send_again", "resend", id=item["id"]),
            ]
        )
    return view.table(("written", "what", "number", "state", "sends", "next", "do"), rows)


def _calls(calls: list[dict[str, Any]], view: View) -> str:
    rows = [
        [beijing.spaced(call["at"]), escape(call["channel"]), escape(call["call"]), f"<code>{escape(call['out_trade_no'])}</code>",
         escape(call["fault"]), str(call["status"]), escape(call["code"])]
        for call in reversed(calls[-50:])
    ]  # fmt: skip
    return view.table(("at", "channel", "call", "number", "fault", "status", "code"), rows)


def _payouts(payouts: list[dict[str, Any]], view: View) -> str:
    rows = [
        [f"<code>{escape(one['id'])}</code>", f"{money.yuan(one['amount'])} {escape(one['currency'].upper())}",
         escape(one["status"]), beijing.spaced(one["arrival_date"]),
         view.button("fail", "fail_payout", number=one["id"]) if one["status"] != "failed" else ""]
        for one in payouts
    ]  # fmt: skip
    heading = f"<h2>Stripe: {view.say('payouts')}</h2>"
    return heading + view.table(("number", "amount", "state", "arrives", "do"), rows) if rows else ""


def _clock(clock: dict[str, Any], view: View) -> str:
    ahead = f" ({view.say('ahead', by=str(clock['offset_s']))})" if clock["offset_s"] else ""
    steps = (("minute", 60), ("hour", 3600), ("a_day", 86400))
    buttons = "".join(view.button(key, "advance", advance_s=seconds) for key, seconds in steps)
    return f"<p>{beijing.spaced(clock['now'])} {view.say('beijing')}{ahead}</p><div class=do>{buttons}</div>"
