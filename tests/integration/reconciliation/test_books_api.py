"""Daily bills and statements by the API say what the portal says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payhub import clock
from payhub.merchants.models import Merchant
from reconciliation.public import Figure, Period, accounts_of, statements
from tests.conftest import MovedClock
from tests.integration.api.conftest import Program, key_for
from tests.integration.reconciliation.conftest import ACCOUNT, DAY, Shop, morning_after

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]
MAY = f"/statements/{ACCOUNT}/CNY/2026-05"


@pytest.fixture
def program(shop: Shop, merchant: Merchant, moved_clock: MovedClock) -> Program:
    """The program of a shop that sold twice and gave back once; the day is closed, and on the next it sold again."""
    attempt = shop.sell(12_800)
    shop.sell(5_000)
    shop.give_back(attempt, 300)
    morning_after(moved_clock)
    assert shop.run().state == "CLOSED"
    moved_clock.forward(hours=1)
    shop.sell(700)
    return Program(key_for(merchant))


def test_a_day_says_what_agrees_on_both_sides(program: Program) -> None:
    day = program.get(f"/bills/{ACCOUNT}/{DAY}").said
    assert (day["state"], day["lines"], day["channel"]) == ("closed", 3, "alpha")
    assert day["closed_at"].endswith("Z")
    assert [
        (
            one["bucket"],
            one["kind"],
            one["channel_count"],
            one["channel_minor"],
            one["payhub_count"],
            one["payhub_minor"],
        )
        for one in day["buckets"]
    ] == [("matched", "payment", 2, 17_800, 2, 17_800), ("matched", "refund", 1, 300, 1, 300)]


def test_days_are_listed_the_newest_first_page_by_page(program: Program, shop: Shop) -> None:
    day_after = DAY + timedelta(days=1)
    shop.run(day_after)
    days = [str(day_after), str(DAY)]

    def found(**asked: Any) -> list[str]:
        return [one["day"] for one in program.get("/bills", **asked).said["data"]]

    assert found() == days
    assert found(first=day_after) == days[:1]
    assert found(last=DAY, account_code=ACCOUNT) == days[1:]
    assert found(account_code="another") == []
    first = program.get("/bills", limit=1).said
    assert (first["has_more"], found(limit=1, after=first["next"])) == (True, days[1:])
    assert program.get("/bills", limit=1, after=first["next"]).said["has_more"] is False
    assert found(after="nonsense") == []


def test_a_month_is_the_statement_of_the_portal(program: Program, shop: Shop) -> None:
    said = program.get(MAY).said
    (same,) = statements(accounts_of(shop.account.merchant_id), Period.named("2026-05"))
    assert (said["opening_minor"], said["net_minor"], said["closing_minor"]) == (0, same.net.minor, same.closing.minor)
    assert {name: said[f"{name.lower()}_minor"] for name in Figure.__members__} == {
        figure.name: same.figures[figure].minor for figure in Figure
    }
    assert [(day["period"], day["closing_minor"]) for day in said["days"]] == [
        (str(DAY), 17_500),
        (str(DAY + timedelta(days=1)), 700),
    ]
    listed = program.get("/statements", period="2026-05").said["data"]
    assert listed == [{name: value for name, value in said.items() if name != "days"}]
    assert program.get("/statements").said["data"][0]["period"] == f"{clock.now():%Y-%m}"


def test_the_entries_behind_a_figure_add_up_to_it_page_by_page(program: Program) -> None:
    month = program.get(MAY).said
    for name in ("payments", "refunds", "fees", "paid_out", "corrections"):
        page = program.get(f"{MAY}/{name}", limit=2).said
        entries = page["data"]
        while page["has_more"]:
            page = program.get(f"{MAY}/{name}", limit=2, after=page["next"]).said
            entries += page["data"]
        assert sum(entry["amount_minor"] for entry in entries) == month[f"{name}_minor"], name
        assert len({entry["entry_no"] for entry in entries}) == len(entries)


@pytest.mark.parametrize(
    "path",
    [
        f"/bills/{ACCOUNT}/yesterday",
        f"/bills/{ACCOUNT}/2026-05-09",
        f"{MAY}-40",
        f"{MAY}/bribes",
        "/statements/x/CNY/2026-05",
    ],
)
def test_what_is_not_there_is_not_found(program: Program, path: str) -> None:
    assert program.get(path).said["code"] == "not_found"


@pytest.mark.parametrize("period", ["2026-13", "9999-12", "0001-01", "yesterday", ""])
def test_what_is_no_period_is_refused(program: Program, period: str) -> None:
    refused = program.get("/statements", period=period)
    assert (refused.status_code, refused.said["errors"][0]["field"]) == (422, "period")
