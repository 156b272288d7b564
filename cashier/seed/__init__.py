"""The payment centre's part of a seeded history (`payhub.seed`), one table a file."""

from __future__ import annotations

from cashier.seed.accounts import ACCOUNTS
from cashier.seed.attempts import ATTEMPTS, PENDING
from cashier.seed.events import EVENTS
from cashier.seed.facts import FACTS
from cashier.seed.ledger import LEDGER
from cashier.seed.payments import PAYMENTS
from cashier.seed.refunds import REFUNDS
from cashier.seed.reviews import REVIEWS
from cashier.seed.trail import TRAIL

GROUND = [ACCOUNTS]
FILLS = [PAYMENTS, ATTEMPTS, PENDING, FACTS, REFUNDS, LEDGER, EVENTS, REVIEWS, TRAIL]
