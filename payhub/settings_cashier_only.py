"""The payment centre without the apps above it: proof that it needs none of them (tests/architecture)."""

from __future__ import annotations

from payhub.settings_test import *  # noqa: F403
from payhub.settings_test import INSTALLED_APPS as _EVERYTHING
from payhub.settings_test import PAYHUB_BEAT as _ALL_TASKS

_ABOVE = {"orders", "reconciliation"}

INSTALLED_APPS = [app for app in _EVERYTHING if app not in _ABOVE]
OUTBOX_CONSUMERS = {}
PAYHUB_BEAT = [(task, every_s) for task, every_s in _ALL_TASKS if task.split(".")[0] not in _ABOVE]
