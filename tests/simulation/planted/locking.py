"""Planted: the locks, the lease and the one live attempt."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit

_PAYMENT = Edit(
    where="cashier.locks:lock_payment",
    old='Payment.objects.select_for_update(of=("self",)).select_related',
    new="Payment.objects.select_related",
)
_PAYMENT_OF_ATTEMPT = Edit(
    where="cashier.locks:lock_payment_of_attempt", old='.select_for_update(of=("self",))', new=".all()"
)
_ATTEMPTS = Edit(where="cashier.locks:lock_attempts", old='select_for_update(of=("self",)).', new="")
NO_ROW_LOCK = (_PAYMENT, _PAYMENT_OF_ATTEMPT, _ATTEMPTS)
_NO_LIVE_CHECK = Edit(
    where="cashier.services.pay:_intend", old="if a.counts and not _is_chosen(a, choice)", new="if False"
)
_SAME_AGAIN = Edit(where="cashier.services.pay:_intend", old="if a.is_live and a.superseded_at is None", new="if False")

BUGS = (
    Bug(
        name="no_row_lock",
        says="Payments and attempts are read without a lock: check, then write.",
        edits=NO_ROW_LOCK,
    ),
    Bug(
        name="no_row_lock_and_no_index",
        says="As before, and the index that guards it is gone.",
        edits=NO_ROW_LOCK,
        drops=("cashier_attempt.attempt_one_live",),
        profile="two_clicks",
    ),
    Bug(
        name="no_version_check",
        says="No locks, and a save writes over whatever state stands there; PostgreSQL's edges are the last guard.",
        edits=(
            *NO_ROW_LOCK,
            Edit(where="payhub.fsm:Stateful.from_db", old='row.__dict__.get("state")', new="None"),
        ),
    ),
    Bug(
        name="no_live_check",
        says="Another method starts a new attempt without closing the live one; the index is the last guard.",
        edits=(_NO_LIVE_CHECK,),
    ),
    Bug(
        name="no_live_check_and_no_index",
        says="As before, and the index is gone: what a lock in Redis alone would be.",
        edits=(_NO_LIVE_CHECK,),
        drops=("cashier_attempt.attempt_one_live",),
    ),
    Bug(
        name="never_the_same_attempt",
        says="A second click starts a second attempt of the same method.",
        edits=(_SAME_AGAIN,),
        drops=("cashier_attempt.attempt_one_live",),
    ),
    Bug(
        name="forgets_to_be_exclusive",
        says="Under the strict policy attempts are made as if the merchant allowed several.",
        edits=(
            Edit(
                where="cashier.services.pay:_start",
                old="exclusive=payment.merchant.double_payment_policy == DoublePaymentPolicy.STRICT",
                new="exclusive=False",
            ),
        ),
    ),
    Bug(
        name="call_in_transaction",
        says="The channel is called while the payment is locked.",
        edits=(
            Edit(
                where="cashier.services.pay:pay",
                old="        created = channel_of",
                new="        with committed():\n            lock_payment(payment_id)\n            created = channel_of",
            ),
        ),
    ),
    Bug(
        name="no_lease",
        says="Close overtakes prepay: an unknown number is dead at once, and the code that comes later is shown.",
        edits=(
            Edit(where="cashier.services.judge:is_provably_dead", old=" and now >= attempt.lease_until", new=""),
            Edit(
                where="cashier.services.pay:_note_created",
                old="    if has_ended and created.presentation is not None and method_of(fresh).can_close:",
                new="    if has_ended and created.presentation is not None:\n        attempt.presentation_kind = 'QR'\n"
                "        return attempt\n    if False:",
            ),
        ),
        profile="two_clicks",
    ),
    Bug(
        name="lease_never_judged",
        says="A code that comes after its lease is shown although the attempt is being closed.",
        edits=(
            Edit(
                where="cashier.services.pay:_show_or_close",
                old="fresh.state != AttemptState.PAYING or now >= fresh.lease_until or ",
                new="",
            ),
            Edit(where="cashier.services.judge:is_provably_dead", old=" and now >= attempt.lease_until", new=""),
            Edit(where="cashier.services.judge:is_provably_dead", old="not attempt.presentation_kind", new="True"),
        ),
        profile="two_clicks",
    ),
)
