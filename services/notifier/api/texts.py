"""A creditor's own texts of notices: proposed, looked at, approved by a second person, retired."""

import difflib
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Response

from chassis.aside import aside
from chassis.errors import Malformed
from chassis.http.auth import Principal
from chassis.http.files import as_file
from chassis.runtime.service import Service
from chassis.store.work import Work
from contracts.words.streams import key_of, texts_stream
from services.notifier.api import text_models as m
from services.notifier.api.pdf import CONTENT, PDF, pdf_of
from services.notifier.api.roles import may
from services.notifier.domain.parts import number_of_parts
from services.notifier.domain.texts import (
    ANY_POLICY,
    Place,
    TextProposed,
    Texts,
    Version,
    decide,
    propose,
)
from services.notifier.previewing import Wanted, letter_for, require_paper
from services.notifier.rendering.checking import Checker, Finding
from services.notifier.rendering.compose import compose
from services.notifier.rendering.papers import Papers
from services.notifier.rendering.samples import only
from services.notifier.rendering.sheet import sheet_of
from services.notifier.rendering.templates import Templates
from services.notifier.settings import NotifierSettings

CREATED = 201
_DEBTORS_READ_BY = ("collector", "manager", "legal")
Readers = Annotated[Principal, may("see_texts")]
Proposer = Annotated[Principal, may("propose_text")]
Approver = Annotated[Principal, may("decide_text")]
CreditorQuery = Annotated[
    str | None, Query(description="wanted when the token covers several creditors")
]
PolicyQuery = Annotated[m.Policy | None, Query(description="of a policy; left out: of any")]
VersionPath = Annotated[int, Path(ge=1, le=1_000_000)]
_UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "No such account or version."}}
_VERSION = "/{language}/{name}/{group}/{version}"


def router(service: Service, papers: Papers, own: NotifierSettings) -> APIRouter:
    """The routes of texts."""
    routes = APIRouter(prefix="/v1/templates", tags=["templates"])
    templates = Templates(own.templates)
    checker = Checker(templates, own.uncivil_words, own.sms_parts_max)
    desk = Desk(service, papers, own, templates, checker)
    routes.get("", response_model=m.TextVersions, operation_id="list_templates")(desk.listing)
    routes.post("", status_code=CREATED, response_model=m.Saved, operation_id="propose_template")(
        desk.save
    )
    routes.post(
        "/preview",
        response_model=m.Preview,
        operation_id="preview_template",
        responses=_UNKNOWN,
    )(desk.preview)
    routes.post(
        "/preview/pdf",
        operation_id="preview_template_as_pdf",
        response_class=Response,
        responses=_UNKNOWN | {200: {"content": CONTENT}},
    )(desk.paper)
    routes.get(_VERSION, response_model=m.WholeText, operation_id="get_template")(desk.show)
    routes.post(
        _VERSION + "/decision", response_model=m.TextVersion, operation_id="decide_template"
    )(desk.decide)
    return routes


