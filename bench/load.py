"""`python -m bench.load PORT CONNECTIONS`: sends the requests of its standard input as fast as they are answered.

One request a line as JSON; one line of JSON comes out: how long all took, how long each took, and what was answered.
Kept connections, nothing but the standard library, a process of its own: what it costs is not what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ETAG = re.compile(rb'\r\netag: *("[^"]*")', re.IGNORECASE)


@dataclass(slots=True)
class Sent:
    """What became of the requests."""

    took_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    bodies: dict[int, str] = field(default_factory=dict)  # by the request's place
    etags: dict[int, str] = field(default_factory=dict)


def as_bytes(request: dict[str, Any]) -> bytes:
    """Return a request as it goes over the wire."""
    body = base64.b64decode(request.get("body", ""))
    lines = [f"{request['method']} {request['path']} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in request.get("headers", {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def _send_all(port: int, requests: Iterator[tuple[int, bytes]], sent: Sent) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for place, request in requests:
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        sent.took_ms.append((time.perf_counter() - begun) * 1000)
        sent.statuses[int(head[9:12])] += 1
        sent.bodies[place] = body.decode()
        if etag := _ETAG.search(head):
            sent.etags[place] = etag[1].decode()
    writer.close()


async def _run(port: int, connections: int, requests: list[bytes]) -> dict[str, Any]:
    sent, queue = Sent(), enumerate(requests)
    begun = time.perf_counter()
    await asyncio.gather(*(_send_all(port, queue, sent) for _ in range(connections)))
    wall_s = time.perf_counter() - begun
    return {
        "wall_s": wall_s,
        "took_ms": sent.took_ms,
        "statuses": sent.statuses,
        "bodies": [sent.bodies[place] for place in range(len(requests))],
        "etags": [sent.etags.get(place, "") for place in range(len(requests))],
    }


def main() -> None:
    """Send what stands on the standard input."""
    port, connections = map(int, sys.argv[1:])
    requests = [as_bytes(json.loads(line)) for line in sys.stdin]
    print(json.dumps(asyncio.run(_run(port, connections, requests))))


if __name__ == "__main__":
    main()
