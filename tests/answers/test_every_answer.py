"""Whatever is sent to whichever route is answered as the OpenAPI document says, never with 5xx.

EXAMPLES=100 tries that many requests per operation and kind, SEED=1 repeats a run.
"""

import itertools
import os
import random
import re
import sys
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from chassis.settings import SERVICES, ServiceName
from tests.answers.asking import Asker
from tests.answers.lived_in import LANDLORD, LENDER, READER, LivedIn, lived_in
from tests.support.missing import IN_CI

EXAMPLES = int(os.environ.get("EXAMPLES", "2"))
EDGES = int(os.environ.get("EDGES", "6"))
OF_A_DEBTOR = {"account", "account_id", "case_id", "notice_id", "document_id", "task_id"}
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


@pytest.mark.parametrize("name", SERVICES)
def test_whoever_is_shown_something_of_a_debtor_is_recorded_with_the_account(
    services: LivedIn, name: ServiceName
) -> None:
    """Also where the path names a case, a notice, a document or a task alone."""
    shown = {}
    for path, told in services.document(name)["paths"].items():
        named = re.findall(r"{(\w+)}", path)
        if "get" in told and named and named[-1] in OF_A_DEBTOR and len(named) == 1:
            there = itertools.product(services.known[named[0]], (LENDER, LANDLORD))
            for known, creditor in there:
                url = path.replace(f"{{{named[0]}}}", known)
                if services.get(name, url, creditor=creditor).status_code == HTTPStatus.OK:
                    shown[f"GET {path}"] = known
    asked = {"subject": READER, "limit": "500"}
    records = services.get(name, "/v1/access-records", **asked).json()["items"]
    found = {one["route"] for one in records if one["accounts"] and one["creditor"]}
    assert shown
    assert shown.keys() - found == set()


def test_a_document_that_lacks_a_status_is_noticed(services: LivedIn) -> None:
    whole = services.document("legal")
    told = whole["paths"]["/v1/cases/{case_id}/evidence"]["get"]
    answers = {status: one for status, one in told["responses"].items() if status != "404"}
    lacking = {"/v1/cases/{case_id}/evidence": {"get": {**told, "responses": answers}}}
    asker = Asker(services, "legal", SEED)
    asker.ask_everything(EXAMPLES, EDGES, {**whole, "paths": lacking})
    assert [kind[1:] for kind in asker.failures] == [("UndefinedStatusCode", 404)]
