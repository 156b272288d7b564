"""The command line: `python -m sandbox issue --data DIR --url BASE` prints the merchant's accounts as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sandbox import accounts


def main() -> None:
    """This function will issue the accounts, once; asking again prints the same ones with today's addresses."""
    parser = argparse.ArgumentParser(prog="python -m sandbox")
    verbs = parser.add_subparsers(dest="verb", required=True)
    issue = verbs.add_parser("issue", help="make the accounts and keys, or print those that exist")
    issue.add_argument("--data", type=Path, required=True, help="the directory of the sandbox file")
    issue.add_argument("--url", required=True, help="where the sandbox will be reached, e.g. http://127.0.0.1:8100")
    arguments = parser.parse_args()
    json.dump(accounts.issue(arguments.data, arguments.url), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
