"""Reads packs the way a test wants to look at them."""

from services.dunning.policy import (
    PackError,
    validate,
)
from services.dunning.policy.load import loads


def faults(text: str) -> list[str]:
    """The messages of a pack that cannot be read, else of one that cannot work."""
    try:
        return [str(problem) for problem in validate(loads(text, "packs/x.yaml"))]
    except PackError as error:
        return [str(problem) for problem in error.problems]
