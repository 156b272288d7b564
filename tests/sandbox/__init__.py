"""The sandbox keeps the contract of each channel: tried from outside, over the wire, by independent clients."""

from __future__ import annotations
