"""What WeChat Pay's signatures cost: one request signed, one answer verified, one notification opened."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.wechat import account_settings, new_key, paid_notification
from cashier.channels import rsa
from cashier.channels.base import Notification, Wiring
from cashier.channels.wechat.wire import Wire
from payhub import clock
from payhub.http import OutgoingHttp

TIMES = 200


def signing_ms() -> dict[str, float]:
    """Return milliseconds of processor time of each."""
    private, public = new_key()
    settings = account_settings("http://127.0.0.1", public)
    wire = Wire(Wiring(settings=settings, http=OutgoingHttp(), now=clock.now, nonce=lambda: "n" * 32))
    headers, body = paid_notification(private, "A261123WN000000000000001")
    told = Notification(headers={name.lower(): value for name, value in headers.items()}, body=body)
    key, signature = rsa.public_key(public), rsa.sign(rsa.private_key(private), body)
    return {
        "a request signed": _each_ms(lambda: wire.stamp(lambda timestamp, nonce: (timestamp + nonce).encode())),
        "an answer verified": _each_ms(lambda: rsa.is_signed(key, signature, body)),
        "a notification verified and opened": _each_ms(lambda: wire.open(told)),
    }


def _each_ms(act: Callable[[], object]) -> float:
    act()
    begun = time.process_time()
    for _ in range(TIMES):
        act()
    return round((time.process_time() - begun) * 1000 / TIMES, 3)
