"""By which form of its state each aggregate's kept states are written."""

from alembic import op

revision = "chassis_0003"
down_revision = "chassis_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave them open: the next start folds the states anew and fills them in."""
    op.execute("alter table store_meta add column state_forms jsonb not null default '{}'")


def downgrade() -> None:
    """Forms that are known are of no harm to a version that does not ask."""
    raise NotImplementedError("an event store is not taken back")
