"""Python's cycle collector, set for a process that folds many small objects with few cycles."""

import gc

_OLD_ENOUGH = 400_000
"""More objects than the batches of all lanes hold at once: those go without any search."""


def spare_collections() -> None:
    """Look for cycles rarely, and never again among what exists now.

    For a process's entry point, once everything is wired: by default every 700 new objects cost a
    search, which takes a quarter of a consumer's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OLD_ENOUGH, 50, 100)
