"""Genuine messages and bills of the channels, from a folder that is not the project's."""

from __future__ import annotations
