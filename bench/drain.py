"""Does what the workers do, step by step: a line with a step's name comes in, a line of JSON with what it took goes out.

It calls the services that the tasks call until nothing is due. Run as a file with the folder of any revision on PYTHONPATH.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable

import django

django.setup()

from cashier.models import PendingQuery  # noqa: E402 - Django is set up first
from cashier.services.query import query_due  # noqa: E402
from orders.services.send_webhooks import send_due  # noqa: E402
from payhub import clock  # noqa: E402
from payhub.outbox.deliver import deliver_due  # noqa: E402


def until_done(step: Callable[[], int]) -> int:
    """Repeat a step until it finds nothing; return how much it did."""
    done = 0
    while now_done := step():
        done += now_done
    return done


def main() -> None:
    """Do the steps that are asked for."""
    logging.disable(logging.INFO)
    steps: dict[str, Callable[[], int]] = {
        "deliver": lambda: deliver_due(now=clock.now()),
        "webhooks": lambda: send_due(now=clock.now()),
        "query": lambda: query_due(channel="wechat", now=clock.now()),
    }
    for line in sys.stdin:
        name = line.strip()
        if name == "query":  # they are due in a few seconds anyway
            PendingQuery.objects.update(next_at=clock.now())
        begun, cpu = time.perf_counter(), time.process_time()
        done = until_done(steps[name])
        took = {"done": done, "wall_s": time.perf_counter() - begun, "cpu_s": time.process_time() - cpu}
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
