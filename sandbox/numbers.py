"""The numbers that the channels give out: unique, of the channels' own shapes, in ascending order."""

from __future__ import annotations

import itertools

from sandbox import beijing
from sandbox.store import Store

_BLOCK = 1_000_000


class Numbers:
    """A counter that never gives a number twice, not even after a rollback, a reset or a crash.

    Each start of the program takes a fresh block, so that the counter needs no write (and no undo) per number.
    """

    def __init__(self, store: Store) -> None:
        with store.transaction():
            block = int(store.recall("number_block") or 0) + 1
            store.remember("number_block", block)
        self._counter = itertools.count(block * _BLOCK + 1)

    def next(self) -> int:
        """This function will give the next count."""
        return next(self._counter)

    def wechat_transaction(self, now: float) -> str:
        """This function will give a transaction_id: 28 digits."""
        return f"42000{beijing.digits(now)[:8]}{self.next():015d}"

    def wechat_refund(self, now: float) -> str:
        """This function will give a refund_id: 28 digits."""
        return f"50300{beijing.digits(now)[:8]}{self.next():015d}"

    def wechat_prepay(self, now: float) -> str:
        """This function will give a prepay_id: wx, the time, 20 hexadecimal digits."""
        return f"wx{beijing.digits(now)}{self.next():020x}"

    def alipay_trade(self, now: float) -> str:
        """This function will give a trade_no: 28 digits, the day first."""
        return f"{beijing.digits(now)[:8]}22001{self.next():015d}"

    def alipay_code(self) -> str:
        """This function will give the last part of a QR code's address."""
        return f"bax{self.next():017d}"

    def unionpay_query(self, now: float) -> str:
        """This function will give a queryId: 21 digits, the time first."""
        return f"{beijing.digits(now)}{self.next() % 10_000_000:07d}"

    def stripe(self, prefix: str) -> str:
        """This function will give an object's id."""
        return f"{prefix}_{self.next():024x}"

    def event(self, now: float) -> str:
        """This function will give the number of a notification, the same for all its repeats."""
        return f"{beijing.digits(now)}{self.next():016d}"
