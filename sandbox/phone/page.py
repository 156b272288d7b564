"""The payment page on the phone: what is paid to whom, and the buttons, among them those for the unlucky cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import beijing, html, money, till
from sandbox.books import Payment, Trade
from sandbox.box import Box
from sandbox.clerk import Clerk, WayBack
from sandbox.due import pass_time
from sandbox.faults import twist

PEOPLE = {"li-lei": "Li Lei 李雷", "han-meimei": "Han Meimei 韩梅梅"}
_DELAYS = {"10": "10 s", "120": "2 min", "600": "10 min"}
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One look at the page: whose phone, what was said to them last, where WeChat's H5 page leads back to."""

    person: str
    said: str
    redirect_url: str

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Visit:
        """This function will make sense of a query or a form, whatever it contains."""
        person, back = values.get("as", ""), values.get("redirect_url", "")
        return cls(
            person=person if person in PEOPLE else next(iter(PEOPLE)),
            said=values.get("said", ""),
            redirect_url=back if back.startswith(("http://", "https://")) else "",
        )

    def query(self, said: str) -> str:
        """This function will give the query of the page that says this."""
        back = {"redirect_url": self.redirect_url} if self.redirect_url else {}
        return urlencode({"as": self.person, "said": said} | back)


def routes(box: Box) -> list[Route]:
    """This function will give the address of every pay page."""

    def find(request: Request) -> tuple[Clerk | None, Trade | None]:
        pass_time(box)
        channel = request.path_params["channel"]
        return box.clerks.get(channel), box.books.trade_by_token(channel, request.path_params["token"])

    async def show(request: Request) -> Response:
        clerk, trade = find(request)
        if clerk is None or trade is None:
            return _unknown(clerk)
        visit = Visit.read(request.query_params)
        if clerk.begins_when_opened(trade):
            with box.store.transaction():
                trade = till.scan(box, trade, visit.person)
        return _page(box, clerk, trade, visit)

    async def press(request: Request) -> Response:
        clerk, trade = find(request)
        if clerk is None or trade is None:
            return _unknown(clerk)
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        visit = Visit.read(form)
        said = _pressed(box, trade, visit.person, form)
        return RedirectResponse(f"{request.url.path}?{visit.query(said)}", status_code=303)

    return [
        Route("/pay/{channel}/{token}", show, methods=["GET"]),
        Route("/pay/{channel}/{token}", press, methods=["POST"]),
    ]


def _pressed(box: Box, trade: Trade, person: str, form: Mapping[str, str]) -> str:
    action, late = form.get("action", ""), form.get("delay_s", "")
    twists: dict[str, dict[str, Any] | None] = {
        "pay": None,
        "pay_lost": twist("drop", {}),
        "pay_thrice": twist("repeat", {"times": 3, "parallel": True}),
        "pay_late": twist("delay", {"delay_s": int(late) if late in _DELAYS else 120}),
    }
    with box.store.transaction():
        if action == "decline":
            till.decline(box, trade, person)
            return "declined"
        if action not in twists:
            return ""
        try:
            till.pay(box, trade, person, twist=twists[action])
        except till.NotPayable:
            return "refused"
    return "paid"


def _unknown(clerk: Clerk | None) -> Response:
    title, colour = (clerk.title, clerk.colour) if clerk else ("Channel sandbox 渠道沙箱", "#444")
    body = (
        f"<header><p>{escape(title)}</p></header><main><h1>This code is not known here. 无效的二维码</h1>"
        "<p>Nothing was charged. Ask the shop to show the code again.</p></main>"
    )
    return html.page("Unknown code", body, brand=colour, status=404)


def _page(box: Box, clerk: Clerk, trade: Trade, visit: Visit) -> Response:
    payments = box.books.payments(trade)
    amount = f"{_SYMBOLS.get(trade.currency, trade.currency + ' ')}{money.yuan(trade.amount_minor)}"
    rows = [
        ("Order 商户单号", trade.out_trade_no),
        ("State 状态", trade.state.value.capitalize()),
        ("Pay before 支付截止", beijing.spaced(min(trade.code_until, trade.expires_at))),
    ]
    for payment in payments:
        rows.append(
            ("Paid by 付款人", f"{PEOPLE.get(payment.payer, payment.payer)} {money.yuan(payment.amount_minor)}")
        )
        rows.append(("Number 交易号", payment.trade_no))
    mine = next((payment for payment in payments if payment.payer == visit.person), None)
    back = clerk.way_back(trade, mine) or (WayBack(url=visit.redirect_url) if visit.redirect_url else None)
    body = (
        f"<header><p>{escape(clerk.title)}</p><small>Sandbox: no real money 沙箱环境</small></header><main>"
        f"<p class=amount>{escape(amount)}</p><p class=title>{escape(trade.title)}</p>"
        f"{_notice(box, trade, mine, visit)}{_way_back(back)}{html.facts(rows)}{_buttons(visit)}"
        f'<p class=sim><a href="/_sandbox/?out_trade_no={escape(trade.out_trade_no)}">Control page</a></p></main>'
    )
    return html.page(f"Pay {amount} with {clerk.title}", body, brand=clerk.colour)


def _notice(box: Box, trade: Trade, mine: Payment | None, visit: Visit) -> str:
    refusal = till.refusal_of(box, trade, visit.person)
    if visit.said == "declined":
        sentence = "You did not pay. Nothing was charged. You can still pay this order. 未付款"
    elif mine is not None and visit.said != "refused":
        sentence = "Paid. Go back to the shop; this page can be closed. 支付成功"
    elif refusal is not None:
        sentence = str(refusal)
    else:
        return ""
    return f"<p class=notice role=status id=said>{escape(sentence)}</p>"


def _way_back(back: WayBack | None) -> str:
    if back is None:
        return ""
    if not back.fields:
        return f'<p><a id=back href="{escape(back.url)}">Back to the shop 返回商家</a></p>'
    hidden = html.hidden(back.fields)
    return f'<form method=post action="{escape(back.url)}">{hidden}<button id=back>Back to the shop 返回商家</button></form>'


def _buttons(visit: Visit) -> str:
    people = "".join(
        f'<option value="{escape(key)}"{" selected" if key == visit.person else ""}>{escape(label)}</option>'
        for key, label in PEOPLE.items()
    )
    delays = "".join(f'<option value="{key}">{label}</option>' for key, label in _DELAYS.items())
    return (
        f"<form method=post>{html.hidden({'redirect_url': visit.redirect_url})}"
        f"<p class=row><label for=as>Phone of 手机</label><select id=as name=as>{people}</select></p>"
        "<button class=main name=action value=pay>Pay 付款</button>"
        "<button name=action value=pay_lost>Pay and lose the notification<small>付款，通知丢失（掉单）</small></button>"
        "<button name=action value=pay_thrice>Pay, notify three times<small>付款，通知三次</small></button>"
        "<div class=row><button name=action value=pay_late>Pay, notify late<small>付款，延迟通知</small></button>"
        f"<select name=delay_s aria-label='How late 延迟'>{delays}</select></div>"
        "<button name=action value=decline>Decline 取消付款</button></form>"
    )
