"""Which calls of providers were heard, and up to when gateways were asked for results."""

from alembic import op

revision = "notifier_0001"
down_revision = None
branch_labels = ("notifier",)
depends_on = None

HEARD = """
create table callbacks_heard (
  channel text collate "C" not null,
  id_hash bytea not null,
  body_hash bytea not null,
  at timestamptz not null,
  primary key (channel, id_hash)
)
"""
BY_AGE = "create index callbacks_heard_at on callbacks_heard (at)"
ASKED = """
create table results_asked (
  lane int not null,
  channel text collate "C" not null,
  step int not null,
  until timestamptz not null,
  notice_id text collate "C" not null,
  primary key (lane, channel, step)
)
"""


def upgrade() -> None:
    """Create the tables in the schema the connection points at."""
    op.execute(HEARD)
    op.execute(BY_AGE)
    op.execute(ASKED)


def downgrade() -> None:
    """A call that was heard would be heard anew."""
    raise NotImplementedError("what was heard is not forgotten before its time")
