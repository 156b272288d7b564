"""The browser of the tests: finds a Chromium, or installs Debian's where it may."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence

from dev.trouble import Trouble, run_as_program

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PACKAGES = ("chromium", "fonts-noto-cjk")  # without the font Chinese is drawn as boxes


def find() -> str | None:
    """Return the Chromium that CHROMIUM names or that is on the PATH, or None. Raises Trouble."""
    if given := os.environ.get("CHROMIUM"):
        if not _runs(given):
            raise Trouble(f"CHROMIUM is {given!r}, which does not run: set it to the path of a Chromium, or unset it.")
        return given
    return next((path for path in map(shutil.which, _NAMES) if path and _runs(path)), None)


def _runs(program: str) -> bool:
    # Ubuntu's chromium-browser is there and only says that it is to be had as a snap.
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run([program, "--version"], check=True, capture_output=True, timeout=30)
        return True
    return False


def _install() -> None:
    print(f"installing {' and '.join(_PACKAGES)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *_PACKAGES]):
        done = subprocess.run(
            ["apt-get", *arguments],
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            said = (done.stderr.strip() or "it said nothing").splitlines()[-1]
            raise Trouble(f"`apt-get {arguments[0]}` failed ({said}): install {' and '.join(_PACKAGES)} yourself.")


def _may_install() -> bool:
    with contextlib.suppress(OSError):
        return os.geteuid() == 0 and platform.freedesktop_os_release().get("ID") == "debian"
    return False


def main(_arguments: Sequence[str]) -> int:
    """See to it that there is a Chromium and return 0. Raises Trouble."""
    if not find() and _may_install():
        _install()
    if not find():
        raise Trouble(
            "the browser tests need Chromium: install it (on Debian: apt-get install chromium fonts-noto-cjk), "
            "or set CHROMIUM to its path."
        )
    return 0


if __name__ == "__main__":
    run_as_program(main)
