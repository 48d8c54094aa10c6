"""What was consumed is known by creditor and topic too."""

from alembic import op

revision = "chassis_0004"
down_revision = "chassis_0003"
branch_labels = None
depends_on = None

KEEP = "alter table inbox rename to inbox_before"
NEW = """
create table inbox (
  message bytea constraint inbox_message primary key,
  body bytea not null
)"""
DROP_EMPTY = """
do $$ begin
  if not exists (select 1 from inbox_before) then drop table inbox_before; end if;
end $$"""


def upgrade() -> None:
    """Set the rows so far aside: they are hashes without creditor and topic, and stay known.

    The column has another name, so that a consumer of the version before stops at once.
    """
    op.execute(KEEP)
    op.execute(NEW)
    op.execute(DROP_EMPTY)


def downgrade() -> None:
    """What was consumed under the new keys would be consumed again."""
    raise NotImplementedError("an event store is not taken back")
