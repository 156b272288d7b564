"""What to do about each kind of exception: the runbook's first lines, and where the one right action is."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payhub.review.models import Kind

WHAT_TO_DO: dict[str, Promise] = {
    Kind.UNKNOWN_PAYMENT: _(
        "Ask the channel again. Never tell the shopper to pay again: the money may be there. The bill decides at the latest."
    ),
    Kind.UNKNOWN_REFUND: _("Ask the channel again. Never send it under another number: it may have gone back."),
    Kind.FAILED_REFUND: _(
        "Read the channel's words, mend the cause (its balance there, our permission), then send it again under the same "
        "number."
    ),
    Kind.AMOUNT_MISMATCH: _("The whole amount goes back. Look whether the order was changed, then approve its return."),
    Kind.SURPLUS: _("Look at the case, then approve the return. It closes by itself when the money is back."),
    Kind.CONTRADICTION: _(
        "Nothing was changed. Compare with the channel's bill and its support before anything is returned or sent."
    ),
    Kind.UNKNOWN_NUMBER: _(
        "Find out whose money it is: the suggested duplicates of cases of that day show it. Return it at the channel."
    ),
    Kind.REFUSED_ACCOUNT: _("Check key, certificate and permissions with the channel, then open the account anew."),
    Kind.PARKED_DELIVERY: _("Mend what the error says, then try the delivery again. Nothing is lost meanwhile."),
    Kind.BILL_MISSING: _(
        "It is fetched on by itself. Ask the channel when it does not come, or hand the file in by hand."
    ),
    Kind.BILL_UNUSABLE: _("Compare the file with what the channel's page shows, then fetch it again."),
    Kind.BILL_DIFFERENT: _("Decide about each difference on the day's page; the day closes when none is left."),
    Kind.BROKEN_TRAIL: _("Keep a copy of the database, compare with the last backup, and find out who has access."),
    Kind.BROKEN_INVARIANT: _("Stop what moves money by hand, keep a copy of the database, and call a developer."),
    Kind.UNPAYABLE_ORDER: _("Return the money from the order's case, or agree with the buyer on a new order."),
}

# Where a subject is looked at, and acted on, by its beginning.
_PAGES = {
    "attempt": "/admin/cashier/attempt/?q={name}",
    "refund": "/admin/cashier/refund/?q={name}",
    "order": "/admin/orders/order/?q={name}",
    "payment": "/admin/cashier/payment/?q={name}",
    "complaint": "/admin/orders/complaint/?q={name}",
    "delivery": "/admin/outbox/delivery/{name}/change/",
    "fact": "/admin/cashier/channelfact/{name}/change/",
    "account": "/admin/cashier/channelaccount/?q={name}",
    "bill": "/admin/reconciliation/bill/?account_code={first}&day_date={rest}",
}
_ACTIONS: dict[str, Promise] = {
    Kind.UNKNOWN_PAYMENT: _("Ask the channel"),
    Kind.UNKNOWN_REFUND: _("Ask the channel"),
    Kind.FAILED_REFUND: _("Send again"),
    Kind.AMOUNT_MISMATCH: _("Approve its return"),
    Kind.SURPLUS: _("Approve its return"),
    Kind.PARKED_DELIVERY: _("Try it again"),
    Kind.BILL_MISSING: _("Run the day, or hand the file in"),
    Kind.BILL_UNUSABLE: _("Run the day, or hand the file in"),
    Kind.BILL_DIFFERENT: _("Decide about the differences"),
}


def action_for(kind: str, subject: str) -> tuple[Promise, str] | None:
    """Return the words and the address of the one right action; None when there is no page for the subject."""
    begins, _colon, name = subject.partition(":")
    page = _PAGES.get(begins)
    first, _colon, rest = name.partition(":")
    return (_ACTIONS.get(kind, _("Look at it")), page.format(name=name, first=first, rest=rest)) if page else None


def runbook_for(kind: str) -> str:
    """Return where the whole runbook of a kind is, in the documents that come with payhub."""
    return f"docs/runbooks/exceptions.md#{kind.lower()}"
