"""Which department answers for a segment."""

from services.dunning.policy.model import Pack

OTHER = "other"


def segment_owner(pack: Pack, segment: str | None) -> str:
    """The owner of a segment's work: its own department, else that of `other`, else collectors."""
    return pack.segments.get(segment or "", pack.segments.get(OTHER, "collector"))
