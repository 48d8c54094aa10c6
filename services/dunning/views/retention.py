"""The creditors that set for how long closed accounts are kept, and where they are."""

from chassis.store.stored import Stored
from services.dunning.views.rows import Row, rows_view

_SCHEMA = """
create table {table} (
  creditor text collate "C" not null,
  name text collate "C" not null,
  days int,
  zone text not null,
  primary key (creditor, name)
);
"""


def _configured(row: Row, stored: Stored) -> None:
    row |= {"days": stored.event.retention_days, "zone": stored.event.zone}


def _only(_stored: Stored) -> str:
    return "retention"


RETENTION = rows_view("retention", "name", _SCHEMA, _only, {"CreditorConfigured": _configured})
