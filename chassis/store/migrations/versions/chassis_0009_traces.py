"""Which traces events belong to: rows of sampled ones alone, beside the events."""

from alembic import op

revision = "chassis_0009"
down_revision = "chassis_0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    """create table traces (
      stream text collate "C" not null,
      version int not null,
      trace bytea not null,
      at timestamptz not null,
      primary key (stream, version)
    )""",
    "create index traces_at on traces (at)",
)


def upgrade() -> None:
    """A version that knows nothing of it writes nothing here, and goes on."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Chains that wait for something would end in another trace."""
    raise NotImplementedError("an event store is not taken back")
