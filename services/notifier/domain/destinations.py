"""Where a notice goes: the first usable address of its channel, or the addresses its recipients
rule names.
"""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from chassis.owed import debtor
from contracts import billing
from contracts.words.addresses.mail import mail_addresses
from contracts.words.addresses.phone import by_number
from contracts.words.addresses.postal import postal_address
from contracts.words.vocabulary import PAPER_CHANNELS, PHONE_CHANNELS

REGISTERED = "registered"
PUBLIC_ADDRESS = "public_list"
"""A published list goes to no address."""

_KEPT_OF_ADDRESS = 2
_KEPT_OF_PHONE = 4


class Profile(debtor.Profile, frozen=True):
    """The debtor as billing describes them, with their e-mail addresses and time zone; stored
    sealed only.
    """

    emails: tuple[str, ...] = ()
    time_zone: str = ""

    @property
    def addressed(self) -> tuple[object, ...]:
        """Where the debtor can be reached, of whatever kind."""
        return self.registered_address, self.phones, self.emails, self.addresses


def told(known: Profile, data: billing.AccountUpserted) -> Profile | None:
    """The profile with what billing tells; `None` when it says nothing of debtor or number."""
    if data.debtor is None and data.number is None:
        return None
    if data.debtor is not None:
        known = replace(
            debtor.described(known, data.debtor),
            emails=tuple(data.debtor.emails),
            time_zone=data.debtor.time_zone or "",
        )
    return known if data.number is None else replace(known, number=data.number)


class Destination(Struct, frozen=True):
    """A usable address; `place` says which of the debtor's it is without telling it: `phone:0`,
    `email:1`, `address:0`, `registered`.
    """

    place: str
    address: str


def destinations(
    profile: Profile, channel: str, recipients: str, region: str, failed: Collection[str] = ()
) -> list[Destination]:
    """The addresses a notice goes to, in order; empty when none is usable.

    `first` is the first usable address of the channel (paper falls back to the registered address),
    `registered` the registered address, `each_other` every address that differs from it, each once.
    Those whose place is in `failed` come after all others (rule 16). Phone numbers come in E.164;
    `region` (ISO 3166) reads those written without a country code.
    """
    usable = _usable(profile, channel, region)
    if channel not in PAPER_CHANNELS:
        return sorted(usable, key=lambda one: one.place in failed)[:1]
    if recipients == "registered":
        return [one for one in usable if one.place == REGISTERED]
    ordered = sorted(usable, key=lambda one: one.place in failed)
    if recipients == "each_other":
        return [one for one in ordered if one.place != REGISTERED]
    return ordered[:1]


def place_of(profile: Profile, channel: str, region: str, address: str) -> str:
    """Which of the debtor's addresses this is; empty when it is none of them any more."""
    usable = _usable(profile, channel, region)
    return next((one.place for one in usable if one.address == address), "")


def _usable(profile: Profile, channel: str, region: str) -> list[Destination]:
    """The addresses of a channel in the order the debtor gave them."""
    if channel == PUBLIC_ADDRESS:
        return [Destination("", PUBLIC_ADDRESS)]
    if channel in PHONE_CHANNELS:
        # Both channels count the same numbers: one that fails for texts is no better for calls.
        found = [by_number(one, region) for one in profile.phones]
        texted = {one for numbers in found for one, texts in numbers.items() if texts}
        placed = _placed("phone", [[*numbers] for numbers in found])
        return [one for one in placed if channel != "sms" or one.address in texted]
    if channel == "email":
        return _placed("email", [mail_addresses(one) for one in profile.emails])
    return _on_paper(profile)


def postal(profile: Profile) -> str:
    """The address that letters would go to; empty when there is none."""
    return next((one.address for one in _on_paper(profile)), "")


def _on_paper(profile: Profile) -> list[Destination]:
    registered = postal_address(profile.registered_address or "")
    given = [postal_address(one) for one in profile.addresses]
    once = dict.fromkeys(one for one in [*given, registered] if one)
    return [
        Destination(REGISTERED if one == registered else f"address:{number}", one)
        for number, one in enumerate(once)
    ]


def _placed(kind: str, found: list[list[str]]) -> list[Destination]:
    once = dict.fromkeys(one for field in found for one in field)
    return [Destination(f"{kind}:{number}", one) for number, one in enumerate(once)]


def masked(address: str, channel: str) -> str:
    """Enough of an address to recognise it by, too little to reach anybody."""
    if channel == PUBLIC_ADDRESS:
        return address
    if channel in PHONE_CHANNELS:
        return "***" + address[-_KEPT_OF_PHONE:]
    if channel == "email":
        name, _, domain = address.partition("@")
        return f"{name[:1]}***@***.{domain.rpartition('.')[2]}"
    return address[:_KEPT_OF_ADDRESS] + "***"
