"""Files that cannot be right: refused with a sentence, never half booked, never "empty means fine"."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from cashier.channels.base import BillKind
from cashier.models import Attempt, ChannelAccount, Payment
from cashier.services import channel_calls
from payhub import clock
from payhub.db import savepoint
from payhub.merchants.models import Merchant
from payhub.review.models import ReviewItem
from payhub.vault import seal
from reconciliation.errors import FileKnown, FileRefused, NotYourDecision
from reconciliation.models import Bill, BillLine
from reconciliation.services.expect import expect_bills, miss_overdue
from reconciliation.services.run import run, run_day, run_due
from reconciliation.services.upload import confirm, upload
from tests.bills import wechat
from tests.bills.row import Row
from tests.channels.counterparts.wechat import WeChatSide
from tests.conftest import MovedClock
from tests.integration.reconciliation.conftest import ACCOUNT, DAY, Shop, buckets, morning_after
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]
CODE = "lantern-wechat"


@pytest.fixture
def account(merchant: Merchant, moved_clock: MovedClock) -> ChannelAccount:
    """The merchant's account at WeChat Pay, with the true reader behind it."""
    channel_calls.forget_opened()
    return ChannelAccount.objects.create(
        code=CODE,
        merchant=merchant,
        channel="wechat",
        methods=["native"],
        sealed_settings=seal(WeChatSide().settings()),
        is_test=True,
        created_at=clock.now() - timedelta(days=3),
    )


@pytest.fixture
def ada(db: None) -> User:
    """Who uploads."""
    return User.objects.create_user("ada")


def rows(count: int = 3) -> list[Row]:
    return [Row(f"A260504WN{n:015}", 1_000 + n, f"42000000{n:012}", clock.now(), fee_minor=6) for n in range(count)]


def good(**changes: Any) -> bytes:
    return b"".join(wechat.bill(rows(), DAY, **changes))


def bring(content: bytes, person: User, day: Any = DAY) -> Bill:
    return upload(account_code=CODE, day=day, file=io.BytesIO(content), name="bill.csv", person=person, now=clock.now())


def other_day() -> bytes:
    return b"".join(
        wechat.bill(
            [Row(f"A{n:023}", 100, f"42{n:018}", clock.now() - timedelta(days=9), fee_minor=1) for n in range(3)], DAY
        )
    )


def a_bomb() -> bytes:
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        for _ in range(200):
            file.write(b"0" * (1 << 20))
    return packed.getvalue()


