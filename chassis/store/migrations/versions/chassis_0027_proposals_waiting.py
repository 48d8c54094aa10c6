"""What waits for a second person is counted without a look at what was decided."""

from alembic import op

revision = "chassis_0027"
down_revision = "chassis_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """They are few, whatever was decided before."""
    op.execute(
        "create index proposals_waiting on proposals (creditor, kind, at) where state = 'waiting'"
    )


def downgrade() -> None:
    """Counting them only takes longer."""
    raise NotImplementedError("what was asked for is not taken back")
