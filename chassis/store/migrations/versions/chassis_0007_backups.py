"""What a store has to know of backups: from where on its messages have ids of another epoch,
whether a restore is under way, and what of the bus a backup would still need.
"""

from alembic import op

revision = "chassis_0007"
down_revision = "chassis_0006"
branch_labels = None
depends_on = None

TABLES = """
create table epochs (
  from_position bigint primary key,
  epoch text not null
);
create table backed_up (
  topic text collate "C" not null,
  lane int not null,
  next_offset bigint not null,
  at timestamptz not null,
  primary key (topic, lane)
);
alter table store_meta add column restoring boolean not null default false
"""


def upgrade() -> None:
    """A store that was never restored has one epoch, and one never backed up holds nothing back."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    """Ids that were given stay as they are."""
    raise NotImplementedError("an event store is not taken back")