def a_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda: b"", "is empty"),
        (lambda: good()[:-60], "totals"),
        (lambda: good()[:700], "ends without its totals"),
        (lambda: gzip.compress(good())[:-9], "does not unpack"),
        (lambda: good(more_paid_minor=1), "not the sums"),
        (lambda: good(encoding="gb18030"), "not written in UTF-8"),
        (lambda: good(account="1900000002"), "another merchant"),
        (other_day, "another day's"),
        (a_bomb, "line without an end"),
        (a_zip, "UTF-8|columns"),
        (lambda: b"a,b,c\r\n`1,`2,`3\r\n", "columns"),
    ],
    ids=[
        "empty", "short trailer", "truncated", "truncated gzip", "wrong totals", "wrong encoding", "wrong account",
        "wrong day", "zip bomb", "not a bill of this channel", "other columns",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_right_is_refused_with_a_sentence(
    account: ChannelAccount, ada: User, spoil: Callable[[], bytes], says: str
) -> None:
    with pytest.raises(FileRefused, match=says) as refused:
        bring(spoil(), ada)
    assert "Nothing was changed" in str(refused.value)
    assert not BillLine.objects.exists()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_a_good_file_is_taken_with_its_mark_packed_or_not(
    account: ChannelAccount, ada: User, pack: Callable[[bytes], bytes]
) -> None:
    bill = run(bring(pack(good()), ada).pk, actor="test")
    assert (bill.lines, bill.unreadable) == (3, 0)
    assert list(BillLine.objects.order_by("row").values_list("row", "amount_minor")) == [
        (2, 1000),
        (3, 1001),
        (4, 1002),
    ]


def test_the_same_file_twice_is_said_to_be_here(account: ChannelAccount, ada: User) -> None:
    bring(good(), ada)
    with pytest.raises(FileKnown):
        bring(good(), ada)


def test_a_row_with_a_thousands_separator_is_kept_with_its_number_and_reason(
    account: ChannelAccount, ada: User
) -> None:
    text = good().replace(b"`10.01,`0.00,`\r\n", b"`1,010.01,`0.00,`\r\n")
    bill = run(bring(text, ada).pk, actor="test")
    assert (bill.lines, bill.unreadable) == (3, 1)
    odd = BillLine.objects.get(kind="UNREADABLE")
    assert (odd.row, odd.state) == (3, "订单金额 is not an amount.")
    assert "UNREADABLE OPEN" in buckets(bill)


def test_what_one_person_uploads_moves_nothing_before_another_confirms_it(
    account: ChannelAccount, ada: User, new_payment: Callable[..., Payment]
) -> None:
    payment = new_payment(amount_minor=1_000)
    attempt = Attempt.objects.create(
        attempt_no="A260504WNPAID0000000000X", payment=payment, account=account, method="native", amount_minor=1_000,
        currency="CNY", exclusive=True, created_at=clock.now(), expires_at=clock.now(), lease_until=clock.now(),
    )  # fmt: skip
    content = b"".join(wechat.bill([Row(attempt.attempt_no, 1_000, "42001", clock.now(), fee_minor=6)], DAY))
    bill = run(bring(content, ada).pk, actor="test")
    assert (buckets(bill), bill.state) == (["STATE OPEN"], "DIFFERENT")
    assert "Another person has to confirm" in bill.problem
    with pytest.raises(NotYourDecision):
        confirm(bill_id=bill.pk, person=ada, now=clock.now())
    with pytest.raises(IntegrityError, match="uploaded it"), savepoint():
        Bill.objects.filter(pk=bill.pk).update(confirmed_by=ada)
    assert Payment.objects.get(pk=payment.pk).state == "OPEN"
    confirm(bill_id=bill.pk, person=User.objects.create_user("bo"), now=clock.now())
    bill = run(bill.pk, actor="test")
    assert (buckets(bill), bill.state) == (["STATE SETTLED"], "CLOSED")
    assert Payment.objects.get(pk=payment.pk).state == "PAID"


def test_a_bill_that_does_not_add_up_leaves_no_line_and_an_exception(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell()
    shop.write_bill()
    right = shop.books.bills[DAY]
    assert right is not None
    shop.books.bills[DAY] = right.replace(b'"total": 12800', b'"total": 12801')
    morning_after(moved_clock)
    bill = shop.run()
    assert (bill.state, bill.file, bill.lines) == ("EXPECTED", None, 0)
    assert "not the sums" in bill.problem
    assert not BillLine.objects.exists()
    assert ReviewItem.objects.get().kind == "BILL_UNUSABLE"
    shop.books.bills[DAY] = right  # the channel mends it
    moved_clock.forward(minutes=31)
    assert run_due(now=clock.now()) == 1
    assert Bill.objects.get().state == "CLOSED"
    assert not ReviewItem.objects.filter(resolved_at=None).exists()


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("x\t\\N\n\r\\y", "x\t\\N\n\r\\y"),
        ("nul\x00", "nul\ufffd"),
        ("half \ud800", "half ?"),
        ("茶壶,大号", "茶壶,大号"),
        ("z" * 300, "z" * 200),
    ],
    ids=["escapes", "NUL", "half a character", "Chinese", "endless"],
)
def test_whatever_stands_in_a_cell_is_kept_and_breaks_nothing(
    shop: Shop, moved_clock: MovedClock, cell: str, kept: str
) -> None:
    shop.bill(BillKind.PAYMENT, cell, 5)
    morning_after(moved_clock)
    bill = shop.run()
    assert (bill.lines, BillLine.objects.get().attempt_no) == (1, kept)


def test_a_bill_that_is_not_made_is_asked_for_again_and_named_missing_at_its_deadline(
    shop: Shop, alpha: Books, moved_clock: MovedClock
) -> None:
    shop.sell()
    morning_after(moved_clock)
    assert expect_bills(now=clock.now()) >= 1
    assert expect_bills(now=clock.now()) == 0
    bill = run_day(ACCOUNT, DAY, actor="test")
    assert (bill.state, bill.problem) == ("EXPECTED", "The bill is not made yet.")
    assert run_due(now=clock.now()) == 0  # not before half an hour
    moved_clock.forward(hours=20)
    assert miss_overdue(now=clock.now()) == 1
    assert miss_overdue(now=clock.now()) == 0
    assert Bill.objects.get(day_date=DAY).state == "MISSING"
    assert ReviewItem.objects.get().kind == "BILL_MISSING"
    shop.write_bill()
    run_due(now=clock.now())
    assert Bill.objects.get(day_date=DAY).state == "CLOSED"
    assert not ReviewItem.objects.filter(resolved_at=None).exists()
