"""The SQL of case lists: one statement for each way of sorting, each paged by its own key."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from chassis.store.vault import KeyRing
from chassis.store.views import table_of
from contracts.words.streams import Subject
from services.dunning.views import ACCOUNTS, TASKS
from services.dunning.views import CASES as CASES_VIEW

PERSON = "responsible"
"""The owner of a task that belongs to a person whose name cannot be opened any more."""


class Sort(NamedTuple):
    """What a list is sorted by: the SQL expression, its type there and here."""

    expression: str
    sql_type: str
    kind: type


SORTS: Mapping[str, Sort] = {
    "opened": Sort("c.opened_at", "timestamptz", datetime),
    "oldest_due": Sort("c.oldest_due_on", "date", date),
    # What has no next instant comes last.
    "next": Sort("coalesce(n.next_at, '9999-12-31T00:00:00Z')", "timestamptz", datetime),
    "account": Sort('c.account collate "C"', "text", str),
    # The most first; of the cases that run, since what is owed is of the account as it stands.
    "owed": Sort("-n.owed", "bigint", int),
}

_COLUMNS = f"""
c.case_id, c.creditor, c.account, c.state, c.policy, c.policy_version, c.opened_at, c.opened_on,
c.oldest_due_on, c.closed_on, c.paused_for, c.last_step, c.last_step_on, c.classified,
case when n.case_id = c.case_id then n.next_at end as next_at, n.department, n.guarantors,
case when n.case_id = c.case_id then n.owed end as owed, n.currency, n.number,
(select array_agg(distinct t.owner order by t.owner) from {table_of(TASKS)} t
 where t.creditor = c.creditor and t.case_id = c.case_id
   and t.state = 'open' and t.person is null) as owners,
(select array_agg(t.person order by t.requested_at, t.task_id) from {table_of(TASKS)} t
 where t.creditor = c.creditor and t.case_id = c.case_id
   and t.state = 'open' and t.person is not null) as persons
"""  # noqa: S608 - names of ours
_FROM = f"""
from {table_of(CASES_VIEW)} c
left join {table_of(ACCOUNTS)} n using (creditor, account)
"""
_FROM_RUNNING = f"""
from {table_of(ACCOUNTS)} n
join {table_of(CASES_VIEW)} c on c.creditor = n.creditor and c.case_id = n.case_id
"""
"""From the accounts' own index of what is owed; a closed case is nobody's running one."""
CASE = f"""
select {_COLUMNS} {_FROM}
where c.case_id = $1 and ($2::text[] is null or c.creditor = any($2)) order by c.creditor limit 1
"""


def _list(name: str, sort: Sort) -> str:
    key = sort.expression
    source, whose = (_FROM_RUNNING, "n") if name == "owed" else (_FROM, "c")
    return f"""
select {_COLUMNS}, {key} as sort_key {source}
where ($1::text[] is null or {whose}.creditor = any($1)) and ($2::text is null or c.state = $2)
  and ($3::text is null or c.policy = $3) and ($4::text is null or c.last_step = $4)
  and ($5::text is null or exists (
    select 1 from {table_of(TASKS)} t
    where t.creditor = c.creditor and t.case_id = c.case_id and t.state = 'open'
      and (t.owner = $5 or t.person_code = any($11::text[]))))
  and ($12::text is null or n.number_index = $12)
  and ($9::text is null or n.department = $9)
  and ($10::text[] is null or n.guarantors ?| $10::text[])
  and ($6::{sort.sql_type} is null or ({key}, c.case_id) > ($6, $7))
order by {key}, c.case_id limit $8
"""  # noqa: S608 - names of ours


_OF_GUARANTORS = "left join jsonb_array_elements_text(n.guarantors) g(code) on true"
GROUPS: Mapping[str, str] = {
    by: f"""
select {key} as key, count(*) as cases, min(c.oldest_due_on) as oldest_due_on,
       min(c.account collate "C") as account, array_agg(c.case_id order by c.case_id) as case_ids
{_FROM} {join}
where c.creditor = $1 and c.state <> 'closed' group by 1 order by 1 nulls last
"""
    for by, key, join in (
        ("department", "n.department", ""),
        ("guarantor", "g.code", _OF_GUARANTORS),
    )
}
"""Running cases by department, and by guarantor (a case with two is in both groups)."""

CASES: Mapping[str, str] = {name: _list(name, sort) for name, sort in SORTS.items()}


def case_row(row: Mapping[str, Any], keys: KeyRing) -> dict[str, Any]:
    """A row of these queries as the API shows it; a person who has to do a task is its owner, by
    name.
    """
    subject = Subject(row["creditor"], row["account"])
    shown = {n: value for n, value in dict(row).items() if n not in ("sort_key", "persons")}
    shown["paused_for"] = orjson.loads(shown["paused_for"] or "[]")
    shown["guarantors"] = orjson.loads(shown["guarantors"] or "[]")
    names = [
        keys.open(subject, bytes.fromhex(sealed), "person") or PERSON
        for sealed in row["persons"] or ()
    ]
    shown["number"] = keys.open(subject, bytes.fromhex(row["number"] or ""), "number")
    shown["owners"] = list(dict.fromkeys((*(shown["owners"] or ()), *names)))
    return shown


def subjects_of(rows: Iterable[Mapping[str, Any]]) -> set[Subject]:
    """Whose keys open the names in some rows."""
    return {
        Subject(row["creditor"], row["account"]) for row in rows if row["persons"] or row["number"]
    }
