"""A bill's file brought by a person: the channel's site gives it where the channel's interface does not."""

from __future__ import annotations

from datetime import date, datetime
from typing import BinaryIO

from django.contrib.auth.models import AbstractBaseUser

from cashier.public import BillUnusable
from payhub.db import committed
from payhub.trail.record import record
from reconciliation.errors import BillClosed, BillNotFound, FileKnown, FileRefused, NotYourDecision
from reconciliation.locks import lock_bill
from reconciliation.models import Bill, BillFile
from reconciliation.services.expect import expect_bill
from reconciliation.services.files import keep, scratch_file
from reconciliation.services.reading import Seen, read_whole
from reconciliation.services.sweep import wake_sweep
from reconciliation.states import OF_A_FILE, BillState, Step

MAX_BYTES = 256 << 20


def upload(*, account_code: str, day: date, file: BinaryIO, name: str, person: AbstractBaseUser, now: datetime) -> Bill:
    """Keep a person's file as the bill of an account's day, in place of what is there; the sweep runs it.

    The file is read through once before anything is kept, so that a wrong one is refused to the face of whoever
    brings it. Raises BillNotFound, BillClosed, FileRefused, FileKnown. What its lines say becomes facts only when
    another person confirms the file (see `confirm`).
    """
    bill = expect_bill(account_code, day)
    if bill is None:
        raise BillNotFound
    if bill.state == BillState.CLOSED:
        raise BillClosed
    with scratch_file() as copy:
        _copy(file, copy)
        _read_through(bill, copy)
        row = BillFile(
            account_code=account_code, day_date=day, name=name[:200], uploaded_by_id=person.pk, received_at=now
        )
        kept = keep(row, copy)
    if kept is None:
        raise FileKnown
    with committed():
        locked = lock_bill(bill.pk)
        if locked.state == BillState.CLOSED:
            raise BillClosed
        if locked.state in OF_A_FILE:
            locked.replace()
        locked.file, locked.is_empty, locked.confirmed_by = kept, False, None
        locked.is_wanted, locked.is_cancelled, locked.fetch_at, locked.step = True, False, now, Step.LOAD
        locked.problem = ""
        locked.save()
        actor = f"staff:{person}"
        record(subject=bill.subject, action="bill.uploaded", actor=actor, at=now, sha256=kept.sha256, name=kept.name)
        wake_sweep()
    return locked


def confirm(*, bill_id: int, person: AbstractBaseUser, now: datetime) -> Bill:
    """Say that a bill is the channel's, so that its lines become facts at the next run. Raises NotYourDecision when
    the same person uploaded it, BillClosed."""
    with committed():
        bill = lock_bill(bill_id)
        if bill.state == BillState.CLOSED:
            raise BillClosed
        if bill.file is not None and bill.file.uploaded_by_id == person.pk:
            raise NotYourDecision("Whoever uploaded a bill cannot confirm it. Nothing was settled; ask a colleague.")
        bill.confirmed_by_id = person.pk
        bill.is_wanted, bill.is_cancelled, bill.fetch_at = True, False, now
        bill.save(update_fields=["confirmed_by", "is_wanted", "is_cancelled", "fetch_at"])
        record(subject=bill.subject, action="bill.confirmed", actor=f"staff:{person}", at=now)
        wake_sweep()
    return bill


def _copy(file: BinaryIO, into: BinaryIO) -> None:
    left = MAX_BYTES
    while piece := file.read(1 << 20):
        left -= len(piece)
        if left < 0:
            raise FileRefused(f"The file is bigger than {MAX_BYTES >> 20} MB. Nothing was changed; pack it.")
        into.write(piece)
    if left == MAX_BYTES:
        raise FileRefused("The file is empty. Nothing was changed; get it from the channel again.")


def _read_through(bill: Bill, file: BinaryIO) -> None:
    try:
        for _ in read_whole(bill, file, Seen()):
            pass
    except BillUnusable as why:
        raise FileRefused(f"{why} Nothing was changed; get the file from the channel again.") from why
