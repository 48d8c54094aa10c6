"""A long answer is written while others are served."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from chassis.http.files import as_json


async def test_the_loop_goes_on_while_a_long_answer_is_written() -> None:
    loop = asyncio.get_running_loop()
    began, goes_on = asyncio.Event(), threading.Event()

    def rows() -> Iterator[bool]:
        loop.call_soon_threadsafe(began.set)
        yield goes_on.wait(10)

    writing = asyncio.create_task(as_json({"rows": rows()}))
    await began.wait()
    goes_on.set()
    assert json.loads(bytes((await writing).body)) == {"rows": [True]}, "the loop turned meanwhile"


async def test_a_long_answer_reads_like_any_other() -> None:
    values = {"day": date(2026, 3, 1), "rate": Decimal("1.50"), "name": "张三", "none": None}
    answer = await as_json({"values": [values, (1, "a")]})
    assert answer.media_type == "application/json"
    assert json.loads(bytes(answer.body)) == {
        "values": [{"day": "2026-03-01", "rate": "1.50", "name": "张三", "none": None}, [1, "a"]]
    }
