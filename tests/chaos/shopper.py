"""Shoppers: they order, click, click twice, switch, pay on the phone, give up, over real HTTP, and write down what
every page told them."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random  # noqa: TID251 - seeded, and never of payhub
from typing import Any

import httpx

from tests.chaos.journal import Journal

GOODS = ("bookmark", "notebook", "novel")
ENDS = frozenset({"succeeded", "duplicate_refunded", "cancelled", "expired", "late_refunded"})
_COUNTER = re.compile(r"/c/([0-9a-z]{32})/?$")
_CHOICES = re.compile(r'name="choice" value="([^"]+\.(?:native|precreate))"')
_SEEN = re.compile(r'name="seen" value="([^"]*)"')
_PHONE = re.compile(r'class="play-phone" href="([^"]+)"')
_EARLIER = re.compile(r"/shop/orders/([0-9a-z]{32})/")
_PATIENCE = 30  # steps; whoever leaves comes back when all is well again
_PAUSE_S = (0.1, 0.6)


class Shopper:
    """One person with one cart."""

    def __init__(self, name: str, web: str, sandbox: str, journal: Journal, stop: threading.Event) -> None:
        self._name, self._web, self._sandbox = name, web, sandbox
        self._journal, self._stop = journal, stop
        self._chance = Random(name)
        self._client = httpx.Client(trust_env=False, timeout=20)  # noqa: TID251 - the test's own
        self._cart = {"sku": self._chance.choice(GOODS), "quantity": "1"}
        self._token = ""
        self._state = ""
        self._phone = ""  # the last code that was seen
        self._given_up: list[str] = []  # codes that were seen and then closed
        self.is_done = False

    def shop(self) -> None:
        """Go on until the order has come to an end, patience has, or everybody goes home."""
        for _ in range(_PATIENCE):
            if self.is_done or self._stop.is_set():
                return
            self.act()
            self._stop.wait(self._chance.uniform(*_PAUSE_S))

    def act(self, *, patient: bool = False) -> None:
        """Do the next thing. `patient`: whoever came back when all was well again wants it to end."""
        if not self._token:
            self._order()
            return
        self._look()
        if self.is_done and self._given_up and not patient:
            self._pay_late(self._given_up.pop())
        {
            "ready": self._at_the_counter,
            "failed": self._at_the_counter,
            "code_expired": self._at_the_counter,
            "waiting_qr": self._with_a_code,
        }.get(self._state, self._in_doubt)(patient)

    def look_once_more(self) -> None:
        """See what the page says at the very end."""
        if self._token:
            self._look()

    # -- steps ---------------------------------------------------------------------------------------------------

    def _order(self) -> None:
        if "csrftoken" not in self._client.cookies:
            self._ask("GET", f"{self._web}/shop/")
        answer = self._post(f"{self._web}/shop/orders/", self._cart)
        if answer is not None and answer.status_code == 409 and (earlier := _EARLIER.search(answer.text)):
            answer = self._post(f"{self._web}/shop/orders/{earlier[1]}/pay", {})
        found = _COUNTER.search(answer.headers.get("location", "")) if answer is not None else None
        if found:
            self._token = found[1]
            self._note("ordered", token=self._token)

    def _look(self) -> None:
        answer = self._ask("GET", f"{self._counter}status")
        if answer is not None and answer.status_code == 200:
            self._state = answer.json()["state"]
            self._note("page", token=self._token, state=self._state)
            self.is_done = self._state in ENDS

    def _at_the_counter(self, patient: bool) -> None:
        if self._chance.random() < (0.5 if patient else 0.1):
            self._cancel()
            return
        page = self._ask("GET", self._counter)
        choices = _CHOICES.findall(page.text) if page is not None else []
        if not choices or page is None:
            return
        forms = [self._form(page, self._chance.choice(choices)) for _ in range(self._chance.choice((1, 1, 2, 3)))]
        self._at_once("pay", forms)

    def _with_a_code(self, patient: bool) -> None:
        page = self._ask("GET", self._counter)
        code = _PHONE.search(page.text) if page is not None else None
        if page is None or code is None:
            return
        self._phone, draw = code[1], self._chance.random()
        self._ask("GET", self._phone)  # the phone scans; Alipay knows no trade before
        if patient or draw < 0.5:
            self._pay_on_phone()
        elif draw < 0.65:
            self._given_up.append(self._phone)
            self._at_once("close", [self._form(page)])
        elif draw < 0.8:
            self._given_up.append(self._phone)
            other = "lantern-books-alipay.precreate" if "/wechat/" in self._phone else "lantern-books-wechat.native"
            self._at_once("pay", [self._form(page, other)])
            if self._chance.random() < 0.3:
                self._pay_on_phone()  # the old code, while the other one is made
        elif draw < 0.85:
            self._cancel()

    def _in_doubt(self, patient: bool) -> None:
        if self.is_done or self._chance.random() < (0.2 if patient else 0.5):
            return
        page = self._ask("GET", self._counter)
        if page is not None:
            self._at_once("check" if self._chance.random() < 0.5 else "close", [self._form(page)])

    def _pay_on_phone(self) -> None:
        answer = self._ask("POST", self._phone, {"action": "pay"})
        said = answer.headers.get("location", "") if answer is not None else ""
        self._note("phone", token=self._token, paid="said=paid" in said)

    def _pay_late(self, phone: str) -> None:
        """Pay a closed code: the channel breaks its word, as when somebody was typing the password."""
        for trade in self._witness("GET", "/trades") or []:
            if trade["pay_url"] == phone and trade["state"] == "CLOSED":
                self._witness("POST", f"/trades/{trade['channel']}/{trade['out_trade_no']}/pay", {"force": True})
                self._note("late", token=self._token, number=trade["out_trade_no"])

    def _witness(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Ask the sandbox's control page; it is never struck. It may refuse: somebody else was quicker."""
        answer = self._client.request(method, f"{self._sandbox}/_sandbox/api{path}", json=body)
        return answer.json() if answer.is_success else None

    def _cancel(self) -> None:
        status = self._ask("GET", f"{self._counter}status")
        if status is not None and status.status_code == 200:
            self._post(f"{status.json()['return_url'].rstrip('/')}/cancel", {})

    # -- HTTP ----------------------------------------------------------------------------------------------------

    @property
    def _counter(self) -> str:
        return f"{self._web}/c/{self._token}/"

    def _form(self, page: httpx.Response, choice: str = "") -> dict[str, str]:
        seen = _SEEN.search(page.text)
        form = {"seen": seen.group(1) if seen else ""}
        return {**form, "choice": choice} if choice else form

    def _at_once(self, button: str, forms: list[dict[str, str]]) -> None:
        """Press a button, or several of its kind in several windows at the same moment."""
        with ThreadPoolExecutor(max_workers=len(forms)) as windows:
            list(windows.map(lambda form: self._post(f"{self._counter}{button}", form), forms))

    def _post(self, address: str, form: Mapping[str, str]) -> httpx.Response | None:
        token = self._client.cookies.get("csrftoken") or ""
        return self._ask("POST", address, {**form, "csrfmiddlewaretoken": token})

    def _ask(self, method: str, address: str, form: Mapping[str, str] | None = None) -> httpx.Response | None:
        """Return the answer; None when there is none, or one that says nothing."""
        try:
            answer = self._client.request(method, address, data=form)
        except httpx.HTTPError:
            return None
        return None if answer.status_code >= 500 else answer

    def _note(self, what: str, **details: object) -> None:
        self._journal.note(what, shopper=self._name, **details)
