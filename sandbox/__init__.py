"""The channels, played on this machine: real wire protocols, real signatures, no real money. Development and tests only.

It imports nothing of the payment hub and the hub imports nothing of it; they meet on the wire.
"""

from __future__ import annotations
