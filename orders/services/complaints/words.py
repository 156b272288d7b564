"""What the shopper reads about a case: how it stands, what was decided, what happens to the money, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from orders.models import Complaint
from orders.models.complaint import Decision
from orders.models.statement import Party
from orders.states import ComplaintState

LANGUAGES = ("en", "zh-hans")

_STANDS = {
    ComplaintState.NEW: _("We have your report and have begun to look for the money. Do not pay again."),
    ComplaintState.INVESTIGATING: _("We are comparing our books with the channel's. Do not pay again."),
    ComplaintState.WAITING: _("We asked for a statement and go on as soon as it is there. Do not pay again."),
    ComplaintState.DECIDED: _("Your case is decided."),
    ComplaintState.REFUNDING: _("Your money is being sent back to where it came from. You need not do anything."),
    ComplaintState.CLOSED: _("Your case is done. If something is still wrong, report it again from your order's page."),
    ComplaintState.MERGED: _("Your report goes on as part of another case about the same money."),
    ComplaintState.WITHDRAWN: _("You withdrew your report. If something is wrong after all, report it again."),
}
DECISION_WORDS: dict[str, Promise] = {
    Decision.REFUND_DUPLICATE: _(
        "The order was paid more than once. The extra money goes back to where it came from; your bank may take some "
        "days to show it. The order itself stays paid."
    ),
    Decision.TWO_PURCHASES: _(
        "These are two purchases, and each was paid once. Nothing goes back. To return goods, ask the shop."
    ),
    Decision.CREDIT_ORDER: _("Your payment had arrived. The order is now paid and the shop knows. Do not pay again."),
    Decision.PAID_LATE: _(
        "Your money arrived after the time to pay had ended. What the shop did not take goes back to where it came "
        "from; your bank may take some days to show it."
    ),
    Decision.PART_REFUND: _(
        "As agreed, part of your money goes back to where it came from; your bank may take some days to show it."
    ),
    Decision.ASK_AGAIN: _(
        "We could not find the payment yet. Please send the payment's number or a picture from your wallet or bank."
    ),
    Decision.MERGE: _("Your report goes on as part of another case about the same money."),
    Decision.WITHDRAWN: _("You withdrew your report. If something is wrong after all, report it again."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the way."""

    words: Promise
    is_done: bool
    is_now: bool


def stands(complaint: Complaint) -> Promise:
    """Return how the case stands, for its shopper."""
    return _STANDS[ComplaintState(complaint.state)]


def waits_for_shopper(complaint: Complaint) -> bool:
    """Tell whether it is the shopper, and not the shop or a supplier, for whose words the case waits."""
    asked = complaint.statements.filter(given_at__isnull=True).exclude(party=Party.BUYER)
    return complaint.state == ComplaintState.WAITING and not asked.exists()


def steps_of(complaint: Complaint) -> list[Step]:
    """Return the way of the case and how far it is."""
    names = [_("Received"), _("Being checked"), _("Decided"), _("Money on its way back"), _("Done")]
    at = {"NEW": 0, "INVESTIGATING": 1, "WAITING": 1, "DECIDED": 2, "REFUNDING": 3}.get(complaint.state, 4)
    no_money_back = {Decision.TWO_PURCHASES, Decision.CREDIT_ORDER, Decision.MERGE, Decision.WITHDRAWN}
    steps = [Step(words=name, is_done=place < at or at == 4, is_now=place == at) for place, name in enumerate(names)]
    return [*steps[:3], steps[4]] if complaint.decision in no_money_back else steps


def previews() -> dict[str, list[tuple[str, str]]]:
    """Return each decision's name and what the shopper will read of it, by language."""
    found = {}
    for language in LANGUAGES:
        with override(language):
            found[language] = [(str(Decision(key).label), str(words)) for key, words in DECISION_WORDS.items()]
    return found
