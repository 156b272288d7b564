"""Serving in this very process: one event loop, until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import signal

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette


async def serve(app: Starlette, host: str, port: int) -> None:
    """This function will answer requests until it is told to end."""
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    await server.serve()
