"""What may stand on a topic: messages of its own types, from the service that owns it."""

from typing import NamedTuple

from chassis.errors import Forbidden
from contracts.errors import UnknownType
from contracts.registry import MODELS, OWNERS


class Misplaced(NamedTuple):
    """Why a message does not belong on its topic: the kind of error and the sentence."""

    error: str
    reason: str


def misplaced(topic: str, kind: str, source: str | None) -> Misplaced | None:
    """What is wrong with a message of a type and source on a topic; `None` where it belongs.

    A type that no contract describes belongs where its name says: a later version may know it.
    """
    model = MODELS.get(kind)
    if topic != (kind.partition(".")[0] if model is None else model.TOPIC):
        return Misplaced(UnknownType.__name__, f"{kind} is no message of {topic}")
    owner = OWNERS.get(topic)
    if owner is not None and source != owner:
        reason = f"source: {source} may not write to {topic}, which is {owner}'s alone"
        return Misplaced(Forbidden.__name__, reason)
    return None
