"""What a step cost: processor time of whole process trees, from /proc, and what PostgreSQL wrote."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """Return the fields of a process after its name, which may hold blanks."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except OSError:  # it has ended meanwhile
                continue
    found, grown = [pid], [pid]
    while grown:
        grown = [child for one in grown for child in parents.get(one, [])]
        found += grown
    return found


def cpu_ms(pid: int) -> float:
    """Return the processor time of a process and its descendants, those that have ended included."""
    ticks = 0
    for member in family(pid):
        try:
            ticks += sum(map(int, _stat(member)[11:15]))  # utime, stime, and those of children that were waited for
        except OSError:
            continue
    return ticks * 1000 / _TICKS_PER_S


class Database:
    """Looks at one database from beside it."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self.postmaster = self._postmaster()

    def _postmaster(self) -> int:
        backend = int(self.one("SELECT pg_backend_pid()"))
        return int(_stat(backend)[1])

    def one(self, query: str) -> str:
        """Return the first value of a query as text."""
        row = self._connection.execute(query.encode()).fetchone()
        return "" if row is None else str(row[0])

    def all(self, query: str) -> list[str]:
        """Return the first value of every row as text."""
        return [str(row[0]) for row in self._connection.execute(query.encode())]

    def execute(self, statement: str) -> None:
        """Run a statement."""
        self._connection.execute(statement.encode())

    def wal_bytes(self) -> int:
        """Return how much the server has ever written ahead."""
        return int(self.one("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))

    def rows_inserted(self) -> int:
        """Return how many rows were ever inserted into the tables of this database."""
        self.execute("SELECT pg_stat_force_next_flush()")
        return int(self.one("SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables"))

    def bytes_at_rest(self) -> int:
        """Return the size of all tables with their indexes."""
        return int(self.one("SELECT coalesce(sum(pg_total_relation_size(relid)), 0) FROM pg_stat_user_tables"))

    def tell_statements(self, *, on: bool) -> None:
        """Have the server log every statement, or no longer."""
        self.execute(f"ALTER SYSTEM SET log_statement = '{'all' if on else 'none'}'")
        self.execute("SELECT pg_reload_conf()")

    def close(self) -> None:
        """Let go."""
        self._connection.close()
