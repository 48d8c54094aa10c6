"""What every event is."""

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Something that happened; its tag is the class's name."""


class Effect(Event, frozen=True, kw_only=True):
    """Something the policy brought about: where it came from and why."""

    case_id: str | None = None
    step: str | None = None
    reason: str = ""
    policy: str = ""
    policy_version: int = 0
