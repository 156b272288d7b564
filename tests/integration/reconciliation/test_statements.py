"""Statements: every figure is a sum of ledger entries, and the entries are behind it; only the merchant's people see it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from payhub import clock
from payhub.merchants.models import Membership, Merchant
from payhub.safe_csv import safe_cell
from reconciliation.public import Figure, Period, accounts_of, bills_of, entries, statements
from tests.conftest import MovedClock
from tests.integration.api.conftest import key_for
from tests.integration.reconciliation.conftest import ACCOUNT, DAY, Shop, morning_after

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]
MAY = Period.named("2026-05")


@pytest.fixture
def sold(shop: Shop, moved_clock: MovedClock) -> Shop:
    """A day with two payments and a refund, closed the next morning, and a payment on that next day."""
    attempt = shop.sell(12_800)
    shop.sell(5_000)
    shop.give_back(attempt, 300)
    morning_after(moved_clock)
    assert shop.run().state == "CLOSED"
    moved_clock.forward(hours=1)
    shop.sell(700)
    return shop


@pytest.fixture
def member(client: Client, merchant: Merchant) -> Client:
    """A signed-in member of the merchant."""
    person = User.objects.create_user("member")
    Membership.objects.create(user=person, merchant=merchant)
    client.force_login(person)
    return client


def figures(shop: Shop, period: str) -> tuple[int, ...]:
    (one,) = statements(accounts_of(shop.account.merchant_id), Period.named(period))
    of = [one.figures[figure].minor for figure in Figure]
    return (one.opening.minor, *of, one.net.minor, one.closing.minor)


def test_a_month_adds_up_from_opening_to_closing(sold: Shop) -> None:
    assert figures(sold, "2026-05") == (0, 18_500, 300, 107, 17_393, 0, 18_093, 700)
    assert figures(sold, "2026-06") == (700, 0, 0, 0, 0, 0, 0, 700)


def test_each_day_opens_where_the_day_before_closed(sold: Shop) -> None:
    assert figures(sold, str(DAY)) == (0, 17_800, 300, 0, 0, 0, 17_500, 17_500)
    assert figures(sold, str(DAY + timedelta(days=1))) == (17_500, 700, 0, 107, 17_393, 0, 593, 700)
    (month,) = statements(accounts_of(sold.account.merchant_id), MAY)
    assert [(day.opening.minor, day.closing.minor) for day in month.days] == [(0, 17_500), (17_500, 700)]


def test_the_entries_behind_a_figure_add_up_to_it(sold: Shop) -> None:
    (month,) = statements(accounts_of(sold.account.merchant_id), MAY)
    for figure in Figure:
        behind = entries(month.account, "CNY", MAY, figure)
        assert sum(entry.money.minor for entry in behind) == month.figures[figure].minor
        assert len(behind) == month.counts[figure]


def test_entries_come_page_by_page(sold: Shop) -> None:
    (account,) = accounts_of(sold.account.merchant_id)
    first = entries(account, "CNY", MAY, Figure.PAYMENTS, size=2)
    rest = entries(account, "CNY", MAY, Figure.PAYMENTS, after=first[-1].entry_id, size=2)
    assert [entry.money.minor for entry in (*first, *rest)] == [12_800, 5_000, 700]


def test_the_pages_show_it_and_every_figure_opens_its_rows(sold: Shop, member: Client) -> None:
    month = member.get("/m/statements/?month=2026-05").content.decode()
    assert f"/m/statements/{ACCOUNT}/CNY/2026-05/" in month
    page = member.get(f"/m/statements/{ACCOUNT}/CNY/2026-05/").content.decode()
    assert "¥180.93" in page
    for figure in ("receipt", "return", "fees", "settlement"):
        address = f"/m/statements/{ACCOUNT}/CNY/2026-05/{figure}/"
        assert address in page
        assert member.get(address).status_code == 200


@pytest.mark.parametrize("address", ["2026-05/", "2026-05-04/", "2026-05/receipt/"])
def test_a_statement_is_a_csv_file_too(sold: Shop, member: Client, address: str) -> None:
    answer: Any = member.get(f"/m/statements/{ACCOUNT}/CNY/{address}?format=csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) > 1


@pytest.mark.parametrize(
    "address", ["2026-13/", "yesterday/", "2026-05/bribes/", "2026-05-04/receipt/../../../x/"], ids=str
)
def test_what_is_no_statement_is_not_found(sold: Shop, member: Client, address: str) -> None:
    assert member.get(f"/m/statements/{ACCOUNT}/CNY/{address}").status_code == 404


def test_nobody_sees_another_merchants_statements(sold: Shop, client: Client) -> None:
    other = Merchant.objects.create(code="other", name="Other", created_at=clock.now())
    stranger = User.objects.create_user("stranger")
    Membership.objects.create(user=stranger, merchant=other)
    for path in ("", "receipt/", "?format=csv"):
        address = f"/m/statements/{ACCOUNT}/CNY/2026-05/{path}"
        client.logout()
        assert client.get(address).status_code == 302
        client.force_login(stranger)
        assert client.get(address).status_code == 404
    assert ACCOUNT not in client.get("/m/statements/?month=2026-05").content.decode()


def test_the_days_of_a_merchant_are_told_to_programs(sold: Shop) -> None:
    (day,) = bills_of(sold.account.merchant_id, first=DAY, last=DAY)
    assert (day.account_code, day.state, day.lines) == (ACCOUNT, "CLOSED", 3)
    assert bills_of(sold.account.merchant_id + 1, first=DAY, last=DAY) == []


def test_a_program_gets_the_statements_of_its_merchant_and_of_no_other(sold: Shop, merchant: Merchant) -> None:
    def ask(of: Merchant, **query: str) -> Any:
        return Client().get("/api/v1/statements", query, headers={"Authorization": f"Bearer {key_for(of)}"})

    (month,) = ask(merchant, period="2026-05").json()["data"]
    (statement,) = statements(accounts_of(merchant.pk), MAY)
    assert (month["account"], month["currency"], month["period"]) == (ACCOUNT, "CNY", "2026-05")
    assert (month["payments_minor"], month["refunds_minor"]) == (18_500, 300)
    assert month["closing_minor"] == statement.closing.minor == month["days"][-1]["closing_minor"]
    assert (
        month["opening_minor"] + month["net_minor"] - month["paid_out_minor"] + month["corrections_minor"]
        == month["closing_minor"]
    )
    assert [day["period"] for day in month["days"]] == [day.period.name for day in statement.days]
    other = Merchant.objects.create(code="other", name="Other", created_at=clock.now(), is_test=merchant.is_test)
    assert ask(other, period="2026-05").json() == {"data": []}
    assert [ask(merchant, **query).status_code for query in ({"period": "May"}, {}, {"period": "2026-05", "x": "1"})] == [
        422, 422, 422,
    ]  # fmt: skip
    assert Client().get("/api/v1/statements", {"period": "2026-05"}).status_code == 401
    refused = Client().post("/api/v1/statements", headers={"Authorization": f"Bearer {key_for(merchant)}"})
    assert refused.status_code == 405


@pytest.mark.parametrize(
    ("cell", "safe"),
    [("=1+1", "'=1+1"), ("+86", "'+86"), ("-12.30", "-12.30"), ("-cmd", "'-cmd"), ("@x", "'@x"), ("\t=1", "'\t=1"),
     ("A1", "A1"), (None, ""), (5, "5")],
)  # fmt: skip
def test_a_spreadsheet_runs_nothing_of_a_cell(cell: object, safe: str) -> None:
    assert safe_cell(cell) == safe
