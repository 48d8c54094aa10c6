"""A value by which a store knows its key-encryption key."""

from alembic import op

revision = "chassis_0002"
down_revision = "chassis_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave it open: whoever opens the store next and can read it fills it in."""
    op.execute("alter table store_meta add column key_check bytea")


def downgrade() -> None:
    """A store that knows its key goes on knowing it."""
    raise NotImplementedError("an event store is not taken back")
