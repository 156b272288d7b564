"""In production every cookie is one that no other host, and no plain http, can set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME", "COOKIE_PREFIX", "MESSAGE_STORAGE")
SECURE = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "LANGUAGE_COOKIE_SECURE")
DOMAINS = ("SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "LANGUAGE_COOKIE_DOMAIN")
ASK = f"""
import json, django
from django.conf import settings
print(json.dumps({{name: getattr(settings, name) for name in {(*NAMES, *SECURE, *DOMAINS)!r}}}))
"""


def test_every_cookie_of_production_belongs_to_this_host_alone() -> None:
    environment = {**os.environ, "PAYHUB_DEMO": "0", "DJANGO_SETTINGS_MODULE": "payhub.settings"}
    told = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, check=True)
    settings = json.loads(told.stdout)
    names = {settings[name] for name in NAMES}
    assert {name for name in names if not name.startswith("__Host-")} == {"payhub.host_messages.HostMessages"}
    assert all(settings[name] for name in SECURE)
    assert not any(settings[name] for name in DOMAINS)
