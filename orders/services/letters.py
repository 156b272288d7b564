"""Letters: written when something happened that a merchant's owners must hear outside the portal, sent afterwards."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from orders.locks import claim_letter
from orders.models import Letter, WebhookEndpoint
from orders.models.webhook_endpoint import OffBecause
from payhub import clock
from payhub.db import after_commit, committed, refuse_open_transaction
from payhub.lane import lane
from payhub.merchants.models import Membership, Role
from payhub.outbox.consumer import Message
from payhub.tasks import wake

log = logging.getLogger(__name__)

RETRY_AFTER_S = (60, 300, 1800, 7200, 28_800)
LEASE_S = 120
SWEEP_FOR_S = 20
_TEXT = gettext_noop(
    "payhub sends nothing more to %(url)s, a webhook endpoint of %(merchant)s: %(because)s.\n"
    "No money and no message is lost. Until the endpoint is switched on again, your shop is not told of payments; "
    "ask for its orders by the API meanwhile.\n"
    "Mend the endpoint, switch it on, then recover what it missed: %(page)s"
)
LANGUAGES = ("zh-hans", "en")  # one letter in both: nobody told us which one its reader reads


def write(message: Message, now: datetime) -> None:
    """Write to the owners of an endpoint that was switched off because it failed, in the outbox's transaction."""
    found = WebhookEndpoint.objects.select_related("merchant").filter(endpoint_no=message.payload["endpoint_no"])
    endpoint = found.first()
    if endpoint is None:
        return  # removed meanwhile
    owners = Membership.objects.filter(merchant=endpoint.merchant, role=Role.OWNER, user__is_active=True)
    addresses = owners.exclude(user__email="").order_by("user_id").values_list("user__email", flat=True)
    subject, text = _words(endpoint)
    Letter.objects.bulk_create(
        Letter(address=address, subject=subject, text=text, written_at=now, next_at=now) for address in addresses
    )
    after_commit(partial(wake, "orders.send_letters"))


def _words(endpoint: WebhookEndpoint) -> tuple[str, str]:
    """Return subject and text, in both languages."""
    because = OffBecause(endpoint.off_because or OffBecause.FAILING)
    page = reverse("portal-webhook", args=[endpoint.merchant.code, endpoint.endpoint_no])
    about = {"url": endpoint.url, "merchant": endpoint.merchant.name, "page": f"{settings.PAYHUB_BASE_URL}{page}"}
    subjects, texts = [], []
    for language in LANGUAGES:
        with override(language):
            subjects.append(_("%(merchant)s: a webhook endpoint is switched off") % about)
            texts.append(_(_TEXT) % {**about, "because": because.label})
    return " / ".join(subjects)[:200], "\n\n".join(texts)


def sweep() -> None:
    """Send what is due for some seconds. One sweep at a time; the next one takes up what is left."""
    until = clock.now() + timedelta(seconds=SWEEP_FOR_S)
    with lane("letters") as is_mine:
        while is_mine and clock.now() < until and send_next(now=clock.now()):
            pass


def send_next(*, now: datetime) -> bool:
    """Send the letter that has been due longest; tell whether there was one."""
    with committed():
        letter = claim_letter(now, LEASE_S)
    if letter is None:
        return False
    refuse_open_transaction("Sending a letter")
    error = ""
    try:
        send_mail(letter.subject, letter.text, None, [letter.address])
    except (SMTPException, OSError) as failure:
        error = f"{type(failure).__name__}: {failure}"[:300]
    with committed():
        letter.last_error = error
        if not error:
            letter.sent_at, letter.next_at = now, None
        elif letter.tries < len(RETRY_AFTER_S):
            letter.next_at = now + timedelta(seconds=RETRY_AFTER_S[letter.tries])
        else:
            letter.next_at = None
            log.error("letter %s was given up: %s", letter.pk, error)
        letter.tries += 1
        letter.save(update_fields=["last_error", "sent_at", "next_at", "tries"])
    return True
