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
from sandbox.languages import LANGUAGES, chosen, say
from sandbox.phone.words import WORDS

PEOPLE = {"li-lei": "Li Lei 李雷", "han-meimei": "Han Meimei 韩梅梅"}
_DELAYS = {"10": (10, "s"), "120": (2, "min"), "600": (10, "min")}
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One look at the page: whose phone, what was said to them last, where WeChat's H5 page leads back to."""

    person: str
    said: str
    redirect_url: str
    language: str

    @classmethod
    def read(cls, values: Mapping[str, str], accepted: str) -> Visit:
        """This function will make sense of a query or a form, whatever it contains."""
        person, back = values.get("as", ""), values.get("redirect_url", "")
        return cls(
            person=person if person in PEOPLE else next(iter(PEOPLE)),
            said=values.get("said", ""),
            redirect_url=back if back.startswith(("http://", "https://")) else "",
            language=chosen(values.get("lang", ""), accepted),
        )

    def query(self, **changes: str) -> str:
        """This function will give the query of the page with something else in it."""
        back = {"redirect_url": self.redirect_url} if self.redirect_url else {}
        return urlencode({"as": self.person, "said": self.said, "lang": self.language} | back | changes)

    def say(self, key: str, **parts: str) -> str:
        """This function will give the words of a key in the visitor's language, as HTML."""
        return escape(say(WORDS, self.language, key, **parts))


def routes(box: Box) -> list[Route]:
    """This function will give the address of every pay page."""

    def find(request: Request) -> tuple[Clerk | None, Trade | None]:
        pass_time(box)
        channel = request.path_params["channel"]
        return box.clerks.get(channel), box.books.trade_by_token(channel, request.path_params["token"])

    async def show(request: Request) -> Response:
        clerk, trade = find(request)
        visit = Visit.read(request.query_params, request.headers.get("accept-language", ""))
        if clerk is None or trade is None:
            return _unknown(clerk, visit)
        if clerk.begins_when_opened(trade):
            with box.store.transaction():
                trade = till.scan(box, trade, visit.person)
        return _page(box, clerk, trade, visit)

    async def press(request: Request) -> Response:
        clerk, trade = find(request)
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        visit = Visit.read(form, request.headers.get("accept-language", ""))
        if clerk is None or trade is None:
            return _unknown(clerk, visit)
        said = _pressed(box, trade, visit.person, form)
        return RedirectResponse(f"{request.url.path}?{visit.query(said=said)}", status_code=303)

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


def _unknown(clerk: Clerk | None, visit: Visit) -> Response:
    title, colour = (clerk.title, clerk.colour) if clerk else ("Channel sandbox 渠道沙箱", "#444")
    body = (
        f"<header><p>{escape(title)}</p><small>{visit.say('test')}</small></header><main><h1>{visit.say('unknown')}</h1>"
        f"<p>{visit.say('unknown_help')}</p></main>"
    )
    heading = say(WORDS, visit.language, "unknown_title")
    return html.page(heading, body, brand=colour, status=404, lang=visit.language)


def _page(box: Box, clerk: Clerk, trade: Trade, visit: Visit) -> Response:
    payments = box.books.payments(trade)
    amount = f"{_SYMBOLS.get(trade.currency, trade.currency + ' ')}{money.yuan(trade.amount_minor)}"
    rows = [
        ("order", trade.out_trade_no),
        ("state", say(WORDS, visit.language, trade.state.value)),
        ("until", beijing.spaced(min(trade.code_until, trade.expires_at))),
    ]
    for payment in payments:
        rows.append(("payer", f"{PEOPLE.get(payment.payer, payment.payer)} {money.yuan(payment.amount_minor)}"))
        rows.append(("number", payment.trade_no))
    mine = next((payment for payment in payments if payment.payer == visit.person), None)
    back = clerk.way_back(trade, mine) or (WayBack(url=visit.redirect_url) if visit.redirect_url else None)
    named = [(say(WORDS, visit.language, key), value) for key, value in rows]
    refusal = till.refusal_of(box, trade, visit.person)
    title = trade.title if trade.title != trade.out_trade_no else ""  # UnionPay is told no title
    body = (
        f"<header><p>{escape(clerk.title)}</p><small>{visit.say('test')}</small></header><main>"
        f"<p class=amount>{escape(amount)}</p><p class=title>{escape(title)}</p>"
        f"{_notice(refusal, mine, visit)}{_way_back(back, visit, mine)}{html.facts(named)}"
        f"{_buttons(visit, can_pay=refusal is None)}"
        f'<p class=sim>{_languages(visit)} · <a href="/_sandbox/?out_trade_no={escape(trade.out_trade_no)}">'
        f"{visit.say('control')}</a></p></main>"
    )
    heading = say(WORDS, visit.language, "title", amount=amount, channel=clerk.title)
    return html.page(heading, body, brand=clerk.colour, lang=visit.language)


def _notice(refusal: till.NotPayable | None, mine: Payment | None, visit: Visit) -> str:
    if visit.said == "declined":
        sentence = visit.say("said_declined")
    elif mine is not None and visit.said != "refused":
        sentence = visit.say("said_paid")
    elif refusal is not None:
        sentence = escape(refusal.sentences[visit.language])
    else:
        return ""
    return f"<p class=notice role=status id=said>{sentence}</p>"


def _way_back(back: WayBack | None, visit: Visit, mine: Payment | None) -> str:
    if back is None:
        return ""
    label, kind = visit.say("back"), ' class="button main"' if mine else " class=button"
    if not back.fields:
        return f'<p><a id=back href="{escape(back.url)}"{kind}>{label}</a></p>'
    hidden = html.hidden(back.fields)
    return f'<form method=post action="{escape(back.url)}">{hidden}<button id=back{kind}>{label}</button></form>'


def _buttons(visit: Visit, *, can_pay: bool) -> str:
    people = "".join(
        f'<option value="{escape(key)}"{" selected" if key == visit.person else ""}>{escape(label)}</option>'
        for key, label in PEOPLE.items()
    )
    delays = "".join(
        f'<option value="{key}">{number} {visit.say(unit)}</option>' for key, (number, unit) in _DELAYS.items()
    )
    main = " class=main" if can_pay else ""
    carried = html.hidden({"redirect_url": visit.redirect_url, "lang": visit.language})
    return (
        f"<form method=post>{carried}"
        f"<p class=row><label for=as>{visit.say('phone')}</label><select id=as name=as>{people}</select></p>"
        f"<button{main} name=action value=pay>{visit.say('pay')}</button>"
        f"<button name=action value=decline>{visit.say('decline')}</button>"
        f"<fieldset><legend>{visit.say('unlucky')}</legend>"
        f"<button name=action value=pay_lost>{visit.say('pay_lost')}</button>"
        f"<button name=action value=pay_thrice>{visit.say('pay_thrice')}</button>"
        f"<div class=row><button name=action value=pay_late>{visit.say('pay_late')}</button>"
        f'<select name=delay_s aria-label="{visit.say("how_late")}">{delays}</select></div></fieldset></form>'
    )


def _languages(visit: Visit) -> str:
    return " · ".join(
        f'<a lang={language} href="?{escape(visit.query(lang=language))}">{name}</a>'
        for language, name in LANGUAGES.items()
        if language != visit.language
    )
