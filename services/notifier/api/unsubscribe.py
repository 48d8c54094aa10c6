"""Declining reminders by a link, without a login (RFC 8058): a GET asks, a POST does it.

Mail programs and scanners follow links by themselves: so no GET changes anything.
"""

from email import message_from_bytes, policy
from email.message import MIMEPart
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from chassis.errors import Malformed
from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.words.streams import account_stream, key_of
from services.notifier.domain.commands import OptOut
from services.notifier.domain.decide import decide
from services.notifier.domain.respond import reminders_by
from services.notifier.unsubscribing import Declined, Tokens

BY = "unsubscribe-link"
"""Who declined: the holder of the link."""
_FIELD, _VALUE = "List-Unsubscribe", "One-Click"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body style="max-width:36em;margin:3em auto;padding:0 1em;font:16px/1.6 sans-serif">
<h1 style="font-size:20px">{title}</h1>
<p>{text}</p>
{form}</body>
</html>
"""
_FORM = """\
<form method="post">
<input type="hidden" name="{field}" value="{value}">
<button style="font:inherit;padding:.5em 1em">{button}</button>
</form>
"""
_WORDS = {
    "en": (
        "Payment reminders",
        (
            "Do you no longer want payment reminders by e-mail? Demands and other notices that "
            "the law or the contract asks for will still come."
        ),
        "No more reminders by e-mail",
        (
            "You will get no more payment reminders by e-mail. To have them again, write to "
            "whoever sent them."
        ),
    ),
    "zh": (
        "缴费提醒",
        "您不想再收到缴费提醒邮件吗？法律或合同要求发出的催告等通知仍会照常发送。",
        "不再接收提醒邮件",
        "您将不再收到缴费提醒邮件。如需恢复，请联系发信单位。",
    ),
}
_DOCUMENTED = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": [_FIELD],
                    "properties": {_FIELD: {"type": "string", "enum": [_VALUE]}},
                }
            }
        },
    }
}


def router(service: Service, tokens: Tokens) -> APIRouter:
    """The routes `/v1/unsubscribe/{token}`."""
    routes = APIRouter(prefix="/v1/unsubscribe", tags=["unsubscribe"])

    @routes.get("/{token}", operation_id="ask_to_decline", response_class=HTMLResponse)
    async def ask(request: Request, token: str) -> HTMLResponse:
        """A page that asks whether to decline reminders; it changes nothing."""
        tokens.read(token)
        title, question, button, _ = _words(request)
        form = _FORM.format(field=_FIELD, value=_VALUE, button=escape(button))
        return _page(request, title, question, form)

    @routes.post(
        "/{token}",
        operation_id="decline_reminders",
        response_class=HTMLResponse,
        openapi_extra=_DOCUMENTED,
    )
    async def decline(request: Request, token: str) -> HTMLResponse:
        """Send no more reminders by the token's channel; twice is once."""
        declined = tokens.read(token)
        if not _is_one_click(request.headers.get("content-type", ""), await request.body()):
            raise Malformed(f"the body is not {_FIELD}={_VALUE}")
        await record(service, declined)
        title, _, _, done = _words(request)
        return _page(request, title, done)

    return routes


async def record(service: Service, declined: Declined) -> None:
    """Respect it from now on."""
    stream = account_stream(declined.creditor, declined.account)
    command = OptOut(reminders_by(declined.channel), BY)

    def run(work: Work) -> None:
        work.append(stream, decide(work.state(stream), command))

    await service.execute(key_of(declined.creditor, declined.account), [stream], run, cause=BY)


def _is_one_click(media: str, body: bytes) -> bool:
    """RFC 8058 lets the sender of the request choose between two forms of a form."""
    if not media.lower().startswith("multipart/form-data"):
        return _VALUE in parse_qs(body.decode("latin-1")).get(_FIELD, [])
    head = f"Content-Type: {media}\r\n\r\n".encode("latin-1", "replace")
    form = message_from_bytes(head + body, policy=policy.HTTP)
    return any(_is_field(part) for part in form.iter_parts())


def _is_field(part: MIMEPart) -> bool:
    name = part.get_param("name", header="content-disposition")
    return name == _FIELD and str(part.get_payload()).strip() == _VALUE


def _language(request: Request) -> str:
    return "zh" if "zh" in request.headers.get("accept-language", "").lower() else "en"


def _words(request: Request) -> tuple[str, str, str, str]:
    return _WORDS[_language(request)]


def _page(request: Request, title: str, text: str, form: str = "") -> HTMLResponse:
    content = _PAGE.format(
        language=_language(request), title=escape(title), text=escape(text), form=form
    )
    return HTMLResponse(content, headers=_HEADERS)
