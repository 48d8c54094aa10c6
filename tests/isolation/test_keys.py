"""No key of a table, and no id that a service makes, is shared by two creditors."""

import re
from datetime import UTC, date, datetime

import asyncpg
import pytest

from chassis.store.migrate import migrate
from chassis.store.stored import Stored
from chassis.store.views import View, create, table_of
from contracts.words.streams import account_stream
from services.dunning import views as dunning
from services.dunning.domain.account import initial_account
from services.dunning.domain.case.events import CaseOpened, StepTaken
from services.dunning.domain.case.state import PolicyRef
from services.dunning.domain.codes import id_code
from services.dunning.main import MIGRATIONS as DUNNING_MIGRATIONS
from services.ledger import views as ledger
from services.legal import views as legal
from services.notifier import views as notifier

VIEWS = {
    "ledger": ledger.VIEWS,
    "dunning": dunning.VIEWS,
    "notifier": notifier.VIEWS,
    "legal": legal.VIEWS,
}
_WITHOUT = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = current_schema() and c.relkind = 'r' and (
    c.relname like 'view\\_%' and c.relname <> 'view_cursors'
    or exists (select 1 from pg_attribute w where w.attrelid = c.oid and w.attname = 'creditor'))
  and not exists (
    select 1 from pg_index i
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
    where i.indrelid = c.oid and i.indisprimary and a.attname = 'creditor')
order by 1"""
_NUMBERED_BY_THE_STORE = [
    "access_records",
    "dead_letter_actions",
    "dead_letters",
    "proposal_chain",
]
_OF_GATEWAYS = {"view_parts", "view_spend"}
"""What a gateway costs in a day is the operator's, over all creditors; ids of messages are the
gateway's own.
"""
AT = datetime(2026, 3, 1, tzinfo=UTC)
OPENED = CaseOpened(
    case_id="c-1",
    policy_ref=PolicyRef(policy="p", version=1),
    opened_on=date(2026, 3, 1),
    first_step_on=date(2026, 3, 2),
    oldest_due_on=date(2026, 2, 1),
)
STEPPED = StepTaken(case_id="c-1", step="demand", on=date(2026, 3, 2))


async def schema_of(database: str, service: str) -> asyncpg.Connection:
    await migrate(database, service, [DUNNING_MIGRATIONS] if service == "dunning" else [])
    return await asyncpg.connect(database, server_settings={"search_path": service})


async def with_views(connection: asyncpg.Connection, views: tuple[View, ...]) -> None:
    for view in views:
        await create(connection, view, table_of(view))


@pytest.mark.parametrize("service", VIEWS)
async def test_no_table_is_keyed_without_its_creditor(database: str, service: str) -> None:
    connection = await schema_of(database, service)
    try:
        await with_views(connection, VIEWS[service])
        found = [row["relname"] for row in await connection.fetch(_WITHOUT)]
    finally:
        await connection.close()
    assert [one for one in found if one not in _OF_GATEWAYS] == _NUMBERED_BY_THE_STORE


async def test_two_creditors_cases_of_one_id_do_not_change_each_other(database: str) -> None:
    connection = await schema_of(database, "dunning")
    events = [
        Stored(account_stream(creditor, "a"), number, type(event).__name__, AT, None, event, 0, 0)
        for creditor in ("acme", "other")
        for number, event in enumerate((OPENED, STEPPED) if creditor == "acme" else (OPENED,))
    ]
    try:
        await with_views(connection, (dunning.CASES,))
        await dunning.CASES.apply(connection, table_of(dunning.CASES), events)
        rows = await connection.fetch("select creditor, last_step from view_cases order by 1")
    finally:
        await connection.close()
    assert [tuple(row) for row in rows] == [("acme", "demand"), ("other", None)]


def test_the_front_of_generated_ids_has_128_bits() -> None:
    code = initial_account(account_stream("acme", "a")).code
    assert re.fullmatch("[a-z2-7]{26}", code)
    assert code == id_code("acme/a") != id_code("acme/b")
    assert len(f"{code}-b9999999") <= 35  # what banks take as a payment's reference
