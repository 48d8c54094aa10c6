"""A long answer is written while others are served."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from chassis.http.files import as_json
from services.dunning.api.models.reports import ReportOut


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


async def test_a_long_answer_has_keys_and_figures_as_its_model_writes_them() -> None:
    values: dict[str, Any] = {
        "by": {date(2026, 3, 1): 1, 7: 2, None: 3, True: 4, Decimal("1.5"): 5},
        "rates": [float("nan"), float("inf"), 0.5, Decimal("NaN")],
        "told": ReportOut(creditor="c", name="n", day=date(2026, 3, 1), values={"x": float("nan")}),
    }
    told = ReportOut(creditor="acme", name="ageing", day=date(2026, 3, 1), values=values)
    answer = await as_json(dict(told))
    assert bytes(answer.body) == told.model_dump_json().encode()
