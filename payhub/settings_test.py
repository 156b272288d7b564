"""Settings of tests, type checks and tools: real servers from the environment, quick passwords, no secrets."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

_FOR_TESTS = {
    "SECRET_KEY": "only-for-tests-" + "0" * 40,
    "PAYHUB_VAULT_KEYS": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtMDA=",
    "PAYHUB_BASE_URL": "http://testserver",
    "PAYHUB_DEMO": "1",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",  # tools that need no database may run without one
    "DATABASE_CONN_MAX_AGE_S": "0",  # a live server's idle threads must not keep the test database open
    "COUNTER_CLICKS_BY_ADDRESS": "1000000",  # all tests have one address
    "COUNTER_MISSES_BY_ADDRESS": "1000000",
    "API_CALLS_BY_KEY": "1000000",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
for _name, _value in _FOR_TESTS.items():
    os.environ.setdefault(_name, _value)
if _worker := os.environ.get("PYTEST_XDIST_WORKER"):  # gw0, gw1 …: clearing a cache must not clear the other's
    _address = urlsplit(os.environ["REDIS_URL"])
    _path = f"/{int(_worker.removeprefix('gw')) + 1}"
    os.environ["REDIS_URL"] = _address._replace(path=_path).geturl()  # noqa: SLF001 - named tuples call it so

from payhub.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
