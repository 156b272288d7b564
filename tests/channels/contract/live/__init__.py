"""The contract against the real sandbox process: what really happened there, and what we believe of it."""

from __future__ import annotations
