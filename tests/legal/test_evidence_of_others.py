"""Evidence is put together from four services: where one does not answer as it should, who asks is
told which, and who runs it what to do.
"""

import httpx
import pytest
from structlog.testing import capture_logs

from chassis.errors import ArrearsError, BadAnswer, Forbidden, NotFound, Transient
from chassis.http.problems import problem_of
from services.legal.evidence.sources import Sources

PATH = "/v1/cases/C-1"


async def asked(answer: httpx.Response | httpx.TransportError) -> ArrearsError:
    def handle(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    transport = httpx.MockTransport(handle)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        with pytest.raises(ArrearsError) as raised:
            await Sources({"dunning": client}, "Bearer t").get("dunning", PATH)
    return raised.value


@pytest.mark.parametrize(
    ("status", "kind", "answered", "todo"),
    [
        (401, BadAnswer, 502, "issuer, audience and keys"),
        (403, Forbidden, 403, None),
        (404, NotFound, 404, None),
        (422, BadAnswer, 502, "same version"),
        (429, Transient, 503, "limits"),
        (500, BadAnswer, 502, "its own log"),
        (503, Transient, 503, "/readyz"),
    ],
)
async def test_what_another_service_answers_is_told(
    status: int, kind: type[ArrearsError], answered: int, todo: str | None
) -> None:
    with capture_logs() as lines:
        error = await asked(httpx.Response(status, json={"detail": "so it is"}))
    assert (type(error), problem_of(error).status_code) == (kind, answered)
    assert "so it is" in str(error)
    assert ("dunning" in str(error)) == (status != 404)
    told = [line["todo"] for line in lines if line["event"] == "source_refused"]
    assert [todo in one for one in told if todo] == ([True] if todo else [])


async def test_one_that_does_not_answer_is_named() -> None:
    with capture_logs() as lines:
        error = await asked(httpx.ConnectError("refused"))
    assert (type(error), str(error)) == (Transient, "the dunning does not answer")
    assert "ARREARS_DUNNING_URL" in lines[0]["todo"]


async def test_an_answer_that_is_no_problem_is_told_too() -> None:
    error = await asked(httpx.Response(502, text="<html>"))
    assert (type(error), str(error)) == (BadAnswer, "the dunning answered 502: Bad Gateway")
