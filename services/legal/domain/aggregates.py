"""The legal service's aggregates: the matters of an account, a creditor's terms in every lane."""

from typing import Any

from chassis.owed.sources import TOLD_SOURCES
from chassis.owed.terms import Terms, TermsPublished, evolve_terms, initial_terms
from chassis.store.aggregate import Aggregate
from services.legal.domain.decide import wake_at
from services.legal.domain.events import Event
from services.legal.domain.evolve import evolve
from services.legal.domain.state import Matter, initial_matter

MATTER: Aggregate[Matter, Event] = Aggregate(
    name="matter",
    state=Matter,
    events=Event,
    initial=initial_matter,
    evolve=evolve,
    wake_at=wake_at,
    cached=True,
)
TERMS: Aggregate[Terms, TermsPublished] = Aggregate(
    name="terms",
    state=Terms,
    events=TermsPublished,
    initial=initial_terms,
    evolve=evolve_terms,
    cached=True,
)
AGGREGATES: tuple[Aggregate[Any, Any], ...] = (MATTER, TERMS, TOLD_SOURCES)
