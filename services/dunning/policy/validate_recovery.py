"""Parts of a pack that need another part to mean anything."""

from collections.abc import Iterator

from services.dunning.policy.actions import GradeCase
from services.dunning.policy.model import Pack
from services.dunning.policy.parts import Path
from services.dunning.policy.triggers import OnInvoice, OnLimitation
from services.dunning.policy.walk import actions_at, triggers_at

Found = Iterator[tuple[Path, str]]


def recovery_faults(pack: Pack) -> Found:
    """Walk what can never come true for want of grading, commission, limitation or credit rules."""
    yield from _grading(pack)
    yield from _monthly(pack)
    yield from _reactions(pack)
    rates = pack.commission.rates if pack.commission else ()
    if not pack.limitation and any(rate.expired is not None for rate in rates):
        yield ("commission", "rates"), "rates by age need the pack's limitation"


def _grading(pack: Pack) -> Found:
    graded = False
    for path, action in actions_at(pack):
        if not isinstance(action, GradeCase):
            continue
        graded = True
        if not pack.grading:
            yield (*path, "grade"), "the pack has no grading"
    if pack.grading and not graded:
        yield ("grading",), "no step grades a case, so this is never used"


def _monthly(pack: Pack) -> Found:
    for i, entry in enumerate(pack.calendar):
        here: Path = ("calendar", i, "if")
        if entry.if_ == "commission_earned" and not pack.commission:
            yield here, "the pack pays no commission"
        if entry.if_ == "arrears_ratio_exceeded" and not _has_ratio(pack):
            yield here, "the pack sets no credit.arrears_ratio_max"


def _reactions(pack: Pack) -> Found:
    bound = pack.credit is not None and pack.credit.agreement_required
    for on, trigger in triggers_at(pack):
        if isinstance(trigger, OnInvoice) and not bound:
            yield (*on, "invoice"), "the pack does not set credit.agreement_required"
        if isinstance(trigger, OnLimitation) and not pack.limitation:
            yield (*on, "limitation"), "the pack has no limitation"


def _has_ratio(pack: Pack) -> bool:
    return pack.credit is not None and pack.credit.arrears_ratio_max is not None
