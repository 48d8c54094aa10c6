"""Requests that schemathesis makes up for an operation, sent, and their answers held against the
document.
"""

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.config import GenerationConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.overrides import Override
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from chassis.settings import ServiceName
from tests.answers.lived_in import LANDLORD, LENDER, LivedIn

Operation = APIOperation[Any, Any, Any, Any]
Case = schemathesis.Case[Any]
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.allow_header_conformance,
]
CALLERS = (
    ("*", "admin"),
    (LENDER, "admin"),
    ("*", "admin"),
    (LANDLORD, "manager", "finance"),
    (LENDER, "legal", "sre", "upstream", "collector"),
    ("*", "admin"),
    (LANDLORD,),
    (LANDLORD, "admin"),
    ("*", "admin"),
    None,
    ("*", "admin"),
)
"""Who asks, in turn; nobody's token is wanted too."""
_SENT = ("method", "url", "headers", "files", "data", "params", "cookies", "json")
_CONFIG = {
    "generation": {"allow-extra-parameters": False},  # parameters nobody asked for are let be
    "checks": {
        # What is too large is refused before anybody looks what is wrong with it.
        "negative_data_rejection": {
            "expected-statuses": ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
        }
    },
}
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
load_all_checks()


@dataclass
class Asker:
    """Asks one service; `failures` has the first request of each kind that was answered wrongly."""

    services: LivedIn
    name: ServiceName
    seed: int
    failures: dict[tuple[str, str, int], str] = field(default_factory=dict)
    answered: "Counter[int]" = field(default_factory=Counter)
    turns: Iterator[int] = field(default_factory=itertools.count)

    def ask_everything(self, examples: int, edges_max: int, document: dict[str, Any]) -> None:
        """Try every operation of a document with so many made-up requests of each kind, and so many
        at the edges of what it allows.
        """
        schema = schemathesis.openapi.from_dict(
            _open(document), config=SchemathesisConfig.from_dict(_CONFIG)
        )
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            self.ask_operation(found.ok(), examples, edges_max)

    def ask_operation(self, operation: Operation, examples: int, edges_max: int) -> None:
        """Try one operation."""
        edges = list(_at_the_edges(operation))
        random.Random(self.seed).shuffle(edges)
        asked_so = [case for case in edges if case.method == operation.method.upper()]
        otherwise = [case for case in edges if case.method != operation.method.upper()]
        for case in [*asked_so[:edges_max], *otherwise[:1]]:
            self.ask(case)
        for mode in _MODES:
            strategy = operation.as_strategy(generation_mode=mode)
            asked = hypothesis.given(strategy)(self.ask)
            settings = hypothesis.settings(
                max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            try:
                hypothesis.seed(self.seed)(settings(asked))()
            except hypothesis.errors.Unsatisfiable:
                continue  # nothing in it can be wrong

    def ask(self, case: Case) -> None:
        """Send a request as it is, and once more about something that is there."""
        self._send(case)
        known = self.services.known
        named = [name for name in case.path_parameters or () if name in known]
        if named:
            there = {name: known[name][next(self.turns) % len(known[name])] for name in named}
            case.path_parameters = {**case.path_parameters, **there}
            self._send(case)

    def _send(self, case: Case) -> None:
        answer = self.services.send(self.name, _request(case, self._authorization()))
        self.answered[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                kind = (case.operation.label, type(failure).__name__, answer.status_code)
                self.failures.setdefault(kind, f"{failure}\n{_shown(answer)}")

    def _authorization(self) -> dict[str, str]:
        caller = CALLERS[next(self.turns) % len(CALLERS)]
        return {} if caller is None else {"Authorization": f"Bearer {self.services.token(*caller)}"}


def _open(document: dict[str, Any]) -> dict[str, Any]:
    """A document that asks for no token: whose is sent is our choice."""
    paths = {
        path: {method: {**told, "security": []} for method, told in methods.items()}
        for path, methods in document["paths"].items()
    }
    return {**document, "paths": paths}


def _at_the_edges(operation: Operation) -> Iterator[Case]:
    return iter(
        CoverageGenerator(
            operation=operation,
            generation_modes=list(_MODES),
            generation_config=GenerationConfig(allow_extra_parameters=False),
            auth_storage=None,
            override=Override(),
            feedback=NO_FEEDBACK,
        )
    )


def _request(case: Case, authorization: dict[str, str]) -> httpx.Request:
    """What schemathesis would send, with a token of ours."""
    made: dict[str, Any] = case.as_transport_kwargs(base_url="http://x")
    headers = {k: v for k, v in made["headers"].items() if k.lower() != "authorization"}
    given = {name: made[name] for name in _SENT if name in made}
    ready = requests.Request(**given | {"headers": headers | authorization}).prepare()
    body = ready.body if isinstance(ready.body, bytes | None) else str(ready.body).encode()
    return httpx.Request(
        ready.method or "GET",
        ready.url or "",
        headers={k: str(v) for k, v in ready.headers.items()},
        content=body,
    )


def _shown(answer: httpx.Response) -> str:
    sent = answer.request
    return (
        f"{sent.method} {sent.url} {sent.content[:500]!r}\n{answer.status_code} {answer.text[:500]}"
    )
