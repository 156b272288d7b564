"""Times as the Chinese channels write them: Beijing time, whatever the machine thinks."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


def at(epoch_s: float) -> datetime:
    """This function will give the Beijing wall time of an epoch second."""
    return datetime.fromtimestamp(epoch_s, BEIJING)


def rfc3339(epoch_s: float) -> str:
    """This function will write a time as WeChat Pay does: 2015-05-20T13:29:35+08:00."""
    return at(epoch_s).isoformat(timespec="seconds")


def spaced(epoch_s: float) -> str:
    """This function will write a time as Alipay does: 2015-05-20 13:29:35."""
    return at(epoch_s).strftime("%Y-%m-%d %H:%M:%S")


def digits(epoch_s: float) -> str:
    """This function will write a time as UnionPay does: 20150520132935."""
    return at(epoch_s).strftime("%Y%m%d%H%M%S")


def parse_rfc3339(text: str) -> float:
    """This function will read an RFC 3339 time with its offset; raise ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("A time without an offset names no moment.")
    return moment.timestamp()


def parse_spaced(text: str) -> float:
    """This function will read Alipay's yyyy-MM-dd HH:mm:ss; raise ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp()


def parse_digits(text: str) -> float:
    """This function will read UnionPay's yyyyMMddHHmmss; raise ValueError for anything else."""
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING).timestamp()
