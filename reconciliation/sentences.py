"""Refusals in the reader's language.

Adapters speak no Django, and trail, queue and log keep one language: what is stored is an English sentence with its data
in it. It is known again by its shape here, and said in the language of whoever looks.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop

# A sentence in another one is called %(why)s.
SENTENCES = (
    gettext_noop("%(why)s Nothing was changed; get the file from the channel again."),
    gettext_noop("No line of the bill can be read. %(why)s"),
    gettext_noop("Line %(row)s: %(why)s"),
    gettext_noop("Most lines of the bill are not of %(day)s: it is another day's."),
    gettext_noop("The file is bigger than %(megabytes)s MB. Nothing was changed; pack it."),
    gettext_noop("The file is empty. Nothing was changed; get it from the channel again."),
    gettext_noop("Whoever uploaded a bill cannot confirm it. Nothing was settled; ask a colleague."),
    gettext_noop("There is no channel account %(account)s. Nothing was run; look at the list of accounts."),
    gettext_noop("There is nothing to book here: the channel's side stands in the ledger, or moves nothing."),
    gettext_noop("%(who)s runs %(bill)s already since %(at)s UTC. Nothing was started; watch that run."),
    gettext_noop(
        "%(count)s lines say that money moved which we do not know of, and a person uploaded this file: nothing was "
        "settled yet. Another person has to confirm that it is the channel's."
    ),
    gettext_noop(
        "%(count)s lines say that money moved which we do not know of. That many look like a wrong file: nothing was "
        "settled yet. Somebody has to confirm it."
    ),
    # The whole bill.
    gettext_noop("There is no bill yet: %(code)s"),
    gettext_noop("The channel refuses the bill: %(said)s"),
    gettext_noop("The bill's address is none."),
    gettext_noop("The bill did not come: %(code)s."),
    gettext_noop("The bill swells beyond all measure when it is unpacked."),
    gettext_noop("The bill has a line without an end."),
    gettext_noop("The bill does not unpack: %(error)s"),
    gettext_noop("The archive has not one file of details."),
    gettext_noop("The bill does not say that it is this seller's."),
    gettext_noop("The bill is another seller's."),
    gettext_noop("The bill is not that of %(day)s."),
    gettext_noop("The bill has not the columns that we know."),
    gettext_noop("The bill is not written in UTF-8."),
    gettext_noop("A checksum of a kind that we do not know: %(kind)s."),
    gettext_noop("The bill's checksum is wrong."),
    gettext_noop("The bill ends without its totals."),
    gettext_noop("The bill's totals cannot be read."),
    gettext_noop("The bill's totals (%(word)s) are not the sums of its rows."),
    gettext_noop("The bill's totals are not the sums of its rows."),
    gettext_noop("The bill has %(rows)s rows and says that it has %(said)s."),
    gettext_noop("The bill's report has no total."),
    gettext_noop("The list has no end."),
    gettext_noop("The list broke off: %(code)s."),
    gettext_noop("The list is another day's, or its end does not say how many lines there are."),
    gettext_noop("The day is not over at Stripe."),
    gettext_noop("UnionPay has not made the bill yet."),
    gettext_noop("UnionPay says %(said)s."),
    # One line.
    gettext_noop("It is not a row of text."),
    gettext_noop("It is not a line of Stripe's list."),
    gettext_noop("It does not begin with a backtick."),
    gettext_noop("It has %(cells)s cells where the bill has %(width)s columns."),
    gettext_noop("It has %(bytes)s bytes instead of %(width)s."),
    gettext_noop("It is about another merchant."),
    gettext_noop("It does not say what it is about."),
    gettext_noop("It has no amount."),
    gettext_noop("It has no amount: %(said)s"),
    gettext_noop("A kind of business that we do not know: %(word)s."),
    gettext_noop("A kind of trade that we do not know: %(word)s."),
    gettext_noop("A kind of movement that is no payment and no refund: %(word)s."),
    gettext_noop("A state that we do not know: %(word)s."),
    gettext_noop("%(name)s is not above zero, the way the money went."),
    gettext_noop("%(name)s is not an amount."),
    gettext_noop("%(name)s is not a fee."),
)
_BLANK = re.compile(r"%\(([a-z]+)\)s")


def in_words(text: str) -> str:
    """This function will say a stored sentence in the reader's language; one that is not known stays as it is."""
    if text in SENTENCES:
        return gettext(text)
    for sentence in SENTENCES:
        found = _shape(sentence).fullmatch(text)
        if found:
            said = {name: in_words(value) if name == "why" else value for name, value in found.groupdict().items()}
            return gettext(sentence) % said
    return gettext(text) if text else ""


@cache
def _shape(sentence: str) -> re.Pattern[str]:
    parts = _BLANK.split(sentence)  # words, name, words, name, … words
    blanks = [f"(?P<{part}>.*)" if at % 2 else re.escape(part) for at, part in enumerate(parts)]
    return re.compile("".join(blanks), re.DOTALL)
