"""A creditor's own texts of notices: proposed by one person, approved by another, never changed
afterwards; a changed text is the next version.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from chassis.errors import NotFound, Rejected
from chassis.store.aggregate import evolver
from contracts.words.streams import creditor_of

ANY_POLICY = "*"
TEXTS_MAX = 500
"""Texts of a creditor that are drafts or approved."""
Outcome = Literal["approved", "refused", "retired"]
Standing = Literal["draft", "in_force", "approved", "refused", "retired"]
"""Where a version stands; `approved`: a newer one is in force."""


class Place(Struct, frozen=True):
    """What a text is for; `name` is that of a template or a purpose, `group` the channels."""

    policy: str
    language: str
    name: str
    group: str

    @property
    def path(self) -> str:
        """Where an operator's file for the same would lie."""
        return f"{self.policy or ANY_POLICY}/{self.language}/{self.name}.{self.group}"


class TextProposed(Struct, frozen=True, tag="text_proposed"):
    """A version was proposed: it is a draft until a second person decides."""

    place: Place
    version: int
    text: str
    sha256: str
    by: str
    at: datetime


class TextDecided(Struct, frozen=True, tag="text_decided"):
    """A version was approved, refused, or taken out of use."""

    place: Place
    version: int
    outcome: Outcome
    by: str
    at: datetime


Event = TextProposed | TextDecided


class Version(Struct, frozen=True, omit_defaults=True):
    """One version of a text; those refused or retired keep theirs in the event alone."""

    place: Place
    version: int
    text: str
    sha256: str
    proposed_by: str
    proposed_at: datetime
    decision: Outcome | Literal[""] = ""
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def label(self) -> str:
        """How a notice names the version it was written with."""
        return f"{self.place.path}@{self.version}"


class Texts(Struct, frozen=True, omit_defaults=True):
    """All versions of a creditor's texts, by what they are for."""

    creditor: str
    versions: dict[str, tuple[Version, ...]] = {}

    def in_force(self, path: str) -> Version | None:
        """The newest approved version."""
        found = self.versions.get(path, ())
        return next((one for one in reversed(found) if one.decision == "approved"), None)

    def chosen(
        self, policy: str, language: str, names: Sequence[str], group: str
    ) -> Version | None:
        """What a notice is written with: a policy's own before that of any, in the order of the
        names; none: an operator's file or the built-in text.
        """
        if not self.versions:
            return None
        places = (
            Place(one, language, name, group) for one in (policy, ANY_POLICY) for name in names
        )
        found = (self.in_force(place.path) for place in places)
        return next((one for one in found if one is not None), None)

    def get(self, place: Place, version: int) -> Version:
        """One version; raises `NotFound`."""
        for one in self.versions.get(place.path, ()):
            if one.version == version:
                return one
        raise NotFound(f"there is no version {version} of {place.path}")

    def standing(self, one: Version) -> Standing:
        """Where a version stands."""
        if one.decision != "approved":
            return one.decision or "draft"
        return "in_force" if self.in_force(one.place.path) == one else "approved"

    def each(self) -> Iterator[Version]:
        """All versions, by path and age."""
        for path in sorted(self.versions):
            yield from self.versions[path]


NO_TEXTS = Texts("")


def initial_texts(stream: str) -> Texts:
    """A creditor without texts of its own."""
    return Texts(creditor_of(stream))


def propose(state: Texts, place: Place, text: str, by: str, now: datetime) -> TextProposed:
    """The next version; raises `Rejected` for the text that is in force."""
    known = state.versions.get(place.path, ())
    digest = hashlib.sha256(text.encode()).hexdigest()
    current = state.in_force(place.path)
    if current is not None and current.sha256 == digest:
        raise Rejected(f"version {current.version} of {place.path} has this text and is in force")
    if sum(1 for one in state.each() if one.text) >= TEXTS_MAX:
        raise Rejected(f"there are {TEXTS_MAX} texts: refuse or retire some first")
    return TextProposed(place, len(known) + 1, text, digest, by, now)


def decide(
    state: Texts, place: Place, version: int, outcome: Outcome, by: str, now: datetime
) -> TextDecided:
    """A decision on a version; raises `NotFound`, and `Rejected` when it may not be taken."""
    known = state.get(place, version)
    wanted = "approved" if outcome == "retired" else ""
    if known.decision != wanted:
        standing = state.standing(known)
        raise Rejected(f"version {version} of {place.path} is {standing}: it cannot be {outcome}")
    if outcome == "approved" and by.strip() == known.proposed_by.strip():
        raise Rejected("who proposes may not approve: the decision needs a second person")
    return TextDecided(place, version, outcome, by, now)


def _proposed(state: Texts, event: TextProposed) -> Texts:
    known = state.versions.get(event.place.path, ())
    new = Version(event.place, event.version, event.text, event.sha256, event.by, event.at)
    return replace(state, versions={**state.versions, event.place.path: (*known, new)})


def _settled(state: Texts, event: TextDecided) -> Texts:
    known = state.versions.get(event.place.path, ())
    after = tuple(_decided(one, event) if one.version == event.version else one for one in known)
    return replace(state, versions={**state.versions, event.place.path: after})


def _decided(one: Version, event: TextDecided) -> Version:
    text = one.text if event.outcome == "approved" else ""
    return replace(one, text=text, decision=event.outcome, decided_by=event.by, decided_at=event.at)


evolve_texts: Callable[[Texts, Event], Texts] = evolver(
    {TextProposed: _proposed, TextDecided: _settled}
)
"""The texts after an event."""
