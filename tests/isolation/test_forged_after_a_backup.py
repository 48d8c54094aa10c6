"""What stands on the bus since a backup counts for a restore only from who may say it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from arrears.backup import since
from contracts.codec import encode
from contracts.ledger import AccountErasureConfirmed


def _confirmed(topic: str, source: str) -> Any:
    value = encode(
        AccountErasureConfirmed(account_id="1001"),
        id=f"{topic}-{source}",
        source=source,
        time=datetime(2026, 3, 1, tzinfo=UTC),
        creditor="acme",
        subject="1001",
    )
    return SimpleNamespace(topic=topic, value=value, headers=())


async def _records(*records: Any) -> AsyncIterator[Any]:
    for record in records:
        yield record


async def test_a_forged_confirmation_erases_nobody_at_a_restore() -> None:
    forged = [_confirmed("billing", "arrears/ledger"), _confirmed("ledger", "upstream")]
    found = await since.read(_records(*forged, _confirmed("ledger", "arrears/ledger")), set())
    assert [message.id for message in found.erasures] == ["ledger-arrears/ledger"]
