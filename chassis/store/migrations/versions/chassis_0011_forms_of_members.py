"""In which forms each instance keeps states, so that what another version still writes is folded
anew until that version is gone.
"""

from alembic import op

revision = "chassis_0011"
down_revision = "chassis_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Null: of a version that does not say."""
    op.execute("alter table members add column forms text")


def downgrade() -> None:
    """What another version left would be folded anew once, and perhaps too early."""
    raise NotImplementedError("an event store is not taken back")
