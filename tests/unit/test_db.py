"""The verbs of transactions: each means one thing, and refuses where it would mean another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest
from django.db import DatabaseError, connection

from payhub import clock
from payhub.db import (
    OpenTransaction,
    after_commit,
    committed,
    insert_once,
    refuse_open_transaction,
    require_transaction,
    savepoint,
)
from payhub.merchants.models import Merchant

pytestmark = pytest.mark.django_db
on_its_own = pytest.mark.django_db(transaction=True)


def shop(code: str = "lantern") -> Merchant:
    return Merchant(code=code, name="Lantern Books", created_at=clock.now())


def stands(code: str = "lantern") -> bool:
    return Merchant.objects.filter(code=code).exists()


@on_its_own
def test_what_is_committed_stands_for_everybody_when_the_block_ends() -> None:
    with ThreadPoolExecutor(max_workers=1) as elsewhere:

        def is_seen() -> bool:
            with closing(connection):
                return stands()

        with committed():
            shop().save()
            assert not elsewhere.submit(is_seen).result()
        assert elsewhere.submit(is_seen).result()


@on_its_own
def test_an_error_undoes_the_whole_block() -> None:
    def work() -> None:
        with committed():
            shop().save()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert not stands()


def test_a_commit_inside_a_transaction_is_refused_for_it_would_commit_nothing() -> None:
    def nested() -> None:
        with committed(), committed():
            shop().save()

    with pytest.raises(RuntimeError, match="durable"):
        nested()
    assert not stands()


def test_a_commit_inside_a_savepoint_is_refused_too() -> None:
    def nested() -> None:
        with committed(), savepoint(), committed():
            shop().save()

    with pytest.raises(RuntimeError, match="durable"):
        nested()


def test_a_savepoint_undoes_its_own_part_only() -> None:
    with committed():
        shop("before").save()
        with pytest.raises(DatabaseError), savepoint():
            shop("before").save()
        shop("after").save()
    assert stands("before")
    assert stands("after")


@on_its_own
def test_a_savepoint_without_a_transaction_is_refused() -> None:
    with pytest.raises(OpenTransaction, match="needs an open transaction"), savepoint():
        pass


@on_its_own
def test_a_hint_is_given_after_the_commit_and_not_before() -> None:
    given: list[bool] = []
    with committed():
        shop().save()
        after_commit(lambda: given.append(stands()))
        assert given == []
    assert given == [True]


@on_its_own
def test_a_hint_of_what_was_undone_is_never_given() -> None:
    given: list[str] = []

    def work() -> None:
        with committed():
            after_commit(lambda: given.append("outer"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert given == []


@on_its_own
def test_a_hint_that_fails_undoes_nothing_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    given: list[str] = []

    def fail() -> None:
        raise ConnectionError("the broker is away")

    with committed():
        shop().save()
        after_commit(fail)
        after_commit(lambda: given.append("second"))
    assert stands()
    assert given == ["second"]
    assert "the broker is away" in caplog.text


@on_its_own
def test_a_hint_without_a_transaction_is_refused() -> None:
    with pytest.raises(OpenTransaction, match="call directly"):
        after_commit(lambda: None)


@on_its_own
def test_calls_out_are_refused_inside_a_transaction_and_nowhere_else() -> None:
    refuse_open_transaction("POST channel")
    with committed():
        with pytest.raises(OpenTransaction, match="POST channel inside a transaction"):
            refuse_open_transaction("POST channel")
        with savepoint(), pytest.raises(OpenTransaction):
            refuse_open_transaction("POST channel")
    refuse_open_transaction("POST channel")


def test_a_test_cases_own_transaction_does_not_count() -> None:
    refuse_open_transaction("POST channel")


@on_its_own
def test_what_needs_a_transaction_is_refused_without_one() -> None:
    with pytest.raises(OpenTransaction, match="An event outside"):
        require_transaction("An event")
    with committed():
        require_transaction("An event")


def test_a_row_is_inserted_once_and_the_second_time_costs_one_statement(
    django_assert_num_queries: Callable[[int], object],
) -> None:
    first, second = shop(), shop()
    assert insert_once(first)
    assert Merchant.objects.get().pk == first.pk
    first.name = "New Lantern"
    first.save()  # the row is known as saved
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert not insert_once(second)
    assert Merchant.objects.get().name == "New Lantern"


@on_its_own
def test_an_insert_waits_for_a_twin_that_is_not_committed_yet() -> None:
    inserted, finish = threading.Event(), threading.Event()

    def first(*, fails: bool) -> None:
        with closing(connection), suppress(ZeroDivisionError), committed():
            assert insert_once(shop())
            inserted.set()
            assert finish.wait(10)
            assert 1 / (not fails)

    def second() -> bool:
        with closing(connection), committed():
            return insert_once(shop())

    for fails in (True, False):
        Merchant.objects.all().delete()
        inserted.clear()
        finish.clear()
        with ThreadPoolExecutor(max_workers=2) as pool:
            one = pool.submit(first, fails=fails)
            assert inserted.wait(10)
            other = pool.submit(second)
            _until_somebody_waits()
            assert not other.done()
            finish.set()
            one.result()
            assert other.result() is fails  # the twin that was undone never was


def _until_somebody_waits() -> None:
    waited = threading.Event()
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if (cursor.fetchone() or (0,))[0]:
                return
        waited.wait(0.01)
    raise AssertionError("Nobody waits for a lock.")
