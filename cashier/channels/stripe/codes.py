"""What Stripe's errors and states mean for us. What is not here is UNKNOWN.

Stripe signs no answers (TLS authenticates them), but an error still ends nothing: it speaks of the call, and the same
key may have worked before. Source: Stripe API, errors, Checkout Session, PaymentIntent and Refund objects.
"""

from __future__ import annotations

from collections.abc import Mapping

from cashier.channels.base import Outcome

ERRORS: Mapping[str, Outcome] = {
    # By `code`.
    "resource_missing": Outcome.NOT_FOUND,
    "parameter_missing": Outcome.REFUSED,
    "parameter_unknown": Outcome.REFUSED,
    "parameter_invalid_empty": Outcome.REFUSED,
    "parameter_invalid_integer": Outcome.REFUSED,
    "parameter_invalid_string_blank": Outcome.REFUSED,
    "parameter_invalid_string_empty": Outcome.REFUSED,
    "amount_too_large": Outcome.REFUSED,
    "amount_too_small": Outcome.REFUSED,
    "url_invalid": Outcome.REFUSED,
    "charge_disputed": Outcome.REFUSED,
    "balance_insufficient": Outcome.REFUSED,  # our balance does not cover the refund: same number again, later
    "insufficient_funds": Outcome.REFUSED,
    "idempotency_key_in_use": Outcome.UNKNOWN,
    "charge_already_refunded": Outcome.UNKNOWN,
    "payment_intent_unexpected_state": Outcome.UNKNOWN,
    "lock_timeout": Outcome.UNKNOWN,
    "rate_limit": Outcome.UNKNOWN,
    # By `type`, where there is no code.
    "invalid_request_error": Outcome.REFUSED,
    "idempotency_error": Outcome.UNKNOWN,  # the key was used with other parameters: something exists
}

REFUND_STATES: Mapping[str, Outcome] = {
    "succeeded": Outcome.PAID,
    "pending": Outcome.IN_PROGRESS,
    "requires_action": Outcome.IN_PROGRESS,
    "failed": Outcome.FAILED,
    "canceled": Outcome.FAILED,
}


def of_error(status: int, kind: str, code: str) -> Outcome:
    """Return what an error answer means, by its `code`, else by its `type`; every 5xx is UNKNOWN, whatever it says."""
    if status in {401, 403}:
        return Outcome.REFUSED
    return Outcome.UNKNOWN if status >= 500 else ERRORS.get(code or kind, Outcome.UNKNOWN)
