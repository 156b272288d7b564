"""`python -m bench.desk --orders 1000000 --cases 50000`: how long the desk's pages take, through Django's whole WSGI stack.

Seeds a database of its own beside the one of DATABASE_URL and drops it at the end; `--database` measures one that stands.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from typing import Any

import psycopg

NAME = "payhub_desk"


def measure(times: int) -> list[tuple[str, float, float, int]]:
    """Ask for every page, once to warm up and then `times` times in turn; address, median and slowest in ms, statements."""
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    from django.contrib.auth.models import Group, User  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from bench.desk.pages import pages  # noqa: PLC0415
    from payhub import clock  # noqa: PLC0415
    from payhub.dashboard.figures import count  # noqa: PLC0415

    counted = timed(lambda: count(now=clock.now()))
    print(f"the sweep counts the dashboard in {counted:.0f} ms")
    person, _ = User.objects.get_or_create(username="bench", defaults={"is_staff": True})
    person.groups.set(Group.objects.filter(name__in=["finance", "cs_supervisor"]))
    browser = Client()
    browser.force_login(person, backend="payhub.roles.RoleBackend")
    asked: dict[str, int] = {}
    taken: dict[str, list[float]] = {page: [] for page in pages()}
    for page in taken:
        with CaptureQueriesContext(connection) as queries:
            if (status := browser.get(page).status_code) != 200:
                sys.exit(f"{page} answered {status}.")
        asked[page] = len(queries)
    for _ in range(times):
        for page, found in taken.items():
            found.append(timed(lambda page=page: browser.get(page)))
    return [(page, statistics.median(found), max(found), asked[page]) for page, found in taken.items()]


def timed(call: Any) -> float:
    """Milliseconds that a call takes."""
    begun = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - begun)


def main() -> None:
    """Seed, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--database", help="the name of a seeded database beside DATABASE_URL's, which stays")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "payhub.settings_test"
    os.environ["DATABASE_CONN_MAX_AGE_S"] = "600"  # as in production
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    os.environ["DATABASE_URL"] = f"{base}/{options.database or NAME}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as server:
        if not options.database:
            server.execute(f"DROP DATABASE IF EXISTS {NAME}".encode())
            server.execute(f"CREATE DATABASE {NAME}".encode())
        try:
            if not options.database:
                manage("migrate", "-v", "0")
                manage("seed", "--orders", str(options.orders), "--cases", str(options.cases))
            for page, median, slowest, statements in measure(options.times):
                print(f"{median:>8.0f} ms {slowest:>8.0f} ms at most {statements:>4} statements  {page}")
        finally:
            if not options.database:
                server.execute(f"DROP DATABASE {NAME} WITH (FORCE)".encode())


def manage(*arguments: str) -> None:
    """Run a management command on the database."""
    subprocess.run([sys.executable, "manage.py", *arguments], check=True)


if __name__ == "__main__":
    main()
