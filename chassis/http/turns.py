"""One at a time: what is too much work to be done twice for the same creditor at once."""

import contextlib
from collections.abc import Iterator

from chassis.errors import Busy


class Turns:
    """Who is being served in this process."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._taken: set[str] = set()

    @contextlib.contextmanager
    def of(self, creditor: str) -> Iterator[None]:
        """The creditor's turn; raises `Busy` while it is taken."""
        if creditor in self._taken:
            raise Busy(f"{self._what} of creditor {creditor} is at work already: ask again")
        self._taken.add(creditor)
        try:
            yield
        finally:
            self._taken.discard(creditor)
