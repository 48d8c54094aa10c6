"""Names as everybody may read them."""

from typing import get_args

from contracts.words.vocabulary import Masking

_MASK = "*"
_KEPT_OF_COMPANY = 2
_IDEOGRAPHS = 0x2E80


def chosen(said: str, otherwise: Masking) -> Masking:
    """Whose names are masked: as the policy said, else as the creditor has set."""
    return next((one for one in get_args(Masking) if one == said), otherwise)


def masked_name(name: str, names: Masking, *, is_company: bool) -> str:
    """A name as everybody may read it: `张*丰`, `J*** S***`, `青山****公司`."""
    if names == "none" or (names == "persons" and is_company):
        return name
    if any(ord(letter) >= _IDEOGRAPHS for letter in name):
        return _ideographic(name, _KEPT_OF_COMPANY if is_company else 1)
    return " ".join(word[0] + _MASK * 3 for word in name.split())


def _ideographic(name: str, kept: int) -> str:
    if len(name) <= kept + 1:
        return name[:1] + _MASK * (len(name) - 1)
    hidden = max(1, len(name) - 2 * kept)
    return name[:kept] + _MASK * hidden + name[kept + hidden :]
