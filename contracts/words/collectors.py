"""How the ledger tells of whoever brought money in without saying who it is."""

CODED = "~"
"""In front of what stands for a collector's name; who it is stands on `billing`."""


def is_coded(told: str | None) -> bool:
    """Whether it stands for a name; earlier versions told the name."""
    return told is not None and told.startswith(CODED)
