"""The browser of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev import browser
from dev.trouble import Trouble


def _program(folder: Path, name: str, script: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def test_a_chromium_of_ones_own_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = _program(tmp_path, "my-browser", "exit 0")
    monkeypatch.setenv("CHROMIUM", str(own))

    assert browser.find() == str(own)


def test_a_chromium_that_does_not_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")

    with pytest.raises(Trouble, match="CHROMIUM is '/nowhere/chromium'"):
        browser.find()


def test_a_placeholder_for_a_browser_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    _program(tmp_path, "chromium", "exit 1")
    real = _program(tmp_path, "google-chrome", "exit 0")

    assert browser.find() == str(real)


def test_no_chromium_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(Trouble, match="apt-get install chromium"):
        browser.main([])
