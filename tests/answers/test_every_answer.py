"""Whatever is sent to whichever route is answered as the OpenAPI document says, never with 5xx.

EXAMPLES=100 tries that many requests per operation and kind, SEED=1 repeats a run.
"""

import os
import random
import sys
from collections.abc import Iterator

import pytest

from chassis.settings import SERVICES, ServiceName
from tests.answers.asking import Asker
from tests.answers.lived_in import LivedIn, lived_in
from tests.support.missing import IN_CI

EXAMPLES = int(os.environ.get("EXAMPLES", "2"))
EDGES = int(os.environ.get("EDGES", "10"))
SEED = int(os.environ.get("SEED", "1" if IN_CI else str(random.randrange(2**32))))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivedIn]:
    with lived_in(tmp_path_factory.mktemp("services")) as opened:
        yield opened


@pytest.mark.parametrize("name", SERVICES)
def test_every_answer_is_documented(services: LivedIn, name: ServiceName) -> None:
    asker = Asker(services, name, SEED)
    asker.ask_everything(EXAMPLES, EDGES, services.document(name))
    sys.stdout.write(f"{name}: SEED={SEED}, answers {sorted(asker.answered.items())}\n")
    wrong = [f"{kind}\n{why}" for kind, why in sorted(asker.failures.items())]
    assert not wrong, f"SEED={SEED}\n" + "\n\n".join(wrong)
    assert {200, 401, 403, 404, 422} <= set(asker.answered)


def test_a_document_that_lacks_a_status_is_noticed(services: LivedIn) -> None:
    whole = services.document("legal")
    told = whole["paths"]["/v1/cases/{case_id}/evidence"]["get"]
    answers = {status: one for status, one in told["responses"].items() if status != "404"}
    lacking = {"/v1/cases/{case_id}/evidence": {"get": {**told, "responses": answers}}}
    asker = Asker(services, "legal", SEED)
    asker.ask_everything(EXAMPLES, EDGES, {**whole, "paths": lacking})
    assert [kind[1:] for kind in asker.failures] == [("UndefinedStatusCode", 404)]
