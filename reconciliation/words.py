"""What people are told about differences: what each kind usually is, and what to do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reconciliation.states import Bucket

SUGGESTIONS: dict[Bucket, Promise] = {
    Bucket.CHANNEL_ONLY: _(
        "The channel has money that we know nothing of. It lies in suspense: find out whose it is, then return it or "
        "give it to its owner, and explain it here."
    ),
    Bucket.LOCAL_ONLY: _(
        "We count money that the channel does not have. Look at the neighbouring days, then ask the channel. If it "
        "never arrived, book the difference; do not send goods for it."
    ),
    Bucket.STATE: _("The channel has moved this money and we had not heard. It is taken in as a fact by itself."),
    Bucket.ACCOUNT: _(
        "The number is another account's of ours. The money lies in suspense: ask the channel how it came to this "
        "account, and explain it here."
    ),
    Bucket.AMOUNT: _("Compare with the channel's own page. If the bill is right, book the difference."),
    Bucket.CURRENCY: _("Compare with the channel's own page. If the bill is right, book the difference."),
    Bucket.FEE: _("The channel kept another fee than the contract says. Claim it back, or mend the fee rule."),
    Bucket.DUPLICATE: _(
        "The channel wrote this line twice. If it moved the money once, explain it; if twice, book it and claim it."
    ),
    Bucket.OTHER_DAY: _("The same money stands in the neighbouring day's books. Nothing is to be done but to wait."),
    Bucket.UNREADABLE: _("This line could not be read. Look into the file at this row, and explain what it was."),
}
