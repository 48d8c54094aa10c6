"""The OpenAPI document of a service, for generators of clients: FastAPI's own, in the form that all
of them read (3.0), with what stands in front of the routes: tokens, problems, idempotency keys.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from chassis.http.auth import RolesRequired
from chassis.http.idempotency import KEY_LENGTH_MAX
from chassis.http.lowering import lowered
from chassis.http.middleware import LINK_PREFIX, OPEN_PATHS, PUBLIC_PREFIX, SIGNED_PREFIX
from chassis.http.problems import MEDIA_TYPE

VERSION = "3.0.3"
REF_TEMPLATE = "#/components/schemas/{model}"
Document = dict[str, Any]

_STATUSES: Mapping[int, str] = {
    400: "The body cannot be read.",
    401: "No token, or one that cannot be used.",
    403: "The role or the creditor scope is missing.",
    404: "Not known here, or not yours.",
    408: "The body did not come in time.",
    409: "The rules refuse, or somebody was faster.",
    413: "The request is too large.",
    421: "The account is in another database of this service.",
    422: "The input does not fit its schema.",
    429: "Asked too often; try again after `Retry-After`.",
    500: "A fault of ours; the log has it under `X-Correlation-Id`.",
    502: "Another service did not answer as it should; `detail` says which.",
    503: "Try again after `Retry-After`.",
}
_ANYWHERE = (500,)
_LIMITED = (408, 413, 429, 503)
_BEHIND_THE_GATE = (401, 403, 422, *_LIMITED)
_SIGNED = (403, 404, 409, 422, *_LIMITED)
_WITH_RETRY_AFTER = ("429", "503")
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same request again with the same key is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX},
}
_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Claims: `roles`, `creditors` (docs/http.md). Each operation's `x-roles` "
        "are those it takes; a token without a role may do nothing.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`.",
    },
}
_DESCRIPTION = (
    "Amounts are integers in the currency's minor unit, days are the creditor's local days. "
    "Errors are problem documents (RFC 9457)."
)


def describe(app: FastAPI, routers: Sequence[APIRouter], port: int) -> None:
    """Make an app that has included some routers answer their document; `port` is where it listens
    unless told.
    """
    app.state.documented = []
    for router in routers:
        note(app, router)
    app.description = _DESCRIPTION
    app.license_info = {"name": "Apache-2.0"}
    app.servers = [_server(port)]

    def once() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = document(app, app.state.documented)
        return app.openapi_schema

    tell(app, once)


def tell(app: FastAPI, document: Callable[[], Document]) -> None:
    """Have an app answer a document that it did not make."""
    app.openapi = document  # type: ignore[method-assign]  # as FastAPI wants it


def note(app: FastAPI, router: APIRouter) -> None:
    """Have the document tell of a router's routes."""
    app.state.documented += [route for route in router.routes if isinstance(route, APIRoute)]


def named(model: type[BaseModel]) -> Document:
    """The schema of a model that no route names by its type, for `openapi_extra`: it becomes a
    component.
    """
    schema = model.model_json_schema(ref_template=REF_TEMPLATE)
    definitions = {**schema.pop("$defs", {}), model.__name__: schema}
    return {"$ref": REF_TEMPLATE.format(model=model.__name__), "$defs": definitions}


def document(app: FastAPI, routes: Iterable[APIRoute]) -> Document:
    """The document of an application, whose routes these are."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        license_info=app.license_info,
        servers=app.servers,
        routes=app.routes,
        separate_input_output_schemas=False,
    )
    for route in routes:
        for method in (route.methods or ()) if route.include_in_schema else ():
            _complete(made["paths"][route.path_format][method.lower()], route, method)
    components = made.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    made["openapi"] = VERSION
    return lowered(made)


def _complete(operation: Document, route: APIRoute, method: str) -> None:
    words = str(operation["operationId"]).replace("_", " ").capitalize()
    operation["summary"] = route.summary or words
    if route.path.startswith(SIGNED_PREFIX):
        operation["security"] = [{"signature": []}]
    elif route.path in OPEN_PATHS or route.path.startswith((LINK_PREFIX, PUBLIC_PREFIX)):
        operation["security"] = []
    else:
        _close(operation, route, method)
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    named = {status for status in _STATUSES if str(status) in responses}
    for status in sorted(_statuses(operation, route, method) | named):
        known = responses.setdefault(str(status), {"description": _STATUSES[status]})
        known.setdefault("content", {MEDIA_TYPE: {"schema": _A_PROBLEM}})
    for each in _WITH_RETRY_AFTER:
        if each in responses:
            responses[each].setdefault("headers", _RETRY_AFTER)
    operation["responses"] = dict(sorted(responses.items()))


def _close(operation: Document, route: APIRoute, method: str) -> None:
    """What the gate asks for."""
    operation["security"] = [{"token": []}]
    roles = list(_roles(route.dependant))
    if roles:
        named = sorted(set.intersection(*map(set, roles)))
        operation["x-roles"] = named
        about = operation.get("description", "")
        operation["description"] = f"{about}\n\nRoles: {', '.join(named)}.".strip()
    if method == "POST":
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


def _statuses(operation: Document, route: APIRoute, method: str) -> set[int]:
    """What an operation may answer beside success."""
    found = set(_ANYWHERE)
    if route.path in OPEN_PATHS:
        return found | ({503} if route.path == "/readyz" else set())
    if route.path.startswith((SIGNED_PREFIX, LINK_PREFIX)):
        return found | set(_SIGNED)
    if route.path.startswith(PUBLIC_PREFIX):
        return found | {404, 422, *_LIMITED}
    found |= set(_BEHIND_THE_GATE)
    if "{" in route.path:
        found |= {404, 421}
    if method != "GET":
        found.add(409)
    if "requestBody" in operation:
        found.add(400)
    return found


def _roles(dependant: Dependant) -> Iterator[Sequence[str]]:
    if isinstance(dependant.call, RolesRequired):
        yield dependant.call.roles
    for each in dependant.dependencies:
        yield from _roles(each)


def _server(port: int) -> Document:
    return {
        "url": "http://{host}:{port}",
        "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": str(port)}},
    }


_A_PROBLEM = {"$ref": REF_TEMPLATE.format(model="Problem")}
_PROBLEM: Document = {
    "type": "object",
    "title": "Problem",
    "description": "Why a request was not done (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "a URN: `urn:arrears:problem:…`"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "each bad field",
            "items": {
                "type": "object",
                "title": "ProblemField",
                "required": ["field", "in", "problem"],
                "properties": {
                    "field": {"type": "string"},
                    "in": {"type": "string", "description": "path, query, header or body"},
                    "problem": {"type": "string"},
                },
            },
        },
    },
}
