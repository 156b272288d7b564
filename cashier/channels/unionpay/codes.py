"""What UnionPay's respCode means for us. What is not here is UNKNOWN.

There are two: `respCode` speaks of the call, `origRespCode` (in the answer to a query) of the trade. All answers are
signed. Source: UnionPay gateway 5.1.0, appendix of answer codes.
"""

from __future__ import annotations

from collections.abc import Mapping

from cashier.channels.base import Outcome

SUCCESS = "00"
PAID = frozenset({SUCCESS, "A6"})  # A6: paid, to be corrected among the banks
NOT_READY = frozenset({"98", "99"})  # of a bill

CALL: Mapping[str, Outcome] = {
    "10": Outcome.REFUSED,
    "11": Outcome.REFUSED,
    "13": Outcome.REFUSED,
    "31": Outcome.REFUSED,
    "32": Outcome.REFUSED,
    "33": Outcome.REFUSED,
    "34": Outcome.NOT_FOUND,
    "38": Outcome.REFUSED,
    "39": Outcome.REFUSED,
    # 12 duplicate, 35 and 36 the original's state: only a query of that number tells.
}

# Under way, or so wrong that a person has to look: 42 is debited too late (UnionPay returns it), 74 and 75 are debited
# with the write-off unknown or failed.
_UNSETTLED: Mapping[str, Outcome] = {
    "02": Outcome.IN_PROGRESS,
    "03": Outcome.IN_PROGRESS,
    "04": Outcome.IN_PROGRESS,
    "05": Outcome.IN_PROGRESS,
    "70": Outcome.IN_PROGRESS,
    "12": Outcome.UNKNOWN,
    "37": Outcome.UNKNOWN,
    "42": Outcome.UNKNOWN,
    "74": Outcome.UNKNOWN,
    "75": Outcome.UNKNOWN,
    "98": Outcome.UNKNOWN,
    "99": Outcome.UNKNOWN,
}
_DECLINED = {"01", "10", "11", "13", "31", "32", "33", "35", "36", "38", "39"} | {
    str(code) for code in (*range(60, 70), *range(71, 74), *range(77, 81))
}

TRADE: Mapping[str, Outcome] = {
    **dict.fromkeys(PAID, Outcome.PAID),
    **dict.fromkeys(_DECLINED, Outcome.FAILED),
    **_UNSETTLED,
    "34": Outcome.NOT_FOUND,
}
