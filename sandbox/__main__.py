"""The command line: `python -m sandbox --port N --data DIR --seed S` plays the channels until it is ended.

`python -m sandbox issue --data DIR --url BASE` only prints the merchant's accounts as JSON, for whoever needs them first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from sandbox import accounts
from sandbox.app import build
from sandbox.box import Box
from sandbox.serve import serve

ACCOUNTS = "accounts.json"


def main(arguments: list[str]) -> None:
    """This function will issue the accounts, once; asking again gives the same ones with today's addresses. Then it
    will serve, unless only the accounts were asked for."""
    if arguments[:1] == ["issue"]:
        asked = _issue_parser().parse_args(arguments[1:])
        sys.stdout.write(_written(accounts.issue(asked.data, asked.url)))
        return
    asked = _serve_parser().parse_args(arguments)
    file = asked.data / ACCOUNTS
    issued = accounts.issue(asked.data, asked.url or f"http://127.0.0.1:{asked.port}")
    file.touch(mode=0o600)  # it holds the merchant's keys
    file.write_text(_written(issued))
    sys.stdout.write(f"The channels answer at {asked.host}:{asked.port}; the merchant's accounts are in {file}.\n")
    sys.stdout.flush()
    with asyncio.Runner() as runner:
        box = Box.open(asked.data, time_factor=asked.time_factor, seed=asked.seed)
        runner.run(serve(build(box), asked.host, asked.port))


def _serve_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Play the payment channels.")
    parser.add_argument("--port", type=int, required=True, help="where it listens")
    parser.add_argument("--host", default="127.0.0.1", help="where it listens (127.0.0.1)")
    parser.add_argument("--data", type=Path, required=True, help="the directory that keeps keys, trades and settings")
    parser.add_argument("--seed", type=int, default=0, help="what faults with a probability are drawn by (0)")
    parser.add_argument("--url", default="", help="how it is reached, if not as http://127.0.0.1:PORT")
    parser.add_argument(
        "--time-factor",
        type=float,
        default=1.0,
        help="how many times faster than in reality notifications are repeated and refunds settle (1)",
    )
    return parser


def _issue_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox issue", description="Print the merchant's accounts.")
    parser.add_argument("--data", type=Path, required=True, help="the directory that keeps keys, trades and settings")
    parser.add_argument("--url", required=True, help="where the sandbox will be reached, e.g. http://127.0.0.1:8100")
    return parser


def _written(issued: dict[str, dict[str, str]]) -> str:
    return json.dumps(issued, indent=2) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
