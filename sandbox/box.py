"""The box that holds everything of one running sandbox, handed to whoever needs a part of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.books import Books
from sandbox.clerk import Clerk
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.numbers import Numbers
from sandbox.settings import Settings
from sandbox.store import Store


@dataclass(slots=True, kw_only=True)
class Box:
    """One running sandbox."""

    store: Store
    settings: Settings
    clock: Clock
    numbers: Numbers
    books: Books
    faults: Faults
    base_url: str
    time_factor: float  #: How many times faster than in reality channels repeat notifications and settle refunds.
    clerks: dict[str, Clerk] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)  #: Something may be due earlier than planned.

    def account(self, channel: str) -> dict[str, Any]:
        """This function will give what was issued for a channel; raise LookupError when nothing was."""
        account: dict[str, Any] | None = self.store.recall(channel)
        if account is None:
            raise LookupError(f"No {channel} account was issued here. Run `python -m sandbox issue` again.")
        return account

    @classmethod
    def open(cls, data: Path, *, time_factor: float, seed: int) -> Box:
        """This function will open the sandbox file of a directory; raise LookupError when nothing was issued there."""
        store = Store(data)
        base_url = store.recall("base_url")
        if base_url is None:
            raise LookupError("Nothing was issued here. Run: python -m sandbox issue --data DIR --url BASE")
        settings = Settings(store)
        return cls(
            store=store,
            settings=settings,
            clock=Clock(settings),
            numbers=Numbers(store),
            books=Books(store),
            faults=Faults(store, settings, seed),
            base_url=base_url,
            time_factor=time_factor,
        )