@dataclass(frozen=True)
class Desk:
    """The routes of texts, on a service."""

    service: Service
    papers: Papers
    own: NotifierSettings
    templates: Templates
    checker: Checker

    async def listing(self, who: Readers, creditor: CreditorQuery = None) -> dict[str, Any]:
        """Every version of a creditor's texts, and where it stands."""
        texts = await self._texts(who.scope(creditor))
        return {"creditor": texts.creditor, "items": [_row(texts, one) for one in texts.each()]}

    async def show(
        self,
        who: Readers,
        language: m.Language,
        name: m.Name,
        group: m.Group,
        version: VersionPath,
        policy: PolicyQuery = None,
        creditor: CreditorQuery = None,
    ) -> dict[str, Any]:
        """One version with its text, and how it differs from the one in force."""
        scope, place = who.scope(creditor), Place(policy or ANY_POLICY, language, name, group)
        texts = await self._texts(scope)
        known = texts.get(place, version)
        text = known.text or await self._first_written(scope, known)
        current = texts.in_force(place.path)
        before = current.text if current else ""
        changes = difflib.unified_diff(
            before.splitlines(), text.splitlines(), "in force", known.label, lineterm=""
        )
        return {**_row(texts, known), "text": text, "difference": "\n".join(changes)}

    async def save(
        self, who: Proposer, draft: m.Draft, creditor: CreditorQuery = None
    ) -> dict[str, Any]:
        """Propose a text. Refused with the line of everything that is wrong with it; else it is a
        draft that waits for a second person.
        """
        scope, place = who.scope(creditor), _place(draft)
        warnings = await self._checked(scope, place, draft.text)
        stream = texts_stream(scope)

        def run(work: Work) -> dict[str, Any]:
            event = propose(work.state(stream), place, draft.text, who.subject, work.now)
            work.append(stream, [event])
            texts: Texts = work.state(stream)
            return _row(texts, texts.get(place, event.version))

        row = await self.service.execute(_key(scope), [stream], run)
        return {**row, "warnings": _told(warnings)}

    async def decide(
        self,
        who: Approver,
        language: m.Language,
        name: m.Name,
        group: m.Group,
        version: VersionPath,
        decision: m.Decision,
        policy: PolicyQuery = None,
        creditor: CreditorQuery = None,
    ) -> dict[str, Any]:
        """Approve a draft, which is in force from then on, or refuse it; retire what was approved:
        the version before it is in force again, else the operator's or the built-in text. Who
        proposed may not approve.
        """
        scope, place = who.scope(creditor), Place(policy or ANY_POLICY, language, name, group)
        stream, outcome = texts_stream(scope), decision.outcome
        if outcome == "approved":  # what may be said may have changed since it was saved
            known = (await self._texts(scope)).get(place, version)
            if not known.decision:
                await self._checked(scope, place, known.text)

        def run(work: Work) -> dict[str, Any]:
            event = decide(work.state(stream), place, version, outcome, who.subject, work.now)
            work.append(stream, [event])
            texts: Texts = work.state(stream)
            return _row(texts, texts.get(place, version))

        return await self.service.execute(_key(scope), [stream], run)

    async def preview(
        self, who: Readers, trial: m.Trial, creditor: CreditorQuery = None
    ) -> dict[str, Any]:
        """A notice as it would be sent, and what is wrong with a text that is given or a draft;
        what cannot be rendered at all is refused.
        """
        wanted = await self._wanted(who, trial, creditor)
        letter = await letter_for(self.service, self.own, wanted)
        content = await aside(compose, self.templates, letter)
        shown = wanted.texts.in_force(wanted.place.path)
        found = []
        if shown is not None:
            found = await aside(self.checker.check, wanted.creditor, wanted.place, shown.text)
        is_text = trial.group == "sms"
        return {
            "subject": content.subject,
            "body": content.body,
            "characters": len(content.body),
            "parts": number_of_parts(content.body) if is_text else None,
            "template": content.template,
            "findings": _told(found),
        }

    async def paper(self, who: Readers, trial: m.Trial, creditor: CreditorQuery = None) -> Response:
        """A letter as it would be printed (PDF)."""
        wanted = await self._wanted(who, trial, creditor)
        require_paper(wanted.place)
        letter = await letter_for(self.service, self.own, wanted)
        sheet = await aside(sheet_of, self.templates, letter)
        content = await pdf_of(self.papers.letter, sheet, letter.today)
        return as_file(content, PDF, f"{wanted.creditor}-{trial.name}-preview.pdf")

    async def _wanted(self, who: Principal, trial: m.Trial, creditor: str | None) -> Wanted:
        scope, place = who.scope(creditor), _place(trial)
        if trial.account_id is not None:
            who.check(*_DEBTORS_READ_BY)
            who.saw(scope, trial.account_id)
        texts = await self._texts(scope)
        if trial.text is not None:
            _require_none(await aside(self.checker.faults, place, trial.text))
            texts = only(place, trial.text)
        elif trial.version is not None:
            known = texts.get(place, trial.version)
            texts = only(place, known.text or await self._first_written(scope, known))
        return Wanted(scope, place, texts, trial.sample, trial.account_id)

    async def _checked(self, creditor: str, place: Place, text: str) -> list[Finding]:
        """The warnings about a text; raises `Malformed` where it has errors."""
        found = await aside(self.checker.check, creditor, place, text)
        _require_none([one for one in found if one.severity == "error"])
        return found

    async def _texts(self, creditor: str) -> Texts:
        texts: Texts
        texts, _ = await self.service.read(texts_stream(creditor))
        return texts

    async def _first_written(self, creditor: str, known: Version) -> str:
        """The text of a version that is in use no more."""
        async for stored in self.service.each(texts_stream(creditor)):
            event = stored.event
            if isinstance(event, TextProposed) and _is_of(event, known):
                return event.text
        return ""


def _is_of(event: TextProposed, known: Version) -> bool:
    return (event.place, event.version) == (known.place, known.version)


def _require_none(errors: list[Finding]) -> None:
    if errors:
        raise Malformed(f"text: {'; '.join(map(str, errors))}")


def _key(creditor: str) -> str:
    return key_of(creditor, "*")


def _place(given: m.For) -> Place:
    return Place(given.policy or ANY_POLICY, given.language, given.name, given.group)


def _row(texts: Texts, one: Version) -> dict[str, Any]:
    place = msgspec.to_builtins(one.place)
    if one.place.policy == ANY_POLICY:
        place["policy"] = None
    return {
        **place,
        "version": one.version,
        "standing": texts.standing(one),
        "sha256": one.sha256,
        "proposed_by": one.proposed_by,
        "proposed_at": one.proposed_at,
        "decided_by": one.decided_by or None,
        "decided_at": one.decided_at,
    }


def _told(found: list[Finding]) -> list[dict[str, Any]]:
    return [one._asdict() for one in found]
