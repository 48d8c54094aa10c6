"""What people recorded at the time, as the calls they would make again: facts from outside, which
no policy brings about.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from arrears.apis import Apis, Refused
from arrears.billing import Event
from arrears.scenario.operator_inputs import approve

DEBTOR = "debtor"
"""Who is taken to have asked, so that whoever decided is somebody else."""


class Call(NamedTuple):
    """A door under `/v1/accounts/{account}`, and what is said there."""

    door: str
    body: dict[str, Any]


def _promise(data: Mapping[str, Any]) -> Call:
    return Call("promises", {"amount": data["amount"], "until": data["by"]})


def _plan(data: Mapping[str, Any]) -> Call:
    return Call("plans", {"instalments": list(data["instalments"])})


def _dispute(data: Mapping[str, Any]) -> Call:
    items = list(data.get("item_ids", []))
    invoice = {"invoice_id": items[0]} if len(items) == 1 else {}
    return Call("disputes", {"kind": data["kind"], **invoice})


def _resolved(data: Mapping[str, Any]) -> Call:
    return Call("disputes/resolution", {"outcome": data["outcome"], **_given(data, "amount")})


def _applied(data: Mapping[str, Any]) -> Call:
    asked = _given(data, "amount", "until")
    return Call("applications", {"purpose": data["action"], "by": DEBTOR, **asked})


def _decided(data: Mapping[str, Any]) -> Call:
    decided = _given(data, "amount", "until")
    return Call("decisions", {"purpose": data["action"], "outcome": data["outcome"], **decided})


FACTS: Mapping[str, Callable[[Mapping[str, Any]], Call]] = {
    "dunning.promise.made.v1": _promise,
    "dunning.plan.agreed.v1": _plan,
    "dunning.dispute.opened.v1": _dispute,
    "dunning.dispute.resolved.v1": _resolved,
    "dunning.application.made.v1": _applied,
    "dunning.application.decided.v1": _decided,
    "dunning.hold.placed.v1": lambda _data: Call("hold", {}),
    "dunning.hold.released.v1": lambda _data: Call("hold/release", {}),
}
"""By the type of message that told of them."""


async def record(apis: Apis, creditor: str, fact: Event) -> bool:
    """Make the call of a fact again; false where this policy's rules refuse it."""
    call = FACTS[fact["type"]](fact["data"])
    path = f"/v1/accounts/{fact['data']['account_id']}/{call.door}"
    try:
        who = apis.of(call.body.get("by"))
        answer = await who.post("dunning", path, call.body, creditor=creditor)
        await approve(apis, answer)
    except Refused as refused:
        if refused.status >= 500:
            raise
        return False
    return True


def _given(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names if data.get(name) is not None}
