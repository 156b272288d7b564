"""Tests of the channel adapters: the shared contract, and what each channel has of its own."""

from __future__ import annotations
