"""A proposed policy as whoever approves it reads it: its text, and what it would change."""

import difflib
import hashlib
from typing import Any

import msgspec

from chassis.aside import aside
from chassis.errors import NotFound
from contracts.words.streams import creditor_stream
from services.dunning.api.dunning import Dunning
from services.dunning.domain.case.state import PolicyRef
from services.dunning.domain.creditor.events import PolicyDecided, PolicyProposed


async def proposal(dunning: Dunning, creditor: str, proposal_id: str) -> dict[str, Any]:
    """A proposal, decided or not, beside the policy in force now; raises `NotFound`."""
    in_force = (await dunning.creditor(creditor)).policy
    proposed, state = None, "waiting"
    async for stored in dunning.service.each(creditor_stream(creditor)):
        match stored.event:
            case PolicyProposed() as event if event.proposal_id == proposal_id:
                proposed = event
            case PolicyDecided() as event if event.proposal_id == proposal_id:
                state = event.outcome
    if proposed is None or in_force is None:
        raise NotFound(f"creditor {creditor} has no policy proposal {proposal_id}")
    document = await text_of(dunning, proposed.policy_ref)
    before = await text_of(dunning, in_force)
    return {
        **text_shown(proposed.policy_ref, document),
        "proposal_id": proposal_id,
        "state": state,
        "by": proposed.by,
        "in_force": msgspec.to_builtins(in_force),
        "difference": await aside(_difference, before, in_force, document, proposed.policy_ref),
    }


async def text_of(dunning: Dunning, ref: PolicyRef) -> str:
    """The text a reference was made with."""
    await dunning.decisions.library.learn(dunning.service.pool, ref)
    return await dunning.decisions.library.text(dunning.service.pool, ref)


def text_shown(ref: PolicyRef, document: str) -> dict[str, Any]:
    """A policy with its text, and the whole hash of that."""
    return {
        **msgspec.to_builtins(ref),
        "parameters": dict(ref.parameters),
        "document": document,
        "sha256": hashlib.sha256(document.encode()).hexdigest(),
    }


def _difference(before: str, was: PolicyRef, after: str, wanted: PolicyRef) -> str:
    lines = difflib.unified_diff(
        _lines(before, was), _lines(after, wanted), "in force", "proposed", lineterm=""
    )
    return "\n".join(lines)


def _lines(text: str, ref: PolicyRef) -> list[str]:
    """A text's lines, with the figures that differ from it behind them."""
    figures = (f"# with {name}: {value}" for name, value in sorted(ref.parameters.items()))
    return [*text.splitlines(), *figures]
