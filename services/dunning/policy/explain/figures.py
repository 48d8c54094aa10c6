"""The figures of a pack, each with its name, its value and the clause it comes from."""

from services.dunning.policy.model import Pack


def figures(pack: Pack) -> str:
    """One line a figure; `*` marks a default that the written policy leaves open."""
    lines = ["Figures (* = left open by the written policy, a default)"]
    for name, parameter in pack.parameters.items():
        mark = "*" if parameter.vague else " "
        changed = f" (default {parameter.default})" if name in pack.overrides else ""
        unit = f"({' or '.join(parameter.choices)})" if parameter.choices else parameter.unit
        lines.append(f"  {mark} {name} = {pack.values[name]} {unit}{changed}  [{parameter.source}]")
    return "\n".join(lines) + "\n"
