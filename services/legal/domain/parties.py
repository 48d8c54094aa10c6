"""Who a document is about."""

from msgspec import Struct
from msgspec.structs import replace

from chassis.owed import debtor
from contracts import billing


class Guarantor(Struct, frozen=True):
    """Somebody who answers for the debt."""

    name: str
    phone: str | None = None


class Profile(debtor.Profile, frozen=True):
    """The debtor as billing describes them, and who answers for the debt; stored sealed only."""

    id_number: str | None = None
    guarantors: tuple[Guarantor, ...] = ()

    @property
    def address(self) -> str:
        """Where documents are served: the registered address, else the first one given."""
        candidates = [self.registered_address or "", *self.addresses]
        return next((one.strip() for one in candidates if one.strip()), "")


def told(known: Profile, data: billing.AccountUpserted) -> Profile | None:
    """The profile with what billing tells; `None` when it says nothing of debtor, guarantors or
    number.
    """
    if (data.debtor, data.guarantors, data.number) == (None, None, None):
        return None
    if data.debtor is not None:
        known = replace(debtor.described(known, data.debtor), id_number=data.debtor.id_number)
    if data.guarantors is not None:
        named = tuple(Guarantor(one.name, one.phone) for one in data.guarantors)
        known = replace(known, guarantors=named)
    return known if data.number is None else replace(known, number=data.number)
