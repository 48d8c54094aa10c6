"""A dialler over real HTTP that calls nobody, and reports what it is told to."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import orjson
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_ZGlhbGxlciBzZWNyZXQ="


@dataclass
class Dialler:
    """Takes each reference once; `mood` is how it answers, `log` the jobs as they came."""

    mood: str = "well"
    book: dict[str, dict[str, Any]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    forged: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status, answer = self.answer(method, path, headers, body)
        if status:
            raw = orjson.dumps(answer)
            start = (
                f"HTTP/1.1 {status} x\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(start.encode() + raw)
            await writer.drain()
        writer.close()

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, Any]]:
        reference = orjson.loads(body)["reference"] if body else path.rpartition("/")[2]
        if headers["webhook-id"] != reference or not self._is_signed(headers, body):
            self.forged += 1
            return 401, {}
        if method == "GET":
            return (200, self.book[reference]) if reference in self.book else (404, {})
        if self.mood in ("refuses", "busy", "broken"):
            return {"refuses": 422, "busy": 503, "broken": 500}[self.mood], {}
        known = reference in self.book
        self.book.setdefault(reference, orjson.loads(body))
        self.log.append(reference)
        return (0 if self.mood == "hangs up" else 409 if known else 202), {}

    def _is_signed(self, headers: dict[str, str], body: bytes) -> bool:
        """By the authors' own library, but for the clock: the tests have one of their own."""
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"])).astimezone()
        try:
            signed = Webhook(SECRET).sign(headers["webhook-id"], at, body.decode())
        except WebhookVerificationError:
            return False
        return signed == headers["webhook-signature"]

    async def report(
        self, app: Any, reference: str, result: str, at: datetime, call_id: str = ""
    ) -> int:
        """Call back, signed; the status is what the notifier answers."""
        body = orjson.dumps({"reference": reference, "result": result})
        call_id = call_id or f"{reference}-{result}"
        headers = {
            "webhook-id": call_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(call_id, at, body.decode()),
        }
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
            answer = await client.post(self.book[reference]["callback"], content=body,
                                       headers=headers)  # fmt: skip
        return answer.status_code
