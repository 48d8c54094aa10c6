"""Hostile requests: every operation of the four documents, with anything in path, query, headers
and body.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from tests.hostile import nasty
from tests.hostile.events import VICTIM, VILLAIN, HostileEvents

_METHODS = ("PROPFIND", "TRACE", "XXXX", "GET", "PATCH", "DELETE", "OPTIONS")
_PATHS = ("/", "/v1", "/v1/../v1/accounts", "//", "/v1/accounts/", "/docs/../metrics", "/v2/events")
INVENTED = re.compile("made-up|PROPFIND|XXXX|0x10|jndi")
"""What is found in no label of the metrics."""
_TYPES = (
    "application/json",
    "text/plain",
    "application/xml",
    "",
    "application/json; charset=utf-16",
)
_UNROUTED = frozenset({400, 401, 403, 404, 405, 307, 413, 422, 429})
_DEPTH_MAX = 6
_QUERY_MAX = 4000
_VISIBLE = {chr(code) for code in range(32, 127)}


@dataclass(frozen=True)
class Asked:
    """A request, and the statuses its document has for it."""

    service: str
    method: str
    url: str
    content: bytes | None
    headers: dict[str, str]
    documented: frozenset[int]
    operation: str
    token: str


@dataclass
class HostileRequests:
    """Makes requests of a seed; `documents` are the OpenAPI documents by service.

    `token` of what is made is the name of one: `all`, `few` roles, `none`, `broken` or `expired`.
    """

    rng: Random
    documents: Mapping[str, Any]
    events: HostileEvents
    operations: list[tuple[str, str, str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.operations = [
            (service, method.upper(), path, told)
            for service, document in self.documents.items()
            for path, methods in document["paths"].items()
            for method, told in methods.items()
        ]

    def next(self, number: int) -> Asked:
        """The next request; all operations have their turn."""
        if self.rng.random() < 0.04:
            return self._invented()
        service, method, path, told = self.operations[number % len(self.operations)]
        schemas = self.documents[service].get("components", {}).get("schemas", {})
        given = told.get("parameters", ())
        url = path
        for one in given:
            if one["in"] == "path":
                text = _quoted(self._parameter(one, schemas))
                url = url.replace(f"{{{one['name']}}}", text or "-")
        query = [
            f"{one['name']}={_quoted(self._parameter(one, schemas)[:_QUERY_MAX])}"
            for one in given
            if one["in"] == "query" and (one.get("required") or self.rng.random() < 0.5)
        ]
        content, media = self._body(told, schemas)
        headers = {
            one["name"]: _visible(self._parameter(one, schemas))
            for one in given
            if one["in"] == "header" and self.rng.random() < 0.7
        }
        if media is not None:
            headers["Content-Type"] = media
        documented = frozenset(int(status) for status in told["responses"])
        return Asked(
            service, method, url + ("?" + "&".join(query) if query else ""), content, headers,
            documented, f"{method} {path}", self._token(),
        )  # fmt: skip

    def _invented(self) -> Asked:
        service, _, path, _ = self.rng.choice(self.operations)
        method = self.rng.choice(_METHODS) + self.rng.choice(("", str(self.rng.randrange(1000))))
        url = self.rng.choice((*_PATHS, path, f"/v1/made-up-{self.rng.randrange(10**6)}"))
        return Asked(service, method, url, None, {}, _UNROUTED | {200}, "(invented)", self._token())

    def _token(self) -> str:
        return self.rng.choices(("all", "few", "none", "broken", "expired"), (80, 10, 4, 3, 3))[0]

    def _parameter(self, told: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
        if told["name"] == "creditor":
            usual = VICTIM if self.rng.random() < 0.15 else VILLAIN
        elif told["name"] in {"account", "account_id"}:
            usual = f"M-{self.rng.randrange(12)}"
        else:
            usual = self._fitting(told.get("schema", {}), schemas)
        chosen = usual if self.rng.random() < 0.6 else self._any_text()
        return chosen if isinstance(chosen, str) else nasty.written(chosen).decode()

    def _any_text(self) -> Any:
        kind = self.rng.random()
        if kind < 0.7:
            return self.rng.choice(nasty.TEXTS)[:_QUERY_MAX]
        return self.rng.choice((*nasty.NUMBERS, *nasty.RAW_NUMBERS))

    def _body(
        self, told: Mapping[str, Any], schemas: Mapping[str, Any]
    ) -> tuple[bytes | None, str | None]:
        content = told.get("requestBody", {}).get("content", {})
        if not content:
            return None, None
        media = self.rng.choice(sorted(content))
        if self.rng.random() < 0.05:
            return self.events.billing(), self.rng.choice(_TYPES)
        if "cloudevents" in media:
            events = [self.events.billing() for _ in range(self.rng.choice((1, 1, 3)))]
            batch = b"[" + b",".join(events) + b"]"
            return (batch if "batch" in media else events[0]), media
        body = self._fitting(content[media].get("schema", {}), schemas)
        if isinstance(body, dict) and self.rng.random() < 0.7:
            nasty.spoil(body, self.rng, self.rng.choice((1, 1, 2)))
        text = nasty.written(body)
        if self.rng.random() < 0.05:
            text = nasty.doubled(text, self.rng)
        return self._cut(text), media

    def _cut(self, text: bytes) -> bytes:
        kind = self.rng.random()
        if kind < 0.03:
            return text[: len(text) // 2]
        if kind < 0.04:
            return text + b" " * 2_000_000
        return b"\xff" + text if kind < 0.06 else text

    def _fitting(
        self, schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0
    ) -> Any:
        """A value that may fit a schema."""
        if "$ref" in schema:
            return self._fitting(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth + 1)
        for name in ("anyOf", "oneOf", "allOf"):
            if name in schema:
                return self._fitting(self.rng.choice(schema[name]), schemas, depth + 1)
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, schemas, depth)
        if kind == "array":
            count = 0 if depth > _DEPTH_MAX else max(schema.get("minItems", 0), 1)
            return [
                self._fitting(schema.get("items", {}), schemas, depth + 1) for _ in range(count)
            ]
        if kind in {"integer", "number"}:
            least = int(schema.get("minimum", 0))
            return self.rng.randint(least, min(least + 5000, int(schema.get("maximum", 10**6))))
        if kind == "boolean":
            return self.rng.random() < 0.5
        return self._text(schema)

    def _object(self, schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Any:
        wanted = schema.get("required", ())
        return {
            name: self._fitting(told, schemas, depth + 1)
            for name, told in schema.get("properties", {}).items()
            if name in wanted or (depth < _DEPTH_MAX and self.rng.random() < 0.4)
        }

    def _text(self, schema: Mapping[str, Any]) -> str:
        match schema.get("format"):
            case "date":
                return f"2026-0{self.rng.randint(3, 5)}-{self.rng.randint(1, 28):02}"
            case "date-time":
                return "2026-03-20T10:00:00Z"
        number = self.rng.randrange(40)
        usual = (
            f"M-{number % 12}", "mallory", "county-hospital", "CNY", "sms", "1", "letter",
            f"invoice_id-{number}", f"payment_id-{number}", "Asia/Shanghai",
        )  # fmt: skip
        return self.rng.choice(usual)


def _quoted(text: str) -> str:
    # A client goes up a step for `..`, and asks another operation than was meant.
    return quote(text, safe="", errors="surrogatepass").replace(".", "%2E")


def _visible(text: str) -> str:
    return "".join(letter for letter in text if letter in _VISIBLE)[:1000].strip()
