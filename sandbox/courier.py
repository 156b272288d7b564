"""The courier: posts notifications until they are acknowledged, repeats them as each channel does, lets time pass."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import httpx

from sandbox import due
from sandbox.box import Box
from sandbox.clerk import Clerk, Event


class Courier:
    """Posts what is due, and lets the books' time pass: expiries and refunds that settle by themselves."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._client = httpx.AsyncClient(follow_redirects=False, trust_env=False)
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """This function will work until it is cancelled."""
        store = self._box.store
        store.run("UPDATE notification SET state = 'PENDING' WHERE state = 'SENDING'")  # cut off by the last stop
        try:
            while True:
                self._box.wake.clear()
                next_due = due.pass_time(self._box)
                self._send_what_is_due()
                await self._rest(next_due)
        finally:
            for task in self._sending:
                task.cancel()
            await self._client.aclose()

    def _send_what_is_due(self) -> None:
        rows = self._box.store.rows(
            "SELECT * FROM notification WHERE state = 'PENDING' AND next_at <= ? ORDER BY next_at, id",
            self._box.clock.now(),
        )
        for row in rows:
            self._box.store.run("UPDATE notification SET state = 'SENDING' WHERE id = ?", row["id"])
            task = asyncio.create_task(self.deliver(row))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _rest(self, next_due: float | None) -> None:
        row = self._box.store.one("SELECT MIN(next_at) AS at FROM notification WHERE state = 'PENDING'")
        planned = None if row is None else row["at"]
        moments = [at for at in (planned, next_due) if at is not None]
        pause_s = max(0.0, min(moments) - self._box.clock.now()) if moments else None
        try:
            await asyncio.wait_for(self._box.wake.wait(), pause_s)
        except TimeoutError:
            return

    async def send_now(self, number: int, *, twisted: bool = False) -> None:
        """This function will post a notification at once, whatever it is waiting for; untwisted unless said."""
        if not twisted:
            self._box.store.run("UPDATE notification SET twist = '{}' WHERE id = ?", number)
        self._box.store.run("UPDATE notification SET state = 'SENDING' WHERE id = ?", number)
        row = self._box.store.one("SELECT * FROM notification WHERE id = ?", number)
        if row is not None:
            await self.deliver(row)

    async def deliver(self, row: sqlite3.Row) -> None:
        """This function will post one notification once (or as often at a time as its twist says) and plan the next."""
        twist = json.loads(row["twist"])
        twisted = row["tries"] < (twist.get("sends") or 0)
        clerk = self._box.clerks[row["channel"]]
        if twisted and twist["kind"] == "drop":
            acknowledged = self._log(row["id"], 0, 0, "", "LOST")
        else:
            copies = twist.get("times", 1) if row["tries"] == 0 else 1
            signature = twist["kind"] if twisted else "true"
            posts = [self._post(row, clerk, signature) for _ in range(copies)]
            verdicts = await asyncio.gather(*posts) if twist.get("parallel") else [await post for post in posts]
            acknowledged = any(verdicts)
        tries = row["tries"] + 1
        if acknowledged or tries > len(clerk.waits_s):
            state, next_at = "ACKNOWLEDGED" if acknowledged else "GIVEN_UP", None
        else:
            state = "PENDING"
            next_at = self._box.clock.now() + clerk.waits_s[tries - 1] / self._box.time_factor
        self._box.store.run(
            "UPDATE notification SET state = ?, tries = ?, next_at = ? WHERE id = ?", state, tries, next_at, row["id"]
        )
        self._box.wake.set()

    async def _post(self, row: sqlite3.Row, clerk: Clerk, signature: str) -> bool:
        content = json.loads(row["content"])
        event = Event(event_id=row["event_id"], created_at=row["created_at"], content=content)
        envelope = clerk.envelope(event, signature)
        patience_s = self._box.settings["ack_timeout_s"] or clerk.timeout_s
        began = self._box.clock.machine()
        try:
            answer = await self._client.post(
                row["url"], content=envelope.body, headers=dict(envelope.headers), timeout=patience_s
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self._log(row["id"], began, 0, repr(error), "FAILED")
        acknowledged = clerk.acknowledged(answer.status_code, answer.content)
        verdict = "ACKNOWLEDGED" if acknowledged else "REFUSED"
        return self._log(row["id"], began, answer.status_code, answer.text[:500], verdict)

    def _log(self, notification_id: int, began: float, status: int, answer: str, verdict: str) -> bool:
        now = self._box.clock.machine()
        self._box.store.run(
            "INSERT INTO delivery (notification_id, sent_at, took_ms, status, answer, verdict) VALUES (?, ?, ?, ?, ?, ?)",
            notification_id, began or now, int((now - began) * 1000) if began else 0, status, answer, verdict,
        )  # fmt: skip
        return verdict == "ACKNOWLEDGED"
