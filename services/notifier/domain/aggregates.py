"""The notifier's aggregates: an account per debtor, a creditor's terms in every lane, its texts."""

from typing import Any

from chassis.owed.sources import TOLD_SOURCES
from chassis.owed.terms import evolve_terms
from chassis.store.aggregate import Aggregate
from services.notifier.domain.decide import wake_at
from services.notifier.domain.events import Event
from services.notifier.domain.evolve import evolve
from services.notifier.domain.state import Account, initial_account
from services.notifier.domain.terms import Terms, TermsPublished, initial_terms
from services.notifier.domain.texts import Event as TextEvent
from services.notifier.domain.texts import Texts, evolve_texts, initial_texts

ACCOUNT: Aggregate[Account, Event] = Aggregate(
    name="account",
    state=Account,
    events=Event,
    initial=initial_account,
    evolve=evolve,
    wake_at=wake_at,
    revision=2,
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
TEXTS: Aggregate[Texts, TextEvent] = Aggregate(
    name="texts",
    state=Texts,
    events=TextEvent,
    initial=initial_texts,
    evolve=evolve_texts,
    cached=True,
)
AGGREGATES: tuple[Aggregate[Any, Any], ...] = (ACCOUNT, TERMS, TEXTS, TOLD_SOURCES)
