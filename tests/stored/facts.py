"""What a state says, whatever its form.

A state whose form was changed on purpose is not what it was field by field; what it says is the
same. Both the stored states and those of this version go through here before they are compared.
"""

from typing import Any


def facts(state: Any) -> Any:
    """A state as `msgspec.to_builtins` writes it, without what only its form decides."""
    case = state.get("case") if isinstance(state, dict) else None
    return state if case is None else {**state, "case": _case(case)}


def _case(case: dict[str, Any]) -> dict[str, Any]:
    """What became of the case's tasks and approvals, as `kind` and `kind:result`."""
    told, times = dict(case.get("results", {})), dict(case.get("completed", {}))
    for kind, done in case.get("done", {}).items():
        told[kind] = done["at"]
        times[kind] = done.get("times", 0)
        for result, one in done.get("results", {}).items():
            told[f"{kind}:{result}"] = one["at"]
            times[f"{kind}:{result}"] = one.get("times", 1)
    for purpose, outcomes in case.get("decided", {}).items():
        told |= {f"approval {purpose}:{outcome}": at for outcome, at in outcomes.items()}
    rest = {key: value for key, value in case.items() if key not in _OF_TASKS}
    return {**rest, "told": _known(told), "times": _known(times)}


_OF_TASKS = frozenset({"results", "completed", "done", "decided"})


def _known(values: dict[str, Any]) -> dict[str, Any]:
    """Without what was counted of no result, which nothing asks for."""
    return {key: value for key, value in values.items() if value and not key.endswith(":None")}
