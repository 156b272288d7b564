"""`python -m bench.reconcile --lines 1000000`: a day's bill through fetch, load, match; beside raw COPY and join.

Runs in a database of its own beside the one of DATABASE_URL, which it drops at the end. The channel is WeChat Pay's own
reader behind an HTTP server of this process that serves the bill; our side is made in SQL.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg

from tests.bills import wechat
from tests.bills.row import Row

DAY = date(2026, 5, 4)
START = datetime(2026, 5, 4, tzinfo=timezone(timedelta(hours=8)))
CODE = "bench-wechat"
NAME = "payhub_bench"
EVERY = 5_000  # one line in so many is spoiled
# Our side, made as a busy day would have left it: payment, attempt and fact of every line but the spoiled ones.
_OURS = f"""
SET session_replication_role = replica;
CREATE TEMP TABLE sold AS SELECT n, 'A260504WN' || lpad(n::text, 15, '0') AS attempt_no,
    1000 + n %% 9000 AS minor, '42000000' || lpad(n::text, 12, '0') AS trade_no,
    timestamptz '2026-05-04 00:00:00+08' + n * (interval '86399 seconds' / %(lines)s) AS at
    FROM generate_series(1, %(lines)s) n WHERE n %% {EVERY} <> 1;
INSERT INTO cashier_channelfact (account_id, source, outcome, verdict, attempt_no, refund_no, amount_minor, currency,
    channel_trade_no, occurred_at, code, message, raw, digest, received_at)
SELECT (SELECT id FROM cashier_channelaccount), 'NOTIFICATION', 'PAID', 'PAYS', attempt_no, '', minor, 'CNY', trade_no,
    at, '', '', '{{}}', md5(n::text) || md5(n::text), at FROM sold;
SET session_replication_role = origin;
ANALYZE cashier_channelfact;
"""  # noqa: S608 - our own SQL


def rows(lines: int) -> Iterator[Row]:
    """The bill: our sales, with one line in `EVERY` missing here, one missing there, one with another amount."""
    step = timedelta(seconds=86_399) / lines
    for n in range(1, lines + 1):
        if n % EVERY == 2:
            continue
        minor = 1000 + n % 9000 + (n % EVERY == 3)
        yield Row(f"A260504WN{n:015}", minor, f"42000000{n:012}", START + n * step, fee_minor=minor * 6 // 1000)


def write_bill(lines: int, path: Path) -> str:
    """Write the packed bill; return the SHA-1 of what is in it."""
    digest = hashlib.sha1(usedforsecurity=False)
    with gzip.open(path, "wb", compresslevel=1) as file:
        for piece in wechat.bill(rows(lines), DAY):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def raw(url: str, lines: int, folder: Path) -> tuple[float, float]:
    """COPY the same rows from a file into a plain table, and join it with our side, in psql; seconds of each."""
    path = folder / "raw.tsv"
    with path.open("w") as file:
        for row in rows(lines):
            cells = (
                DAY,
                1,
                row.attempt_no,
                row.trade_no,
                row.minor,
                "CNY",
                row.fee_minor,
                row.at.isoformat(),
                "SUCCESS",
            )
            file.write("\t".join(map(str, cells)) + "\n")
    psql(url, "CREATE TABLE raw_bill (day date, bill int, attempt_no text, trade_no text, minor bigint, currency text, "
         "fee bigint, at timestamptz, state text)")  # fmt: skip
    copied = timed(lambda: psql(url, f"\\copy raw_bill FROM '{path}'"))
    psql(url, "ANALYZE raw_bill")
    joined = timed(lambda: psql(url,
        "SET work_mem = '192MB'; SELECT count(*) FROM raw_bill b FULL OUTER JOIN cashier_channelfact f "
        "ON f.attempt_no = b.attempt_no AND f.channel_trade_no = b.trade_no "
        "WHERE b.minor IS DISTINCT FROM f.amount_minor"))  # fmt: skip
    psql(url, "DROP TABLE raw_bill")
    path.unlink()
    return copied, joined


def psql(url: str, command: str) -> None:
    """Run one command in psql."""
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url, "-c", command], check=True, stdout=subprocess.DEVNULL)


def timed(call: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def peak_mb() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Served:
    """Serves the link and the file as WeChat Pay does, signed by the tests' key."""

    def __init__(self, file: Path, sha1: str) -> None:
        from tests.channels.counterparts.wechat import WeChatSide  # noqa: PLC0415 - needs Django set up

        side = WeChatSide()
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/file"):
                    self.send_response(200)
                    self.end_headers()
                    with file.open("rb") as content:
                        while piece := content.read(1 << 20):
                            self.wfile.write(piece)
                    return
                side.clock.time = datetime.now(timezone.utc)  # noqa: UP017, TID251 - a server's own time
                link = {"download_url": f"{served.url}/file", "hash_type": "SHA1", "hash_value": sha1}
                answer = side.answer(200, json.dumps(link).encode())
                self.send_response(200)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.settings = side.settings() | {"base_url": self.url}
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def child(lines: int, folder: Path, sha1: str) -> None:
    """Run the day in this process and print seconds and memory of each step as JSON."""
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    from cashier.models import ChannelAccount  # noqa: PLC0415
    from payhub import clock  # noqa: PLC0415
    from payhub.vault import seal  # noqa: PLC0415
    from reconciliation.models import Bill, Difference  # noqa: PLC0415
    from reconciliation.services import expect, fetch, load, match, progress  # noqa: PLC0415

    served = Served(folder / "bill.gz", sha1)
    ChannelAccount.objects.update(sealed_settings=seal(served.settings))
    bill = expect.expect_bill(CODE, DAY)
    if bill is None:
        sys.exit(f"There is no account {CODE}.")
    bill_id = bill.pk

    def get() -> Bill:
        return Bill.objects.select_related("file", "merchant").get(pk=bill_id)

    told = progress.Progress(bill_id)
    steps: dict[str, tuple[float, float, float]] = {}
    for name, call in (
        ("fetch", lambda: fetch.fetch(get())),
        ("load", lambda: load.load(get(), told)),
        ("match", lambda: match.match(bill_id, now=clock.now())),
    ):
        before_s = time.process_time()
        seconds = timed(call)
        steps[name] = (seconds, time.process_time() - before_s, peak_mb())
    found = Difference.objects.filter(bill_id=bill_id).count()
    print(json.dumps({"steps": steps, "differences": found, "lines": get().lines, "expected": lines}))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "SHA1"))
    options = parser.parse_args()
    if options.child:
        child(options.lines, Path(options.child[0]), options.child[1])
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "payhub.settings_test"
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    url = f"{base}/{NAME}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME}".encode())
        server.execute(f"CREATE DATABASE {NAME}".encode())
        try:
            with tempfile.TemporaryDirectory() as folder:
                measure(url, options.lines, Path(folder))
        finally:
            server.execute(f"DROP DATABASE {NAME} WITH (FORCE)".encode())


