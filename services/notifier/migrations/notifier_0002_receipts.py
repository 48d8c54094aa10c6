"""What message centres report of parts of messages, until the notice they belong to is told."""

from alembic import op

revision = "notifier_0002"
down_revision = "notifier_0001"
branch_labels = None
depends_on = None

RECEIPTS = """
create table receipts_heard (
  gateway text collate "C" not null,
  part text collate "C" not null,
  result text not null,
  at timestamptz not null,
  primary key (gateway, part)
)
"""
BY_AGE = "create index receipts_heard_at on receipts_heard (at)"


def upgrade() -> None:
    """Create the table in the schema the connection points at."""
    op.execute(RECEIPTS)
    op.execute(BY_AGE)


def downgrade() -> None:
    """A centre does not report twice what it had acknowledged."""
    raise NotImplementedError("what was heard is not forgotten before its time")
