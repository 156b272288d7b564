"""What must hold at the end: the channels' books, what shoppers were told and what the merchant was told, against
payhub's rows and against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PAID_PAGES = frozenset({"succeeded", "already_paid", "duplicate_refunding", "duplicate_refunded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One payment and its order as payhub has them at the end."""

    token: str  #: What the address of its counter page ends in.
    order_no: str
    amount_minor: int
    payment_state: str
    order_state: str
    attempts: tuple[str, ...]  #: The numbers that the channels know it by.


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """Everything that is compared."""

    rows: Sequence[Row]
    books: Sequence[Mapping[str, Any]]  #: The sandbox's own: out_trade_no, amount_minor, returned_minor.
    shoppers: Sequence[Mapping[str, Any]]  #: Lines "ordered" (shopper, token) and "page" (token, state).
    merchant: Sequence[Mapping[str, Any]]  #: Lines "told" (event, name, order).


def judge(seen: Witnesses) -> list[str]:
    """Return every sentence that should not be true."""
    return [*_charges(seen), *_pages(seen), *_carts(seen), *_fulfilments(seen)]


def _charges(seen: Witnesses) -> Iterator[str]:
    """Every charge is known; what the channels keep for an order is its price if it is paid, and nothing if not."""
    owner = {number: row.token for row in seen.rows for number in row.attempts}
    kept: dict[str, int] = defaultdict(int)
    for line in seen.books:
        token = owner.get(line["out_trade_no"])
        if token is None:
            yield f"money came by {line['out_trade_no']}, which payhub does not know"
        else:
            kept[token] += line["amount_minor"] - line["returned_minor"]
    for row in seen.rows:
        right = row.amount_minor if row.payment_state == "PAID" else 0
        if kept[row.token] != right:
            yield f"the channels keep {kept[row.token]} of {row.order_no} ({row.payment_state}): {right} is right"
        if (row.payment_state == "PAID") != (row.order_state == "PAID"):
            yield f"{row.order_no} is {row.order_state}, its payment {row.payment_state}"


def _pages(seen: Witnesses) -> Iterator[str]:
    """Whoever was once told "paid" is never told anything else, and it is true."""
    state = {row.token: row.payment_state for row in seen.rows}
    told_paid: set[str] = set()
    for line in seen.shoppers:
        if line["what"] != "page":
            continue
        token = line["token"]
        if line["state"] in PAID_PAGES:
            told_paid.add(token)
        elif token in told_paid:
            yield f"the page of {token} said paid, and later {line['state']}"
    yield from (
        f"the page of {token} said paid, and it is {state.get(token)}"
        for token in sorted(told_paid)
        if state.get(token) != "PAID"
    )


def _carts(seen: Witnesses) -> Iterator[str]:
    """One cart is one order, however often its button was pressed while nothing answered."""
    orders: dict[str, set[str]] = defaultdict(set)
    for line in seen.shoppers:
        if line["what"] == "ordered":
            orders[line["shopper"]].add(line["token"])
    yield from (f"the cart of {who} became {sorted(found)}" for who, found in orders.items() if len(found) > 1)


def _fulfilments(seen: Witnesses) -> Iterator[str]:
    """The merchant was told "paid" by exactly one event for every paid order, and for no other."""
    events: dict[str, set[str]] = defaultdict(set)
    for line in seen.merchant:
        if line["name"] == "payment.paid":
            events[line["order"]].add(line["event"])
    for row in seen.rows:
        told = len(events.pop(row.order_no, set()))
        if told != (row.payment_state == "PAID"):
            yield f"{row.order_no} is {row.payment_state}, and the merchant was told {told} times that it is paid"
    yield from (f"the merchant was told that {order_no} is paid, which there is not" for order_no in events)
