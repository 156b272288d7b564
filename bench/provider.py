"""`python -m bench.provider PORT LATENCY_MS KEY.pem`: a channel that answers after a fixed time, and a shop that takes webhooks.

It plays just enough of WeChat Pay for payhub's adapter to verify what it says. Answers of a create are all the same, so
each is signed once a second: the provider's own processor time must not drown what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.wechat import CODE_URL, answer_headers, open_trade

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CREATED = json.dumps({"code_url": CODE_URL}).encode()
Sign = Callable[[bytes], dict[str, str]]


class Provider:
    """Answers on one port."""

    def __init__(self, latency_s: float, sign: Sign) -> None:
        self._latency_s = latency_s
        self._sign = sign
        self._created: tuple[int, bytes] = (0, b"")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until it is cut."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                await reader.readexactly(int(length[1]) if length else 0)
                line = head.split(b"\r\n", 1)[0].decode()
                if line.startswith("POST /webhook"):
                    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                else:
                    await asyncio.sleep(self._latency_s)
                    writer.write(self._answer(*line.split(" ")[:2]))
                await writer.drain()

    def _answer(self, method: str, target: str) -> bytes:
        if method == "GET":
            return _response(open_trade(target), self._sign)
        second = int(time.monotonic())
        if self._created[0] != second:
            self._created = (second, _response(_CREATED, self._sign))
        return self._created[1]


def _response(body: bytes, sign: Sign) -> bytes:
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **sign(body)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body


async def main() -> None:
    """Serve until it is ended."""
    port, latency_ms, key = sys.argv[1:]
    pem = Path(key).read_text()
    provider = Provider(float(latency_ms) / 1000, lambda body: answer_headers(pem, body))
    server = await asyncio.start_server(provider.serve, "127.0.0.1", int(port))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
