"""Alive, ready, measured."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cashier.channels.base import Notification, Refusal
from cashier.metrics import notifications
from payhub import clock
from payhub.metrics import Counter, exposition
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review
from payhub.settings import CACHES
from tests.played.world import World

pytestmark = pytest.mark.django_db

TOKEN = {"Authorization": "Bearer sesame"}
NO_REDIS = {"default": CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}


@pytest.fixture
def scraper(client: Client, settings: Any) -> Client:
    settings.METRICS_TOKEN = "sesame"
    return client


def values(text: str) -> dict[str, float]:
    """Return every sample by its name and labels; whatever is not Prometheus' format fails."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = re.fullmatch(r'([a-z_]+(?:\{(?:[a-z]+="[^"]*",?)+\})?) ([0-9.e+-]+)', line)
            assert match, line
            found[match[1]] = float(match[2])
    return found


def test_a_process_is_alive_without_asking_anybody(client: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/healthz").status_code == 200
    assert not asked.captured_queries


def test_it_is_ready_when_the_database_answers(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"database: there\nredis: there\n")


def test_it_is_ready_without_redis_and_says_so(client: Client, settings: Any) -> None:
    settings.CACHES = NO_REDIS
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert b"redis: away" in answer.content


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer é"}])
def test_strangers_see_no_metrics(scraper: Client, headers: dict[str, str]) -> None:
    assert scraper.get("/metrics", headers=headers).status_code == 404


def test_without_a_token_nobody_sees_metrics(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_what_stands_in_the_rows_is_measured(scraper: Client, world: World) -> None:
    first = world.clicks(world.opens_a_payment().pk, "alpha")
    news = world.pays("alpha", first.attempt_no)
    world.notifies(news)
    world.notifies(world.pays("alpha", first.attempt_no, again=True))  # somebody else pays the same code
    world.clicks(world.opens_a_payment().pk, "alpha")
    open_review(
        kind=Kind.PARKED_DELIVERY,
        subject="delivery:1",
        reason="down",
        owner=Owner.OPERATIONS,
        at=clock.now() - timedelta(minutes=5),
    )
    answer = scraper.get("/metrics", headers=TOKEN)
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    told = values(answer.content.decode())
    assert told['payhub_queries_pending{channel="alpha",of="attempt",state="PAYING"}'] == 1
    assert told['payhub_surplus{reason="SURPLUS_SECOND",state="APPROVED"}'] == 1
    assert told['payhub_refunds_waiting{state="APPROVED"}'] == 1
    assert told['payhub_exceptions_open{kind="PARKED_DELIVERY",owner="OPERATIONS"}'] == 1
    assert told["payhub_exceptions_oldest_seconds"] == 300
    assert told['payhub_deliveries_pending{consumer="listener"}'] == 2
    assert told['payhub_accounts_broken{channel="alpha"}'] == 0


def test_every_refusal_is_shown_before_it_happens(scraper: Client) -> None:
    told = values(scraper.get("/metrics", headers=TOKEN).content.decode())
    for refusal in Refusal:
        assert f'payhub_notifications_total{{channel="wechat",result="{refusal}"}}' in told


def test_notifications_are_counted_by_what_became_of_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setitem(notifications.labels, "channel", ("alpha",))
    attempt = world.clicks(world.opens_a_payment().pk, "alpha")
    world.notifies(world.pays("alpha", attempt.attempt_no), times=3)
    world.posts("alpha", Notification(headers={}, body=b"{}"))
    counted = {labels["result"]: number for labels, number in notifications.read(clock.now()) if number}
    assert counted == {"pays": 1, "repeated": 2, "bad_signature": 1}


def test_counting_without_redis_holds_nothing_up(settings: Any) -> None:
    settings.CACHES = NO_REDIS
    counter = Counter(name="payhub_odd_total", says="Odd.", labels={"of": ("a",)})
    counter.count(of="a")
    told = exposition(now=clock.now())
    assert "payhub_notifications_total" not in told
    assert "payhub_queries_overdue_seconds" in told


def test_a_label_with_quotes_stays_one_label() -> None:
    cache.clear()
    counter = Counter(name="payhub_odd_total", says="Odd.", labels={"of": ('a"b\\c\nd',)})
    counter.count(of='a"b\\c\nd')
    assert [number for _, number in counter.read(clock.now())] == [1]
