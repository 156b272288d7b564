"""The channel's courier: posts signed notifications to payhub's real address, again and again until it says 200."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from django.http import HttpResponse

from tests.simulation.books import Deal, GivenBack
from tests.simulation.browser import Browser
from tests.simulation.channel import sign

if TYPE_CHECKING:
    from tests.simulation.world import World

REPEATS_S = (0.3, 15.0, 30.0, 60.0, 180.0)


class Courier:
    """Brings the messages of both channels."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._door = Browser()

    def tell_payment(self, account: str, number: str, trade_no: str, minor: int) -> None:
        """Tell an account that money came."""
        self._send(
            account, {"outcome": "PAID", "number": number, "refund_no": "", "trade_no": trade_no, "minor": minor}
        )

    def tell_refund(self, deal: Deal, given: GivenBack) -> None:
        """Tell payhub what became of a refund."""
        outcome = "PAID" if given.state == "RETURNED" else "FAILED"
        message = {"outcome": outcome, "number": deal.number, "refund_no": given.refund_no, "trade_no": ""}
        self._send(deal.account, {**message, "minor": given.minor})

    def _send(self, account: str, message: dict[str, str | int]) -> None:
        if self.world.plan.no_notices:
            return
        for copy in range(2 if self.world.kernel.draws("notice_twice") else 1):
            name = f"courier {message['number']} {copy}"
            self.world.kernel.spawn(name, lambda: self._bring(account, message))

    def _bring(self, account: str, message: dict[str, str | int]) -> None:
        kernel = self.world.kernel
        for wait_s in REPEATS_S:
            late_s = kernel.chance.randint(0, 240) if kernel.draws("notice_late") else 0
            kernel.sleep(wait_s + late_s + kernel.chance.random())
            if not kernel.draws("notice_lost") and self._post(account, message):
                return

    def _post(self, account: str, message: dict[str, str | int]) -> bool:
        body = json.dumps(message).encode()
        address = f"/notify/{self.world.accounts[account].channel}/{account}"

        result = self.world.kernel.process(partial(self._door.notify, address, body, sign(body)))
        self.world.oracles.check_result("notify", result)
        accepted = isinstance(result, HttpResponse) and result.status_code == 200
        if accepted:
            self.world.oracles.check_acknowledged(account, message)
        return accepted
