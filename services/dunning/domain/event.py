"""What every event is, and what an effect of the policy says of where it came from."""

from typing import NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from services.dunning.reasons.values import Reason, Told


class Event(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Something that happened; its tag is the class's name."""


class OfCase(Event, frozen=True, kw_only=True):
    """Something that belongs to a case, or to none where no case ran."""

    case_id: str | None = None


class Effect(OfCase, frozen=True, kw_only=True):
    """Something the policy brought about: where it came from and why."""

    step: str | None = None
    reason: Reason | str = ""
    """Words where it was stored before reasons were values."""
    policy: str = ""
    policy_version: int = 0


F = TypeVar("F", bound=Effect)


def case_of(event: Event) -> str | None:
    """The case an event belongs to, if any."""
    return event.case_id if isinstance(event, OfCase) else None


class Why(NamedTuple):
    """What every effect carries."""

    case_id: str | None
    step: str | None
    reason: Reason
    policy: str
    policy_version: int


def because(effect: F, why: Why) -> F:
    """The effect with where it came from; one that names its case already keeps that."""
    return replace(
        effect,
        case_id=effect.case_id or why.case_id,
        step=why.step,
        reason=why.reason,
        policy=why.policy,
        policy_version=why.policy_version,
    )


def told_again(effect: Effect) -> Reason:
    """The reason of an effect, for another that it leads to later."""
    if isinstance(effect.reason, str):
        suffix = f"; policy {effect.policy} v{effect.policy_version}"
        return Told(effect.reason.removesuffix(suffix))
    return effect.reason
