"""What a state says, whatever its form.

A state whose form was changed on purpose is not what it was field by field; what it says is the
same. Both the stored states and those of this version go through here before they are compared.
"""

from typing import Any

from msgspec import convert

from services.dunning.reasons.english import in_words
from services.dunning.reasons.values import Reason

_SINCE = ("earlier", "listed", "result_at", "receipt", "called", "calls", "text")


def facts(state: Any) -> Any:
    """A state as `msgspec.to_builtins` writes it, without what only its form decides."""
    if isinstance(state, list) and state[1:] == [0]:
        return state[:1]  # a creditor's terms without a limit, as they were before there was one
    if not isinstance(state, dict):
        return state
    state = _without_new(state)
    if "sent" in state:
        # When a result was of was not kept: it is of no older state.
        state["sent"] = [_without_new({**one, "result_at": None}) for one in state["sent"]]
    if "opt_outs" in state:
        state["open"] = {key: _without_new(one) for key, one in state["open"].items()}
        # Nor was which contacts were calls.
        state["contacts"] = [{**one, "is_call": False} for one in state["contacts"]]
    case = state.get("case")
    said = state if case is None else {**state, "case": _case(case)}
    planned = state.get("planned")
    return said if planned is None else {**said, "planned": _with_words(planned)}


def _without_new(state: dict[str, Any]) -> dict[str, Any]:
    """Without what no older form had, where it says nothing."""
    return {key: value for key, value in state.items() if value or key not in _SINCE}


def _case(case: dict[str, Any]) -> dict[str, Any]:
    """What became of the case's tasks and approvals, as `kind` and `kind:result`; reasons in
    words.
    """
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
    said = {
        "paused": [_words(each) for each in case.get("paused", ())],
        "waiting": _with_words(case.get("waiting", ())),
    }
    return {**rest, **said, "told": _known(told), "times": _known(times)}


_OF_TASKS = frozenset({"results", "completed", "done", "decided"})


def _known(values: dict[str, Any]) -> dict[str, Any]:
    """Without what was counted of no result, which nothing asks for."""
    return {key: value for key, value in values.items() if value and not key.endswith(":None")}


def _with_words(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each | {"reason": _words(each["reason"])} for each in entries]


def _words(reason: Any) -> str:
    """Reasons were words, some with the policy behind."""
    if isinstance(reason, str):
        return reason.partition("; policy ")[0]
    return in_words(convert(reason, Reason))
