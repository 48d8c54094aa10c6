"""The figures of a pack, each with its name, its value and the clause it comes from."""

from typing import Any

from services.dunning.policy.explain.words import CURRENCY, amount, amounts_in
from services.dunning.policy.model import Pack
from services.dunning.policy.parameters import Parameter


def figures(pack: Pack, currency: str = CURRENCY) -> str:
    """One line a figure; `*` marks a default that the written policy leaves open."""
    with amounts_in(currency, pack.parameters):
        return _figures(pack)


def _figures(pack: Pack) -> str:
    lines = ["Figures (* = left open by the written policy, a default)"]
    for name, parameter in pack.parameters.items():
        mark = "*" if parameter.vague else " "
        changed = f" (default {parameter.default})" if name in pack.overrides else ""
        value = pack.values[name]
        unit = _unit(parameter, value)
        lines.append(f"  {mark} {name} = {value} {unit}{changed}  [{parameter.source}]")
    return "\n".join(lines) + "\n"


def _unit(parameter: Parameter, value: Any) -> str:
    """What is counted; an amount is set in minor units and read in its currency."""
    if parameter.choices:
        return f"({' or '.join(parameter.choices)})"
    return f"({amount(value)})" if parameter.unit == "minor_units" else parameter.unit
