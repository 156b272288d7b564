"""The application: the channels, the phone, the control page and its API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from sandbox import alipay, stripe, unionpay, wechat
from sandbox.box import Box
from sandbox.control import api, pages
from sandbox.control.control import Control
from sandbox.courier import Courier
from sandbox.phone import page as phone


def build(box: Box) -> Starlette:
    """This function will make the application of one sandbox."""
    courier = Courier(box)
    control = Control(box, courier)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        working = asyncio.create_task(courier.run())
        yield
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        box.store.close()

    channels = [*wechat.open_for(box), *alipay.open_for(box), *unionpay.open_for(box), *stripe.open_for(box)]
    return Starlette(
        routes=[*channels, *phone.routes(box), *pages.routes(box, control), *api.routes(box, control)],
        lifespan=lifespan,
    )
