"""The channels' sandbox, by its control API over HTTP. Only the demo has one (settings.PAYHUB_SANDBOX_URL)."""

from __future__ import annotations

import json
from typing import Any

import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from payhub.http import outgoing

TIMEOUT_S = 5.0


class SandboxRefused(Exception):
    """The sandbox did not do it; its own sentence, or ours where it does not answer."""


def call_sandbox(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Return what the control API answers. Raises SandboxRefused. Never called inside a transaction."""
    url = f"{settings.PAYHUB_SANDBOX_URL}/_sandbox/api{path}"
    content = json.dumps(body or {}).encode()
    try:
        answer = outgoing().send(
            method, url, headers={"Content-Type": "application/json"}, content=content, timeout_s=TIMEOUT_S
        )
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise SandboxRefused(_("The sandbox does not answer. Nothing was started; is the demo still up?")) from error
    if answer.status_code >= 400:
        raise SandboxRefused(told["error"])
    return told


def calm() -> None:
    """Take every armed fault away. Raises SandboxRefused."""
    call_sandbox("DELETE", "/faults")


def arm(faults: tuple[dict[str, Any], ...]) -> None:
    """Arm these faults instead of those that were armed. Raises SandboxRefused."""
    calm()
    # Refunds end within seconds: nobody on a tour waits for a minute.
    call_sandbox("POST", "/settings", {"wechat_refund_settle_s": 3})
    for fault in faults:
        call_sandbox("POST", "/faults", fault)


def pay_anyway(channel: str, attempt_no: str, *, force: bool, is_told: bool = True) -> None:
    """Let somebody pay this number; `force`: even if the channel has closed it; else nobody `is_told`.

    Raises SandboxRefused.
    """
    wish: dict[str, Any] = {"person": "han-meimei", "force": force}
    if not is_told:
        wish["notify"] = {"kind": "drop"}
    call_sandbox("POST", f"/trades/{channel}/{attempt_no}/pay", wish)


def set_clock(days: int) -> None:
    """Set the clock of the channels' books so many days ahead of ours. Raises SandboxRefused."""
    call_sandbox("POST", "/clock", {"offset_s": days * 24 * 3600})


def charges_of(attempt_nos: set[str]) -> list[dict[str, Any]]:
    """Return every time that money moved by these numbers, as the channels' books say. Raises SandboxRefused."""
    return [charge for charge in call_sandbox("GET", "/books") if charge["out_trade_no"] in attempt_nos]
