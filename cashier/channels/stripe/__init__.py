"""Stripe Checkout."""

from __future__ import annotations
