"""Outgoing calls to addresses that other people chose (webhooks). Nobody can make us call our own network.

The name is resolved once; every address that it has must be a public one; the connection is made to an address that was
checked, with the name that was asked for in Host and in TLS. A name that answers differently a moment later changes
nothing (DNS rebinding), and redirects are not followed. OWASP, Server-Side Request Forgery Prevention.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpcore
from django.conf import settings

from payhub.db import refuse_open_transaction

MAX_URL_LENGTH = 500
MAX_BODY_BYTES = 64 * 1024
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# At least two labels, and the last one begins with a letter: no 127.1, no 0x7f000001, no 2130706433, no localhost.
_HOST = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_VISIBLE = re.compile(r"[!-~]+")
_LOOPBACK = {"127.0.0.1", "localhost"}
# What of IPv6 is on the public Internet, but for what carries or embeds other addresses (Teredo, 6to4, documentation).
_IPV6_PUBLIC = IPv6Network("2000::/3")
_IPV6_NOT = [IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]

Resolve = Callable[[str, int], Iterable[str]]


class Refused(Exception):
    """We do not call this address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: at most MAX_BODY_BYTES of it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def is_public(address: str) -> bool:
    """Tell whether an IP address is somebody's on the public Internet."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    return _is_public_ipv6(ip)


def _is_public_ipv6(ip: IPv6Address) -> bool:
    # Mapped, translated and tunnelled IPv4 addresses are outside 2000::/3 or in the blocks that are left out.
    return ip.scope_id is None and ip in _IPV6_PUBLIC and not any(ip in block for block in _IPV6_NOT)


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the system's resolver says; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Says which addresses may be called. `loopback`: this machine too, by plain http (the demo's own shop)."""

    def __init__(self, *, loopback: bool = False, resolver: Resolve = resolve) -> None:
        self._loopback = loopback
        self._resolve = resolver

    def check(self, url: str) -> None:
        """Return when the address may be called as its name resolves now; raise Refused."""
        host, port = self.read(url)
        self.addresses(host, port)

    def read(self, url: str) -> tuple[str, int]:
        """Return host and port of an address that reads in one way only; raise Refused."""
        if len(url) > MAX_URL_LENGTH or not _VISIBLE.fullmatch(url) or set(url) & set('\\"<>^`{|}'):
            raise Refused("The address has characters that it may not have, or is too long.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Refused("This is no address.") from None
        host = parts.hostname or ""
        if "@" in parts.netloc or parts.fragment or "#" in url:
            raise Refused("An address with a name, a password or a fragment is not called.")
        if self._loopback and host in _LOOPBACK and parts.scheme in {"http", "https"}:
            return host, port or (443 if parts.scheme == "https" else 80)
        if parts.scheme != "https" or port not in {None, 443} or parts.netloc.endswith(":"):
            raise Refused("Only https at port 443 is called.")
        # As it was written: what urlsplit makes of it must not be another host than a browser's reader would see.
        if not _HOST.fullmatch(host) or parts.netloc.lower().removesuffix(":443") != host:
            raise Refused("The host must be a public name, written in a-z, 0-9, hyphens and dots.")
        return host, 443

    def addresses(self, host: str, port: int) -> list[str]:
        """Resolve once and return the addresses, when every one of them may be called; raise Refused."""
        try:
            found = list(self._resolve(host, port))
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise Refused(f"The name {host} has no address.")
        if self._loopback and host in _LOOPBACK:
            return found
        # All of them: a name with one good and one bad address would be called at the bad one sooner or later.
        if not all(map(is_public, found)):
            raise Refused(f"The name {host} leads into a network that is not public.")
        return found


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to the address that was checked, whatever the name resolves to by then."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check, and connect to the first checked address."""
        address = self._guard.addresses(host, port)[0]
        return self._plain.connect_tcp(address, port, timeout, local_address, socket_options)


class GuardedHttp:
    """Sends requests to addresses that other people chose."""

    def __init__(self, guard: Guard, *, trust: ssl.SSLContext | None = None) -> None:
        self._guard = guard
        self._trust = trust or _public_trust()

    def post(self, url: str, *, headers: Mapping[str, str], content: bytes, timeout_s: float) -> Answer:
        """POST once and return the answer, never following where it points; nothing lasts longer than `timeout_s`.

        Raises Refused, OpenTransaction, and OSError for everything that is not an answer.
        """
        host, _ = self._guard.read(url)
        refuse_open_transaction(f"POST {host}")
        until = time.monotonic() + timeout_s
        limits = {"connect": min(5.0, timeout_s), "read": timeout_s, "write": timeout_s, "pool": timeout_s}
        said = [(name.encode(), value.encode()) for name, value in headers.items()]
        # No compression: a small body must not become a large one here.
        said += [(b"Host", urlsplit(url).netloc.encode()), (b"Accept-Encoding", b"identity")]
        said += [(b"Content-Length", str(len(content)).encode()), (b"Connection", b"close")]
        backend = _CheckedBackend(self._guard)
        try:
            # A pool for one request: a kept connection would go on to an address that was checked long ago.
            with (
                httpcore.ConnectionPool(ssl_context=self._trust, network_backend=backend, retries=0) as pool,
                pool.stream("POST", url, headers=said, content=content, extensions={"timeout": limits}) as answer,
            ):
                body = _read(answer.iter_stream(), until)
                known = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
                return Answer(status=answer.status, headers=known, body=body)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise OSError(f"{type(error).__name__} {error}".strip()[:200]) from error


@cache
def _public_trust() -> ssl.SSLContext:
    """Return who may vouch for a server; read once, for it takes a while."""
    return ssl.create_default_context(cafile=certifi.where())


def _read(chunks: Iterable[bytes], until: float) -> bytes:
    """Return the beginning of a body; neither a large nor an endless nor a dripping one costs more than the caps."""
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) >= MAX_BODY_BYTES:
            return body[:MAX_BODY_BYTES]
        if time.monotonic() > until:
            raise TimeoutError("The answer took too long.")
    return body


def guard() -> Guard:
    """Return the guard of this installation: in the demo this machine may be called, nowhere else."""
    return Guard(loopback=settings.PAYHUB_DEMO)
