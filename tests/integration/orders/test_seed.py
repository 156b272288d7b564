"""The demo's seed and the schedule: made once, brought up to date by every run."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django_celery_beat.models import PeriodicTask

from cashier.models import ChannelAccount
from payhub.merchants.models import Membership, Merchant
from payhub.trail.record import story
from payhub.vault import unseal
from tests.channels.counterparts.alipay import AlipaySide
from tests.channels.counterparts.wechat import WeChatSide

pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts() -> dict[str, dict[str, Any]]:
    """What the sandbox issues."""
    return {"wechat": WeChatSide().settings(), "alipay": AlipaySide().settings()}


@pytest.fixture
def seed(tmp_path: Path, accounts: dict[str, dict[str, Any]]) -> Callable[[], list[dict[str, str]]]:
    """Run the seed; return the users that its last line names."""

    def seed() -> list[dict[str, str]]:
        file, said = tmp_path / "accounts.json", StringIO()
        file.write_text(json.dumps(accounts))
        call_command("seed_demo", accounts=file, stdout=said, stderr=StringIO())
        users: list[dict[str, str]] = json.loads(said.getvalue().splitlines()[-1])["users"]
        return users

    return seed


def test_the_seed_makes_a_shop_with_accounts_that_work_and_users_who_can_sign_in(
    seed: Callable[[], list[dict[str, str]]], accounts: dict[str, dict[str, Any]]
) -> None:
    users = seed()
    assert Client().get("/shop/").status_code == 200
    assert {a.channel: unseal(a.sealed_settings) for a in ChannelAccount.objects.all()} == accounts
    assert all(account.is_test and account.methods for account in ChannelAccount.objects.all())
    names = {"merchant", "buyer", "support", "supervisor", "finance", "admin"}
    assert {user["name"] for user in users} == names
    for user in users:
        assert Client().login(username=user["name"], password=user["password"])
        assert user["what"]
    assert Membership.objects.get().user.username == "merchant"
    assert not User.objects.get(username="merchant").is_staff


def test_seeding_again_changes_nothing(seed: Callable[[], list[dict[str, str]]]) -> None:
    def state() -> list[Any]:
        rows = [Merchant, User, Membership, ChannelAccount, PeriodicTask]
        return [list(model.objects.order_by("pk").values_list("pk", flat=True)) for model in rows]

    first, before = seed(), state()
    sealed = list(ChannelAccount.objects.values_list("sealed_settings", "settings_version"))
    assert (seed(), state()) == (first, before)
    assert list(ChannelAccount.objects.values_list("sealed_settings", "settings_version")) == sealed


def test_settings_that_changed_are_sealed_anew_and_told(
    seed: Callable[[], list[dict[str, str]]], accounts: dict[str, dict[str, Any]]
) -> None:
    seed()
    accounts["wechat"]["base_url"] = "https://elsewhere.example/"
    seed()
    wechat = ChannelAccount.objects.get(channel="wechat")
    assert wechat.settings_version == 2
    assert unseal(wechat.sealed_settings)["base_url"] == "https://elsewhere.example/"
    assert [line.action for line in story([f"account:{wechat.code}"])] == ["account.opened", "account.changed"]


def test_settings_that_an_adapter_cannot_work_with_are_refused_in_words(
    seed: Callable[[], list[dict[str, str]]], accounts: dict[str, dict[str, Any]]
) -> None:
    del accounts["wechat"]["appid"]
    with pytest.raises(CommandError, match="Nothing was changed"):
        seed()
    assert not ChannelAccount.objects.filter(channel="wechat").exists()


def test_a_channel_that_we_do_not_have_is_passed_over(
    seed: Callable[[], list[dict[str, str]]], accounts: dict[str, dict[str, Any]]
) -> None:
    accounts["moonbank"] = {}
    seed()
    assert ChannelAccount.objects.count() == 2


def test_the_seed_refuses_outside_the_demo(seed: Callable[[], list[dict[str, str]]], settings: LazySettings) -> None:
    settings.PAYHUB_DEMO = False
    with pytest.raises(CommandError, match="PAYHUB_DEMO"):
        seed()
    assert not User.objects.exists()


def test_every_installation_has_passwords_of_its_own(
    seed: Callable[[], list[dict[str, str]]], settings: LazySettings
) -> None:
    first = seed()
    settings.SECRET_KEY = "another installation's"
    second = seed()
    assert {user["password"] for user in first}.isdisjoint(user["password"] for user in second)
    assert Client().login(username="admin", password=second[-1]["password"])


def test_the_schedule_is_what_the_settings_say(settings: LazySettings) -> None:
    PeriodicTask.objects.all().delete()
    settings.PAYHUB_BEAT = [("cashier.query_due", 1), ("orders.ask_waiting", 30)]
    call_command("schedule", stderr=StringIO())
    settings.PAYHUB_BEAT = [("orders.ask_waiting", 60)]
    call_command("schedule", stderr=StringIO())
    entry = PeriodicTask.objects.get()
    assert (entry.task, entry.interval.every, entry.expire_seconds) == ("orders.ask_waiting", 60, 120)


def test_the_schedule_leaves_entries_of_others_alone() -> None:
    call_command("schedule", stderr=StringIO())
    ours = PeriodicTask.objects.first()
    assert ours is not None
    PeriodicTask.objects.create(name="somebody else's", task="x", interval=ours.interval)
    call_command("schedule", stderr=StringIO())
    assert PeriodicTask.objects.filter(name="somebody else's").exists()
