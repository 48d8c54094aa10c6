"""The HTTP base of every service: problems, tokens, paging, idempotency, health and metrics."""

from chassis.http.app import create_app, include_signed
from chassis.http.auth import ADMIN, ROLES, Principal, current_principal, require
from chassis.http.idempotency import request_id
from chassis.http.operations import create_operations_app
from chassis.http.paging import LIMIT_MAX, Page, decode_cursor, encode_cursor, page

__all__ = [
    "ADMIN",
    "LIMIT_MAX",
    "ROLES",
    "Page",
    "Principal",
    "create_app",
    "create_operations_app",
    "current_principal",
    "decode_cursor",
    "encode_cursor",
    "include_signed",
    "page",
    "request_id",
    "require",
]
