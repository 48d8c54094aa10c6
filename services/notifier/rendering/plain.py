"""The values of a notice as plain text, for gateways that send registered texts and take nothing
but what stands at their variables.
"""

from contracts.words.formats import exact
from services.notifier.rendering.compose import Letter, values_of

_AS_WRITTEN = (
    "account",
    "name",
    "representative",
    "creditor",
    "contact",
    "how_to_pay",
    "today",
    "due_on",
    "days_overdue",
    "pay_by",
    "total",
    "principal",
)
_BESIDES = ("late_fee", "total_figure", "principal_figure", "late_fee_figure", "items")
VARIABLES = frozenset((*_AS_WRITTEN, *_BESIDES))
"""What a notice has besides its text."""


def plain(letter: Letter) -> dict[str, str]:
    """Each value as the text shows it, an amount also as a bare figure (`8300.00`); `items` are the
    names of what is owed, each once.
    """
    values, figures = values_of(letter), letter.asked().figures
    amounts = {
        "total": figures.total,
        "principal": figures.principal,
        "late_fee": figures.late_fee,
    }
    names = dict.fromkeys(one["name"] for one in values["items"])
    return {
        **{name: str(values[name]) for name in _AS_WRITTEN},
        "late_fee": values["amount"](figures.late_fee),
        **{f"{name}_figure": f"{exact(one, figures.currency):f}" for name, one in amounts.items()},
        "items": ("、" if letter.language == "zh" else ", ").join(names),
    }
