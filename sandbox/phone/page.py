"""The payment page on the phone: what is paid to whom, and the buttons, among them those for the unlucky cases."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import beijing, html, money, till
from sandbox.books import Payment, Trade
from sandbox.box import Box
from sandbox.due import pass_time
from sandbox.faults import twist

CHANNELS = {"wechat": "WeChat Pay 微信支付", "alipay": "Alipay 支付宝"}
PEOPLE = {"li-lei": "Li Lei 李雷", "han-meimei": "Han Meimei 韩梅梅"}
_DELAYS = {"10": "10 s", "120": "2 min", "600": "10 min"}
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€"}


def routes(box: Box) -> list[Route]:
    """This function will give the address of every pay page."""

    async def show(request: Request) -> Response:
        pass_time(box)
        channel, token = request.path_params["channel"], request.path_params["token"]
        person = _person(request.query_params.get("as", ""))
        trade = box.books.trade_by_token(channel, token)
        if trade is None:
            return _unknown(channel)
        with box.store.transaction():
            trade = till.scan(box, trade, person)
        said = request.query_params.get("said", "")
        return _page(box, trade, person, said)

    async def press(request: Request) -> Response:
        pass_time(box)
        channel, token = request.path_params["channel"], request.path_params["token"]
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        person = _person(form.get("as", ""))
        trade = box.books.trade_by_token(channel, token)
        if trade is None:
            return _unknown(channel)
        said = _pressed(box, trade, person, form)
        return RedirectResponse(f"/pay/{channel}/{token}?as={person}&said={said}", status_code=303)

    return [
        Route("/pay/{channel}/{token}", show, methods=["GET"]),
        Route("/pay/{channel}/{token}", press, methods=["POST"]),
    ]


def _person(name: str) -> str:
    return name if name in PEOPLE else next(iter(PEOPLE))


def _pressed(box: Box, trade: Trade, person: str, form: Mapping[str, str]) -> str:
    action = form.get("action", "")
    twists: dict[str, dict[str, Any] | None] = {
        "pay": None,
        "pay_lost": twist("drop", {}),
        "pay_thrice": twist("repeat", {"times": 3, "parallel": True}),
        "pay_late": twist("delay", {"delay_s": int(form.get("delay_s", "120"))}),
    }
    with box.store.transaction():
        if action not in twists:
            till.decline(box, trade, person)
            return "declined"
        try:
            till.pay(box, trade, person, twist=twists[action])
        except till.NotPayable:
            return "refused"
    return "paid"


def _unknown(channel: str) -> Response:
    body = (
        f"<header><p>{escape(CHANNELS.get(channel, channel))}</p></header><main>"
        "<h1>This code is not known here. 无效的二维码</h1><p>Nothing was charged. Ask the shop to show the code again.</p></main>"
    )
    return html.page("Unknown code", body, brand=html.BRANDS.get(channel, "#444"), status=404)


def _page(box: Box, trade: Trade, person: str, said: str) -> Response:
    payments = box.books.payments(trade)
    name = CHANNELS[trade.channel]
    amount = f"{_SYMBOLS.get(trade.currency, trade.currency + ' ')}{money.yuan(trade.amount_minor)}"
    rows = [
        ("Order 商户单号", trade.out_trade_no),
        ("State 状态", trade.state.value.capitalize()),
        ("Pay before 支付截止", beijing.spaced(min(trade.code_until, trade.expires_at))),
    ]
    rows += [
        (f"Paid by 付款人 {PEOPLE.get(p.payer, p.payer)}", f"{money.yuan(p.amount_minor)} · {p.trade_no}")
        for p in payments
    ]
    body = (
        f"<header><p>{escape(name)}</p><small>Sandbox: no real money 沙箱环境</small></header><main>"
        f"<p class=amount>{escape(amount)}</p><p class=title>{escape(trade.title)}</p>"
        f"{_notice(box, trade, payments, person, said)}{html.facts(rows)}{_buttons(person)}"
        f'<p class=sim><a href="/_sandbox/?out_trade_no={escape(trade.out_trade_no)}">Control page</a></p></main>'
    )
    return html.page(f"Pay {amount} with {name}", body, brand=html.BRANDS[trade.channel])


def _notice(box: Box, trade: Trade, payments: list[Payment], person: str, said: str) -> str:
    mine = any(payment.payer == person for payment in payments)
    refusal = till.refusal_of(box, trade, person)
    if said == "declined":
        sentence = "You did not pay. Nothing was charged. You can still pay this order. 未付款"
    elif mine and said != "refused":
        sentence = "Paid. Go back to the shop; this page can be closed. 支付成功"
    elif refusal is not None:
        sentence = str(refusal)
    else:
        return ""
    return f"<p class=notice role=status id=said>{escape(sentence)}</p>"


def _buttons(person: str) -> str:
    people = "".join(
        f'<option value="{escape(key)}"{" selected" if key == person else ""}>{escape(label)}</option>'
        for key, label in PEOPLE.items()
    )
    delays = "".join(f'<option value="{key}">{label}</option>' for key, label in _DELAYS.items())
    return (
        "<form method=post><p class=row><label for=as>Phone of 手机</label>"
        f"<select id=as name=as>{people}</select></p>"
        "<button class=main name=action value=pay>Pay 付款</button>"
        "<button name=action value=pay_lost>Pay and lose the notification<small>付款，通知丢失（掉单）</small></button>"
        "<button name=action value=pay_thrice>Pay, notify three times<small>付款，通知三次</small></button>"
        "<div class=row><button name=action value=pay_late>Pay, notify late<small>付款，延迟通知</small></button>"
        f"<select name=delay_s aria-label='How late 延迟'>{delays}</select></div>"
        "<button name=action value=decline>Decline 取消付款</button></form>"
    )
