"""What every route refuses in a request before it looks at it: characters no text may have, and
days that are none. FastAPI takes `as_of=0` as a day of 1970, and a NUL as any character.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NoReturn, get_args

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from chassis.aside import aside
from contracts.base import FIRST_YEAR, LAST_YEAR, NO_DAY, OUT_OF_YEARS
from contracts.characters import CONTROL, HAS_CONTROL, HAS_HALF, is_suspect, unfit_places

DEPTH_MAX = 64
"""Of a JSON body: of lists and objects in one another."""
_MARKS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
"""A text, in which brackets mean nothing, or a bracket."""
NUMBER_MAX = 60
_MANY_DIGITS = re.compile(rb"[0-9.]{%d}" % (NUMBER_MAX - len("-e+9")))
_LONG_NUMBERS = re.compile(
    rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[-+0-9.eE]{%d,}' % (NUMBER_MAX + 1), re.DOTALL
)
_BEGINS, _ENDS = (b"[", b"{"), (b"]", b"}")
_DAY = re.compile(r"(\d{4})-\d{2}-\d{2}")
_ANY_DAY = TypeAdapter(date)
_NO_NUMBER = "NaN and Infinity are no JSON"
_CREDITOR = "creditor"
_NAME_MAX = 100
_CLOUD_EVENTS = "application/cloudevents"


async def plain_inputs(request: Request) -> None:
    """FastAPI dependency: 422 naming the parameter or field when a text has a control character or
    half of a surrogate pair, or a day is not `YYYY-MM-DD` in the years 1970 to 2199.

    In a body line breaks and tabs are texts like any other. CloudEvents are looked at one by one,
    when they are decoded.
    """
    days = _days(request.scope.get("route"))
    for where, name, value in _parameters(request):
        if CONTROL.search(name) or CONTROL.search(value):
            _refuse(HAS_CONTROL, where, CONTROL.sub("", name))
        if (where, name) in days:
            _require_day(value, where, name)
    if "ce-specversion" in request.headers or _media_type(request).startswith(_CLOUD_EVENTS):
        return
    body = await request.body()
    await _require_bounds(body)
    if body:
        _require_plain_body(body)


async def known_parameters(request: Request) -> None:
    """FastAPI dependency: 422 naming a query parameter that the route does not have, and those it
    has: a slip in a name would else answer something that was not asked for.

    `creditor` is taken everywhere: it also says whose limits and whose Idempotency-Key it is.
    """
    given, route = request.query_params.keys(), request.scope.get("route")
    if not given or not isinstance(route, APIRoute):
        return
    known = {_CREDITOR, *_queries_of(route.dependant)}
    for name in given:
        if name not in known:
            told = CONTROL.sub("", name)[:_NAME_MAX]
            _refuse(f"is no parameter here; there are {', '.join(sorted(known))}", "query", told)


def _queries_of(dependant: Dependant) -> Iterator[str]:
    for one in dependant.query_params:
        yield one.alias
    for further in dependant.dependencies:
        yield from _queries_of(further)


async def _require_bounds(body: bytes) -> None:
    """What is quickly seen to be within bounds is not looked at more closely."""
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX:
        is_deep = await aside(_is_deep, body)
        if is_deep:
            _refuse(f"is nested more than {DEPTH_MAX} deep", "body")
    if _MANY_DIGITS.search(body):
        has_long_number = await aside(_has_long_number, body)
        if has_long_number:
            _refuse(f"has a number of more than {NUMBER_MAX} characters", "body")


def _is_deep(body: bytes) -> bool:
    depth = 0
    for mark in _MARKS.finditer(body):
        if mark[0] in _BEGINS:
            depth += 1
            if depth > DEPTH_MAX:
                return True
        elif mark[0] in _ENDS:
            depth -= 1
    return False


def _has_long_number(body: bytes) -> bool:
    return any(not found[0].startswith(b'"') for found in _LONG_NUMBERS.finditer(body))


def _parameters(request: Request) -> Iterator[tuple[str, str, str]]:
    for name, value in request.path_params.items():
        yield "path", name, str(value)
    for name, value in request.query_params.multi_items():
        yield "query", name, value


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").strip().lower()


def _days(route: Any) -> frozenset[tuple[str, str]]:
    """The parameters of a route that are days."""
    if not isinstance(route, APIRoute):
        return frozenset()
    return frozenset(_days_of(route.dependant))


def _days_of(dependant: Dependant) -> Iterator[tuple[str, str]]:
    for where, parameters in (("path", dependant.path_params), ("query", dependant.query_params)):
        for one in parameters:
            if _is_day(one.field_info.annotation):
                yield where, one.alias
    for further in dependant.dependencies:
        yield from _days_of(further)


def _is_day(annotation: Any) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, date) and not issubclass(annotation, datetime)
    return any(_is_day(one) for one in get_args(annotation))


def _require_day(value: str, where: str, name: str) -> None:
    found = _DAY.fullmatch(value)
    if found is None:
        if _taken_for_a_day(value):
            _refuse(NO_DAY, where, name)
    elif not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        _refuse(OUT_OF_YEARS, where, name)


def _taken_for_a_day(value: str) -> bool:
    """Whether the route would take it; what it refuses it refuses after the caller's role."""
    try:
        _ANY_DAY.validate_python(value)
    except ValidationError:
        return False
    return True


def _require_plain_body(body: bytes) -> None:
    if not (is_suspect(body) or b"NaN" in body or b"Infinity" in body):
        return
    try:
        value = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return  # no JSON: the route says so, if JSON is what it takes
    for place in unfit_places(value, halves=True):
        _refuse(HAS_HALF, "body", *place.split("."))
    for place in unfit_places(value, halves=False):
        _refuse(HAS_CONTROL, "body", *place.split("."))


def _no_number(_name: str) -> NoReturn:
    _refuse(_NO_NUMBER, "body")


def _refuse(problem: str, *place: str) -> NoReturn:
    raise RequestValidationError([{"type": "unfit_text", "loc": place, "msg": problem}])
