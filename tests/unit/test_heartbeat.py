"""A loop on which somebody waits wakes regularly, by one timer."""

from __future__ import annotations

import asyncio

from nbstream.kernel import heartbeat
from nbstream.kernel.heartbeat import beating
from nbstream.session.waiting import until
from tests.support.fakes import until as becomes


async def test_one_timer_for_all_who_wait() -> None:
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    waiting = [asyncio.create_task(until(future)) for _ in range(100)]
    await asyncio.sleep(0)
    heart = heartbeat._hearts[loop]
    assert heart.waiting == 100
    first = heart.timer
    assert first is not None
    await becomes(lambda: heart.timer is not first)
    future.set_result(None)
    await asyncio.gather(*waiting)
    assert (heart.waiting, heart.timer) == (0, None)


async def test_it_ends_with_the_block() -> None:
    with beating(), beating():
        assert heartbeat._hearts[asyncio.get_running_loop()].waiting == 2
    heart = heartbeat._hearts[asyncio.get_running_loop()]
    assert (heart.waiting, heart.timer) == (0, None)
