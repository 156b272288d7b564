"""Help stands on every page of a payment, whether an app above takes complaints or not."""

from __future__ import annotations

from typing import Any

from tests.integration.cashier_web.conftest import Counter


def test_every_page_of_a_payment_leads_to_help(counter: Counter) -> None:
    link = f'href="{counter.url}help"'
    assert link in counter.open()
    counter.pay("page")
    assert link in counter.open()
    assert link in counter.get("go").content.decode()


def test_the_payment_centre_alone_has_a_page_of_its_own_under_that_name(counter: Counter, settings: Any) -> None:
    settings.ROOT_URLCONF = "cashier.web.urls"
    answer = counter.get("help")
    assert answer.status_code == 200
    assert counter.payment.merchant_order_no in answer.content.decode()


def test_help_with_an_unknown_payment_is_not_found(counter: Counter) -> None:
    assert counter.client.get(f"/c/{'x' * 32}/help").status_code == 404
