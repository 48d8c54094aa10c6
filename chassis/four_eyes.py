"""Four eyes: who decides is somebody else than who proposed, by name and by token."""

from typing import NamedTuple

from chassis.errors import Rejected

ONE_PERSON = "who proposes may not approve: the decision needs a second person"


class Person(NamedTuple):
    """Whom an event names, and the subject of the token that asked for it; None where one is not
    known.
    """

    by: str | None
    subject: str | None = None

    def is_one_with(self, other: "Person") -> bool:
        """Whether both may be the same: one name or subject of the two is one of the other's, or
        nobody knows who one of them is.
        """
        known = self.names and other.names
        return not known or not self.names.isdisjoint(other.names)

    @property
    def names(self) -> frozenset[str]:
        """What the person goes by."""
        return frozenset(name.strip() for name in self if name and name.strip())


def require_second(decides: Person, proposed: Person, refusal: str = ONE_PERSON) -> None:
    """Raise `Rejected` where one person would propose and approve."""
    if decides.is_one_with(proposed):
        raise Rejected(refusal)
