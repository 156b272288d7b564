"""The SQLite file: schema, one connection, transactions. One event loop uses it, so nothing waits for a lock."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILE_NAME = "sandbox.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS keyring (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trade (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, method TEXT NOT NULL, out_trade_no TEXT NOT NULL,
    txn_time TEXT NOT NULL DEFAULT '', token TEXT NOT NULL UNIQUE, trade_no TEXT NOT NULL DEFAULT '',
    amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, title TEXT NOT NULL, notify_url TEXT NOT NULL,
    return_url TEXT NOT NULL DEFAULT '', request TEXT NOT NULL, state TEXT NOT NULL, buyer TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL, code_until REAL NOT NULL, expires_at REAL NOT NULL, closed_at REAL,
    declines INTEGER NOT NULL DEFAULT 0, second_payment INTEGER NOT NULL DEFAULT 0,
    UNIQUE (channel, out_trade_no, txn_time));
CREATE INDEX IF NOT EXISTS trade_expiry ON trade (state, expires_at);
CREATE TABLE IF NOT EXISTS payment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, trade_id INTEGER NOT NULL REFERENCES trade, trade_no TEXT NOT NULL UNIQUE,
    payer TEXT NOT NULL, amount_minor INTEGER NOT NULL, paid_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS payment_trade ON payment (trade_id);
CREATE TABLE IF NOT EXISTS refund (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, trade_id INTEGER NOT NULL REFERENCES trade,
    payment_id INTEGER NOT NULL REFERENCES payment, kind TEXT NOT NULL, out_refund_no TEXT NOT NULL,
    txn_time TEXT NOT NULL DEFAULT '', refund_no TEXT NOT NULL UNIQUE, amount_minor INTEGER NOT NULL, state TEXT NOT NULL,
    reason TEXT NOT NULL, notify_url TEXT NOT NULL, request TEXT NOT NULL, created_at REAL NOT NULL, due_at REAL,
    settled_at REAL, UNIQUE (trade_id, out_refund_no, txn_time));
CREATE INDEX IF NOT EXISTS refund_number ON refund (channel, out_refund_no);
CREATE INDEX IF NOT EXISTS refund_due ON refund (state, due_at);
CREATE TABLE IF NOT EXISTS notification (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, event_id TEXT NOT NULL, kind TEXT NOT NULL,
    out_trade_no TEXT NOT NULL, url TEXT NOT NULL, content TEXT NOT NULL, twist TEXT NOT NULL, state TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, created_at REAL NOT NULL, next_at REAL);
CREATE INDEX IF NOT EXISTS notification_due ON notification (state, next_at);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, notification_id INTEGER NOT NULL, sent_at REAL NOT NULL,
    took_ms INTEGER NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, verdict TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_notification ON delivery (notification_id);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, call TEXT NOT NULL, out_trade_no TEXT NOT NULL,
    kind TEXT NOT NULL, left_count INTEGER, skip INTEGER NOT NULL, probability REAL NOT NULL, options TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bill_fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, kind TEXT NOT NULL, day TEXT NOT NULL,
    out_trade_no TEXT NOT NULL, amount_minor INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS bill_link (
    token TEXT PRIMARY KEY, channel TEXT NOT NULL, day TEXT NOT NULL, packing TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, print TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS payout (
    id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL UNIQUE, amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL, content TEXT NOT NULL, state TEXT NOT NULL, created_at REAL NOT NULL,
    arrives_at REAL NOT NULL, failed_at REAL);
CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, channel TEXT NOT NULL, call TEXT NOT NULL,
    out_trade_no TEXT NOT NULL, fault TEXT NOT NULL, status INTEGER NOT NULL, code TEXT NOT NULL);
"""


class Store:
    """One open sandbox file."""

    def __init__(self, data: Path) -> None:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = data / FILE_NAME
        path.touch(mode=0o600)  # it holds private keys
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")  # a sandbox may lose its last second in a power cut
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """This function will close the file."""
        self._db.close()

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """This function will make the block one transaction; with keep=False its effects are undone at the end."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT" if keep else "ROLLBACK")

    def run(self, sql: str, *values: Any) -> int:
        """This function will execute a statement and give the id of the row that it inserted."""
        return self._db.execute(sql, values).lastrowid or 0

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """This function will give the first row of a query."""
        row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return row

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """This function will give all rows of a query."""
        return self._db.execute(sql, values).fetchall()

    def recall(self, name: str) -> Any:
        """This function will give what the keyring holds under a name, None when nothing. It survives a reset."""
        row = self.one("SELECT value FROM keyring WHERE name = ?", name)
        return None if row is None else json.loads(row["value"])

    def remember(self, name: str, value: Any) -> None:
        """This function will put a value into the keyring."""
        self.run("INSERT OR REPLACE INTO keyring (name, value) VALUES (?, ?)", name, json.dumps(value))

    def forget_all_trades(self) -> None:
        """This function will empty everything but the keyring: accounts, keys and used-up numbers stay."""
        with self.transaction():
            self._db.execute("DELETE FROM delivery")
            self._db.execute("DELETE FROM notification")
            self._db.execute("DELETE FROM refund")
            self._db.execute("DELETE FROM payment")
            self._db.execute("DELETE FROM trade")
            self._db.execute("DELETE FROM idempotency")
            self._db.execute("DELETE FROM fault")
            self._db.execute("DELETE FROM bill_fault")
            self._db.execute("DELETE FROM bill_link")
            self._db.execute("DELETE FROM payout")
            self._db.execute("DELETE FROM call")
            self._db.execute("DELETE FROM setting")
