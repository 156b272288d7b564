"""Keeping bills as they came: in parts, in PostgreSQL, found again by their digest."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from payhub.db import committed, insert_once
from reconciliation.models import BillFile, BillFilePart

PART_BYTES = 1 << 20
IN_MEMORY_BYTES = 8 << 20


@contextmanager
def scratch_file() -> Iterator[BinaryIO]:
    """Give a file for the length of the block: small ones in memory, big ones on the disk."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as file:
        yield file  # type: ignore[misc]  # typeshed: a SpooledTemporaryFile is a BinaryIO in all that we use


def keep(row: BillFile, file: BinaryIO) -> BillFile | None:
    """Store a file under `row`, whose size and digest are filled in; None when the same one is stored already.

    One transaction: a crash leaves no half file.
    """
    digest, row.size_bytes = hashlib.sha256(), 0
    for part in _parts(file):
        digest.update(part)
        row.size_bytes += len(part)
    row.sha256 = digest.hexdigest()
    with committed():
        if not insert_once(row):
            return None
        for number, part in enumerate(_parts(file)):
            BillFilePart.objects.create(file=row, part=number, content=part)
    return row


def _parts(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while part := file.read(PART_BYTES):
        yield part


@contextmanager
def kept(row: BillFile) -> Iterator[BinaryIO]:
    """Give a stored file for reading."""
    with scratch_file() as file:
        for part in row.parts.order_by("part").values_list("content", flat=True).iterator(chunk_size=4):
            file.write(part)
        file.seek(0)
        yield file
