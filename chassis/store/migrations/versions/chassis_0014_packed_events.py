"""Up to which dictionary each instance can read packed events: nobody writes with a later one."""

from alembic import op

revision = "chassis_0014"
down_revision = "chassis_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Null: of a version that reads JSON alone."""
    op.execute("alter table members add column packing int")


def downgrade() -> None:
    """Versions before read no packed events."""
    raise NotImplementedError("an event store is not taken back")