def _open_account() -> None:
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    from cashier.models import ChannelAccount  # noqa: PLC0415
    from payhub import clock  # noqa: PLC0415
    from payhub.merchants.models import Merchant  # noqa: PLC0415

    merchant = Merchant.objects.create(code="bench", name="Bench", created_at=clock.now())
    ChannelAccount.objects.create(
        code=CODE, merchant=merchant, channel="wechat", methods=[], is_test=True, sealed_settings="", created_at=clock.now()
    )  # fmt: skip


def measure(url: str, lines: int, folder: Path) -> None:
    """Make both sides, run, and print the figures."""
    os.environ["DATABASE_URL"] = url
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], check=True)
    _open_account()
    with psycopg.connect(url, autocommit=True) as database:
        for statement in _OURS.strip().split(";\n"):
            database.execute(statement.encode(), {"lines": lines} if "%(lines)s" in statement else None)
    sha1 = write_bill(lines, folder / "bill.gz")
    copied, joined = raw(url, lines, folder)
    ran = subprocess.run(
        [sys.executable, "-m", "bench.reconcile", "--lines", str(lines), "--child", str(folder), sha1],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    report = json.loads(ran.stdout.splitlines()[-1])
    total = sum(seconds for seconds, _, _ in report["steps"].values())
    print(f"{report['lines']:,} lines, {report['differences']:,} differences found")
    for name, (seconds, cpu_s, mb) in report["steps"].items():
        print(f"{name:<8}{seconds:>8.2f} s, {cpu_s:.2f} s of processor time here, {mb:.0f} MB at most")
    print(f"{'all':<8}{total:>8.2f} s")
    print(f"raw COPY {copied:.2f} s + FULL OUTER JOIN {joined:.2f} s in psql = {copied + joined:.2f} s")
    print(f"ratio {total / (copied + joined):.2f}")


if __name__ == "__main__":
    main()
