"""Who the debtor is, as billing describes them."""

from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from contracts import billing


class DebtorUpserted(Struct, frozen=True, tag="debtor_upserted"):
    """Billing told who the debtor is: a profile, sealed."""

    sealed: bytes


class DebtorErased(Struct, frozen=True, tag="debtor_erased"):
    """The debtor's personal data are gone for good."""


class Profile(Struct, frozen=True):
    """What services that write to a debtor know of them alike; stored sealed only."""

    name: str = ""
    kind: str = "natural_person"
    legal_representative: str | None = None
    registered_address: str | None = None
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    language: str | None = None
    number: str | None = None

    @property
    def is_company(self) -> bool:
        """Whether somebody represents the debtor."""
        return self.kind != "natural_person"


P = TypeVar("P", bound=Profile)


def described(known: P, debtor: billing.DebtorPart) -> P:
    """The profile with what billing says of the debtor in place of what it said before."""
    return replace(
        known,
        name=debtor.name,
        kind=debtor.kind,
        legal_representative=debtor.legal_representative,
        registered_address=debtor.registered_address,
        phones=tuple(debtor.phones),
        addresses=tuple(debtor.addresses),
        language=debtor.language,
    )


def kept_latest(
    known: dict[str, bytes], item_id: str, sealed: bytes, most: int
) -> dict[str, bytes]:
    """What is kept of items, sealed, with one more; of so many items at most, the latest ones."""
    return dict([*known.items(), (item_id, sealed)][-most:])
