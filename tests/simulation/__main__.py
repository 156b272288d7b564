"""`python -m tests.simulation`: run histories, planted bugs, crashes at every point (docs/simulation.md)."""

from __future__ import annotations

import os
import sys

if os.environ.get("PYTHONHASHSEED") != "0":
    # Sets of strings must come in the same order in every run.
    os.environ["PYTHONHASHSEED"] = "0"
    os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])  # noqa: S606 - ourselves
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.simulation.settings"

import django

django.setup()

from tests.simulation.command import main  # noqa: E402 - its models need the settings

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
