"""Who a document is about."""

from msgspec import Struct


class Guarantor(Struct, frozen=True):
    """Somebody who answers for the debt."""

    name: str
    phone: str | None = None


class Profile(Struct, frozen=True):
    """The debtor as billing describes them; stored sealed only."""

    name: str = ""
    kind: str = "natural_person"
    id_number: str | None = None
    legal_representative: str | None = None
    registered_address: str | None = None
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    language: str | None = None
    guarantors: tuple[Guarantor, ...] = ()
    number: str | None = None

    @property
    def address(self) -> str:
        """Where documents are served: the registered address, else the first one given."""
        candidates = [self.registered_address or "", *self.addresses]
        return next((one.strip() for one in candidates if one.strip()), "")
