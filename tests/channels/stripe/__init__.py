"""What Stripe has of its own."""

from __future__ import annotations
