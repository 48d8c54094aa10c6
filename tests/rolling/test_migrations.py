"""A migration runs while instances of the version before work on: it adds, and takes nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rolling.conftest import ROOT

_FOLDERS = ("chassis/store/migrations/versions", *sorted(
    str(path.relative_to(ROOT)) for path in ROOT.glob("services/*/migrations")
))  # fmt: skip
EARLIER = {
    "chassis_0001_store",
    "chassis_0002_key_check",
    "chassis_0003_state_forms",
    "chassis_0004_inbox_by_creditor",
    "chassis_0005_idempotency_scope",
    "chassis_0006_letters_about_events",
    "chassis_0007_backups",
    "chassis_0008_letters_of_nobody",
    "dunning_0001_policies",
    "dunning_0002_person_contacts",
}
"""Those that every instance had behind it when the first rolling update was made."""
_TAKES = re.compile(
    r"\b(drop (table|column|view|constraint|index|type|function|sequence|schema)|rename"
    r"|(?<!or )truncate|delete from|set not null|alter column"
    r"|(drop|rename|alter)_(table|column|constraint)"
    r"|add constraint|add (primary key|unique|check|foreign key))\b",
    re.IGNORECASE,
)
_BODY = re.compile(r"\$\$.*?\$\$", re.DOTALL)
_NEEDS_A_VALUE = re.compile(r"add column(?![^,;\"]*default)[^,;\"]*not null", re.IGNORECASE)


def _later() -> Iterator[Path]:
    for folder in _FOLDERS:
        for path in sorted((ROOT / folder).glob("*.py")):
            if path.stem not in EARLIER | {"__init__"}:
                yield path


def faults(text: str) -> list[str]:
    """What of a migration the version before could stumble over; what a function of it does when it
    is called is none of that.
    """
    text = _BODY.sub("", text)
    return [found.group() for check in (_TAKES, _NEEDS_A_VALUE) for found in check.finditer(text)]


@pytest.mark.parametrize("path", list(_later()), ids=lambda path: path.stem)
def test_a_later_migration_only_adds(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "statement",
    [
        "alter table idempotency rename column principal to subject",
        "alter table inbox drop column body",
        "drop table inbox",
        "alter table state alter column version type bigint",
        "alter table state add column form int not null",
        "alter table state add constraint ok check (form > 0)",
        'op.drop_column("state", "form")',
    ],
)
def test_what_takes_something_is_noticed(statement: str) -> None:
    assert faults(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "alter table members add column leaving boolean",
        "alter table store_meta add column folded jsonb not null default '{}'",
        "create table traces (id bytea primary key, at timestamptz not null)",
        "create index traces_at on traces (at)",
    ],
)
def test_what_only_adds_is_not(statement: str) -> None:
    assert not faults(statement)
