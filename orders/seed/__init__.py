"""Product orders' part of a seeded history (`payhub.seed`), one table a file."""

from __future__ import annotations

from orders.seed.complaints import COMPLAINTS, MESSAGES
from orders.seed.deliveries import DELIVERIES
from orders.seed.placed import ORDERS
from orders.seed.trail import TRAIL

FILLS = [ORDERS, DELIVERIES, COMPLAINTS, MESSAGES, TRAIL]
