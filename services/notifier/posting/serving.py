"""The paper for serving a notice by hand: the notice, and behind it a slip to sign."""

from datetime import datetime
from typing import Any

import msgspec

from chassis.errors import NotFound, Rejected
from chassis.runtime.service import Service
from contracts.words.streams import Subject, account_stream, terms_stream, texts_stream
from services.notifier.domain.destinations import Profile, postal
from services.notifier.domain.state import Account, OpenNotice
from services.notifier.domain.terms import Terms
from services.notifier.domain.texts import Texts
from services.notifier.rendering.compose import Letter
from services.notifier.rendering.sheet import Sheet, sheet_of
from services.notifier.rendering.templates import Templates
from services.notifier.settings import NotifierSettings

_PURPOSE = "arrears_notice"
_WORDS: dict[str, dict[str, Any]] = {
    "zh": {
        "title": "送达回证",
        "document": "送达文书",
        "addressee": "受送达人",
        "place": "送达地点",
        "task": "送达任务",
        "blanks": (
            ("受送达人签名或者盖章", "年　　月　　日　　时"),
            ("代收人签名及代收理由", "年　　月　　日　　时"),
            ("未能送达或者拒收的事由", ""),
            ("见证人签名", "年　　月　　日"),
            ("送达人签名", "年　　月　　日"),
        ),
    },
    "en": {
        "title": "Proof of service",
        "document": "Document served",
        "addressee": "Served on",
        "place": "Place of service",
        "task": "Task",
        "blanks": (
            ("Signature or seal of the person served", "Date and hour:"),
            ("Signature of who took it instead, and why", "Date and hour:"),
            ("Why it could not be served, or was refused", ""),
            ("Signature of a witness", "Date:"),
            ("Signature of who served it", "Date:"),
        ),
    },
}


async def serving_sheet(
    service: Service,
    templates: Templates,
    settings: NotifierSettings,
    subject: Subject,
    task_id: str,
) -> Sheet:
    """The contents of the notice of arrears as of now, with the slip of a task.

    Raises `NotFound` where nothing is known of the debtor, and `Rejected` where nothing is overdue.
    """
    state: Account
    state, _ = await service.read(account_stream(*subject))
    lane = service.lane_of(*subject)
    terms: Terms
    terms, _ = await service.read(terms_stream(subject.creditor, lane))
    texts: Texts
    texts, _ = await service.read(texts_stream(subject.creditor))
    keys = await service.keys([subject])
    if not state.profile or state.erased:
        raise NotFound(f"nothing is known of the debtor of account {subject.account}")
    if state.ledger.oldest_due_on is None:
        raise Rejected(f"account {subject.account}: nothing is overdue")
    profile = msgspec.convert(keys.open(subject, state.profile, "profile"), Profile)
    now = service.clock.now()
    letter = Letter(
        sender=settings.sender(subject.creditor),
        account=state,
        notice=_notice(task_id, now),
        profile=profile,
        terms=terms,
        to=postal(profile),
        today=now.astimezone(terms.zone).date(),
        details={key: keys.open(subject, one, "details") for key, one in state.details.items()},
        texts=texts,
    )
    sheet = sheet_of(templates, letter)
    return {**sheet, "slip": _slip(sheet, _WORDS[letter.language], task_id)}


def _notice(task_id: str, now: datetime) -> OpenNotice:
    return OpenNotice(
        notice_id=task_id,
        purpose=_PURPOSE,
        channel="letter",
        recipients="first",
        template=_PURPOSE,
        needs_overdue=True,
        ledger_version=0,
        requested_at=now,
    )


def _slip(sheet: Sheet, words: dict[str, Any], task_id: str) -> dict[str, Any]:
    named = {
        "document": sheet["title"],
        "addressee": " ".join(one for one in (sheet["name"], sheet["representative"]) if one),
        "place": sheet["address"],
        "task": task_id,
    }
    return {
        "title": words["title"],
        "known": [(words[name], text) for name, text in named.items()],
        "blanks": words["blanks"],
    }
