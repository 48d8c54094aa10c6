"""What of a person which role is shown, over every route that reads: docs/security.md."""

from pathlib import Path

import pytest

from chassis.http import ROLES
from tests.system import traces
from tests.system.planted import DEBTOR, NAME, NOTES, PROFILE, texts
from tests.system.test_erasure import ACCOUNT, CREDITOR, Told, told

__all__ = ["told"]

DOCUMENT = Path(__file__).parents[2] / "docs/security.md"
OF_A_PERSON = {
    "name, numbers, addresses, guarantors": (
        [*texts(DEBTOR), *texts(PROFILE["guarantors"])],
        "dunning",
    ),
    "mandate, attributes": ([str(PROFILE["mandate"]), *texts(PROFILE["attributes"])], "dunning"),
    "reasons of disputes, applications, holds": (
        [NOTES[one] for one in ("dispute", "resolution", "application", "hold")],
        "dunning",
    ),
    "notes of replies, promises, tasks": (
        [NOTES[one] for one in ("reply", "promise", "task")],
        "dunning",
    ),
    "notes of what was seen": ([NOTES["observation"], NOTES["upstream"]], "dunning"),
    "numbers of papers": ([NOTES["invoice_number"], NOTES["payment_number"]], "ledger"),
    "texts of notices, and where they went": ([NAME, *texts(DEBTOR["addresses"])], "notifier"),
    "texts of documents": ([NAME, str(DEBTOR["id_number"])], "legal"),
    "messages that were set aside": ([NOTES["poison"]], ""),
}
"""What was planted, and the service that may show it."""
COLUMNS = tuple(sorted(ROLES))


@pytest.mark.parametrize("settings", ["embedded"], indirect=True)
async def test_no_role_is_shown_more_of_a_person_than_its_column(told: Told) -> None:
    shown = {role: await _shown(told, role) for role in COLUMNS}
    rows = [["what", *COLUMNS], ["---"] * (1 + len(COLUMNS))]
    rows += [
        [what, *("x" if what in shown[role] else " " for role in COLUMNS)] for what in OF_A_PERSON
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    assert table in DOCUMENT.read_text("utf-8"), f"docs/security.md should have:\n{table}"


async def _shown(told: Told, role: str) -> set[str]:
    said = await traces.answers(told.world, CREDITOR, ACCOUNT, role)
    return {
        what
        for what, (planted, service) in OF_A_PERSON.items()
        if any(place.startswith(service) for _, place in traces.found(planted, said))
    }
