"""Alibaba Cloud's SMS as its API is written: takes signed texts and lists what a number got."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import orjson

from services.notifier.adapters.acs3 import authorization
from tests.support.http_provider import Killer

KEY, SECRET = "LTAI-test", "secret"
_CHINA_HOURS = timedelta(hours=8)


@dataclass
class Cloud:
    """`mood` is how it does with texts; `book` has each text it took, also twice for one notice; it
    lists nothing of it while it `lags`.
    """

    mood: str = "well"
    lags: bool = False
    port: int = 0
    book: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0
    looked_up: int = 0
    killer: Killer = field(default_factory=Killer)

    def taken(self) -> list[str]:
        """The notices of its book."""
        return sorted(one["OutId"] for one in self.book)

    def report(self, notice_id: str, status: int, at: str = "") -> None:
        """The network says what became of a text."""
        (one,) = [one for one in self.book if one["OutId"] == notice_id]
        one |= {"SendStatus": status} | ({"ReceiveDate": at} if at else {})

    def settings(self, name: str, templates: list[dict[str, Any]]) -> dict[str, Any]:
        """It as one gateway of the notifier's."""
        url = f"http://127.0.0.1:{self.port}"
        own = {"name": name, "kind": "aliyun", "url": url, "key_id": KEY, "secret": SECRET}
        return own | {"templates": templates, "timeout_seconds": 1}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        query = head[0].split(" ")[1].removeprefix("/?")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        answer = self._answer(query, headers)
        if answer is not None:
            raw = orjson.dumps(answer)
            start = f"HTTP/1.1 200 x\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
            writer.write(start.encode() + raw)
            await writer.drain()
        elif self.mood in ("silent", "deaf"):
            await reader.read()
        writer.close()

    def _answer(self, query: str, headers: dict[str, str]) -> dict[str, Any] | None:
        signature = headers["authorization"]
        names = signature.split("SignedHeaders=")[1].split(",")[0].split(";")
        given = {name: headers[name] for name in names}
        if signature != authorization(given, query, KEY, SECRET):
            self.forged += 1
            return {"Code": "SignatureDoesNotMatch"}
        values = dict(parse_qsl(query, strict_parsing=True))
        if headers["x-acs-action"] == "QuerySendDetails":
            return self._details(values)
        if self.killer.strikes("before"):
            return None
        at = datetime.fromisoformat(headers["x-acs-date"]) + _CHINA_HOURS
        answer = self._send(values, at)
        return None if self.killer.strikes("after") else answer

    def _send(self, values: dict[str, str], at: datetime) -> dict[str, Any] | None:
        refusals = {"refuses": "isv.MOBILE_NUMBER_ILLEGAL", "busy": "isv.BUSINESS_LIMIT_CONTROL"}
        if self.mood in refusals:
            return {"Code": refusals[self.mood]}
        if self.mood == "deaf":
            return None
        day = at.strftime("%Y%m%d")
        self.book.append(values | {"day": day, "SendStatus": 1})
        if self.mood in ("silent", "hangs up"):
            return None
        return {"Code": "OK", "BizId": f"9006^{len(self.book)}"}

    def _details(self, values: dict[str, str]) -> dict[str, Any]:
        self.looked_up += 1
        kept = ("OutId", "SendStatus", "ReceiveDate")
        found = [
            {name: one[name] for name in kept if name in one}
            for one in self.book
            if (one["PhoneNumbers"], one["day"]) == (values["PhoneNumber"], values["SendDate"])
            and not self.lags
        ]
        listed = {"SmsSendDetailDTO": found[: int(values["PageSize"])]}
        return {"Code": "OK", "TotalCount": len(found), "SmsSendDetailDTOs": listed}


@asynccontextmanager
async def cloud() -> AsyncIterator[Cloud]:
    """One that runs."""
    found = Cloud()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
