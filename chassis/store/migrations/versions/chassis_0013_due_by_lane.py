"""What is due in a lane is found in the order in which it is woken, without sorting."""

from alembic import op

revision = "chassis_0013"
down_revision = "chassis_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Versions before find it by `state_wake`, in all lanes at once."""
    op.execute("create index state_due on state (lane, wake_at, stream) where wake_at is not null")


def downgrade() -> None:
    """It costs little and says nothing."""
    raise NotImplementedError("an event store is not taken back")
