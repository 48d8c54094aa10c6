"""A dialler over real HTTP that calls nobody, and reports what it is told to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.support.http_provider import HttpProvider

SECRET = "whsec_d2hhdCB0aGUgZGlhbGxlciBhbmQgdGhlIG5vdGlmaWVyIHNoYXJl"


@dataclass
class Dialler(HttpProvider):
    """Calls nobody; `log` are the jobs it took as they came, a doubled one twice."""

    TAKEN = 202

    def is_signed(self, reference: str, headers: dict[str, str], body: bytes) -> bool:
        """By the authors' own library, but for the clock: the tests have one of their own."""
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"])).astimezone()
        try:
            signed = Webhook(SECRET).sign(headers["webhook-id"], at, body.decode())
        except WebhookVerificationError:
            return False
        return (headers["webhook-id"], headers["webhook-signature"]) == (reference, signed)

    def taken(self, job: dict[str, Any], known: bool) -> dict[str, Any]:
        self.book.setdefault(job["reference"], job)
        self.log.append(job["reference"])
        return {}

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
