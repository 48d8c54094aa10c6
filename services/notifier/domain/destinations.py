"""Where a notice goes: the first usable address of its channel, or the addresses its recipients
rule names.
"""

import re
from typing import Literal

import phonenumbers
from msgspec import Struct

Recipients = Literal["first", "registered", "each_other"]

PHONE_CHANNELS = frozenset({"sms", "voice"})
CHANNELS = ("sms", "email", "voice", "letter", "registered_letter", "ems", "public_list")
PUBLIC_ADDRESS = "public_list"
"""A published list goes to no address."""

_EMAIL = re.compile(r"[^@\s,;:<>\"()\[\]\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NO_SMS = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.TOLL_FREE,
    }
)
_KEPT_OF_ADDRESS = 2
_KEPT_OF_PHONE = 4


class Profile(Struct, frozen=True):
    """The debtor as billing describes them; stored sealed only."""

    name: str = ""
    kind: str = "natural_person"
    legal_representative: str | None = None
    registered_address: str | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    language: str | None = None


def destinations(profile: Profile, channel: str, recipients: str, region: str) -> list[str]:
    """The addresses a notice goes to, in order; empty when none is usable.

    `first` is the first usable address of the channel (paper falls back to the registered address),
    `registered` the registered address, `each_other` every address that differs from it, each once.
    Phone numbers come in E.164; `region` (ISO 3166) reads those written without a country code.
    """
    if channel == PUBLIC_ADDRESS:
        return [PUBLIC_ADDRESS]
    if channel in PHONE_CHANNELS:
        numbers = (phone_number(one, channel, region) for one in profile.phones)
        return [one for one in numbers if one][:1]
    if channel == "email":
        return [one.strip() for one in profile.emails if _EMAIL.fullmatch(one.strip())][:1]
    return _paper(profile, recipients)


def phone_number(raw: str, channel: str, region: str) -> str | None:
    """The number in E.164, or `None` when it cannot be reached by the channel (a text message to a
    landline).
    """
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    if channel == "sms" and phonenumbers.number_type(number) in _NO_SMS:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


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


def _paper(profile: Profile, recipients: str) -> list[str]:
    registered = _clean(profile.registered_address or "")
    others = [_clean(one) for one in profile.addresses]
    usable = [one for one in others if one]
    if recipients == "registered":
        return [registered] if registered else []
    if recipients == "each_other":
        return list(dict.fromkeys(one for one in usable if one != registered))
    return (usable or [registered])[:1] if usable or registered else []


def _clean(address: str) -> str:
    return " ".join(address.split())
