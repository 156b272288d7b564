"""One chaos run: shoppers and nemesis at work, healing, quiet, and the comparison of all journals."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from dev.waiting import wait_until
from tests.chaos.ground import Ground, standing
from tests.chaos.journal import Journal
from tests.chaos.nemesis import plan
from tests.chaos.shopper import Shopper
from tests.chaos.verdict import PAID_PAGES, Row, Witnesses, judge
from tests.simulation.unfinished import UNFINISHED
from tests.stack import run as run_python

QUIET_WITHIN_S = 120
_UNTOLD = {"PENDING", "SENDING", "GIVEN_UP", "LOST"}
ROWS = """
SELECT p.token, p.merchant_order_no, p.amount_minor, p.state, o.state,
       ARRAY(SELECT a.attempt_no FROM cashier_attempt a WHERE a.payment_id = p.id ORDER BY a.id)
FROM cashier_payment p JOIN orders_order o ON o.order_no = p.merchant_order_no ORDER BY p.id
"""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of a run."""

    violations: list[str]
    told: str


class Crowd:
    """The shoppers who are there now, and those who have been."""

    def __init__(self, ground: Ground, journal: Journal, seed: int) -> None:
        self._ground, self._journal, self._seed = ground, journal, seed
        self._stop, self._numbers = threading.Event(), count(1)
        self.shoppers: list[Shopper] = []

    def come(self) -> None:
        """One after the other, until everybody goes home."""
        while not self._stop.is_set():
            name, ground = f"{self._seed}-{next(self._numbers)}", self._ground
            one = Shopper(name, ground.web, ground.sandbox, self._journal, self._stop)
            self.shoppers.append(one)
            one.shop()

    def go_home(self) -> None:
        """Let nobody begin anything new."""
        self._stop.set()

    def unfinished(self) -> list[Shopper]:
        """Return those whose order has no end yet."""
        return [one for one in self.shoppers if not one.is_done]


def run(*, seed: int, seconds: int, shoppers: int) -> Report:
    """Make one run and judge it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-") as made:
        folder = Path(made)
        folder.chmod(0o711)
        with standing(folder) as ground:
            crowd = Crowd(ground, Journal(folder / "shoppers.jsonl"), seed)
            _say(f"up after {time.monotonic() - began:.0f} s; seed {seed}")
            struck = _trouble(ground, crowd, seed, seconds, shoppers)
            ground.heal()
            _say(f"healed after {time.monotonic() - began:.0f} s")
            violations = list(_come_to_rest(ground, crowd))
            seen = _witnesses(ground, folder)
            violations += judge(seen)
            violations += _audit(ground)
            if violations:
                _say(*(folder / "programs.log").read_text().splitlines()[-200:])
            told = _told(seen, seed, seconds, struck, ground)
    return Report(
        violations=violations,
        told=f"{told} violations={len(violations)} took_s={time.monotonic() - began:.0f} "
        f"repeat: python -m tests.chaos --seconds {seconds} --seed {seed}",
    )


def _trouble(ground: Ground, crowd: Crowd, seed: int, seconds: int, shoppers: int) -> int:
    strikes, began = plan(seed, seconds), time.monotonic()
    left = list(strikes)
    with ThreadPoolExecutor(max_workers=shoppers) as pool:
        shopping = [pool.submit(crowd.come) for _ in range(shoppers)]
        try:
            while (now_s := time.monotonic() - began) < seconds:
                while left and left[0].at_s <= now_s:
                    blow = left.pop(0)
                    _say(str(blow))
                    ground.strike(blow, now_s)
                ground.tend(now_s)
                wait_until(lambda: False, timeout_s=0.1)
        finally:
            ground.let_go_on()
            crowd.go_home()
    for shopper in shopping:
        shopper.result()  # a fault of the shoppers themselves is told, not swallowed
    return len(strikes) - len(left)


def _come_to_rest(ground: Ground, crowd: Crowd) -> Iterator[str]:
    """Let shoppers end what they began and the channels tell again what nobody acknowledged, until nothing is open."""

    def is_quiet() -> bool:
        ground.tend(0.0)
        for shopper in crowd.unfinished():
            shopper.act(patient=True)
        all_told = _channels_catch_up(ground)
        return all_told and not crowd.unfinished() and not ground.look(UNFINISHED)

    if not wait_until(is_quiet, timeout_s=QUIET_WITHIN_S, every_s=0.5):
        yield f"not at rest after {QUIET_WITHIN_S} s: {ground.look(UNFINISHED)[:5]}"
    for shopper in crowd.shoppers:
        shopper.look_once_more()


def _channels_catch_up(ground: Ground) -> bool:
    """Let the channels send again what nobody acknowledged; tell whether there was nothing."""
    for trade in ground.ask_sandbox("GET", "/trades"):
        if trade["state"] == "NEW":  # shown, never scanned: Alipay neither knows nor closes it before
            ground.ask_sandbox("POST", f"/trades/{trade['channel']}/{trade['out_trade_no']}/scan")
    untold = [notice for notice in ground.ask_sandbox("GET", "/notifications") if notice["state"] in _UNTOLD]
    for notice in untold:
        ground.ask_sandbox("POST", f"/notifications/{notice['id']}/resend")
    return not untold


def _witnesses(ground: Ground, folder: Path) -> Witnesses:
    return Witnesses(
        rows=[
            Row(token=row[0], order_no=row[1], amount_minor=row[2], payment_state=row[3], order_state=row[4],
                attempts=tuple(row[5]))
            for row in ground.look(ROWS)
        ],
        books=ground.ask_sandbox("GET", "/books"),
        shoppers=Journal(folder / "shoppers.jsonl").read(),
        merchant=Journal(folder / "merchant.jsonl").read(),
    )  # fmt: skip


def _audit(ground: Ground) -> Iterator[str]:
    """Let payhub audit itself, as in production."""
    try:
        run_python(ground.environment, "manage.py", "audit")
    except AssertionError as broken:
        yield f"manage.py audit: {broken}"


def _told(seen: Witnesses, seed: int, seconds: int, struck: int, ground: Ground) -> str:
    told_paid = {line["token"] for line in seen.shoppers if line.get("state") in PAID_PAGES}
    paid = sum(row.payment_state == "PAID" for row in seen.rows)
    returned = sum(line["returned_minor"] > 0 for line in seen.books)
    return (
        f"chaos seed={seed} seconds={seconds} strikes={struck} revived={ground.revived} orders={len(seen.rows)} "
        f"paid={paid} told_paid={len(told_paid)} charges={len(seen.books)} returned={returned} "
        f"merchant_told={len(seen.merchant)}"
    )


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
