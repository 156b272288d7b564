"""`python -m tests.chaos --seconds 90 --seed 7`: one run; exits 1 when something must not be as it is."""

from __future__ import annotations

import argparse
import os
import secrets  # noqa: TID251 - the run's own seed, and never of payhub
import signal
import sys

from tests.chaos.run import run


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=int, default=90, help="how long the nemesis is at work")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(1_000_000), help="of the nemesis and the shoppers"
    )
    parser.add_argument("--shoppers", type=int, default=6, help="how many shop at the same time")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an end in good order, which ends everything it started
    # Servers of its own, whatever runs already: they are going to be killed.
    for variable in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(variable, None)
    report = run(seed=asked.seed, seconds=asked.seconds, shoppers=asked.shoppers)
    for line in report.violations:
        sys.stdout.write(f"violation: {line}\n")
    sys.stdout.write(f"{report.told}\n")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
