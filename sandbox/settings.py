"""What can be set while the sandbox runs, with defaults. A reset brings the defaults back."""

from __future__ import annotations

import json
from typing import Any

from sandbox.store import Store

DEFAULTS: dict[str, Any] = {
    "clock_offset_s": 0,  # how far the books' clock runs ahead of the machine's
    "hang_s": 30,  # how long a call hangs that is armed to time out
    "ack_timeout_s": None,  # how long a notification waits for its answer; null: as long as the channel does
    "allow_second_payment": False,  # a second person may pay a code that is paid already
    "amount_scenarios": True,  # the last two digits of an amount choose what happens (scenarios.py)
    "wechat_refund_settle_s": 60,  # from "accepted" to the refund's end; null: only by hand
    "wechat_paid_code_on_create": "OUT_TRADE_NO_USED",  # or ORDERPAID, TRADE_ERROR: reports differ
    "wechat_paid_code_on_close": "ORDERPAID",
    "wechat_scheme": "public_key",  # or "certificate": what signs where the request does not say
    "wechat_rotation": "none",  # overlap: both certificates listed, the old one signs; done: the new one; retired: only it
    "alipay_refund_settle_s": 0,  # 0: final at once (fund_change Y)
    "unionpay_refund_settle_s": 60,
    "stripe_refund_settle_s": 0,
    "stripe_payouts": "daily",  # or "none"
    "alipay_repeat_precreate": "refuse",  # or "same": reports differ
}


class Settings:
    """The settings as they are now, kept in memory and in the file."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._now: dict[str, Any] = {}
        self.reload()

    def __getitem__(self, name: str) -> Any:
        return self._now[name]

    def reload(self) -> None:
        """This function will read the settings from the file again."""
        rows = self._store.rows("SELECT name, value FROM setting")
        self._now = DEFAULTS | {row["name"]: json.loads(row["value"]) for row in rows if row["name"] in DEFAULTS}

    def everything(self) -> dict[str, Any]:
        """This function will give every setting with its present value."""
        return dict(self._now)

    def change(self, name: str, value: Any) -> None:
        """This function will set one setting; raise KeyError for a name that does not exist."""
        if name not in DEFAULTS:
            raise KeyError(name)
        self._store.run("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, json.dumps(value))
        self._now[name] = value
