"""Makes the benchmark's merchant in the database of the environment: its account, its key, its webhook address.

Run as a file with the folder of any revision on PYTHONPATH; prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys

import django

django.setup()

from cashier.services.open_account import open_account  # noqa: E402 - Django is set up first
from orders.services.api_keys import issue_key  # noqa: E402
from orders.services.webhook_endpoints import add_endpoint  # noqa: E402
from payhub import clock  # noqa: E402
from payhub.merchants.models import Merchant  # noqa: E402


def main() -> None:
    """Make what is needed; the account's settings stand on the standard input."""
    now = clock.now()
    merchant = Merchant.objects.create(code="bench", name="Bench", is_test=True, created_at=now)
    account = open_account(
        merchant=merchant, channel="wechat", settings=json.load(sys.stdin), is_test=True, actor="bench", now=now
    )
    _, secret = issue_key(merchant=merchant, name="bench", scopes=["read", "write"], actor="bench", now=now)
    url = f"{os.environ['BENCH_PROVIDER']}/webhook"
    add_endpoint(merchant=merchant, url=url, events=["order.paid"], actor="bench", now=now)
    print(json.dumps({"key": secret, "account": account.code}))


if __name__ == "__main__":
    main()
