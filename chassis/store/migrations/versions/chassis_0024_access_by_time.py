"""Access records are found by their time, and by whom they were given to, whatever their number."""

from alembic import op

revision = "chassis_0024"
down_revision = "chassis_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The order of listings: an auditor who asks for yesterday reads yesterday alone."""
    op.execute("create index access_records_at on access_records (at, number)")
    op.execute("create index access_records_subject on access_records (subject, at, number)")


def downgrade() -> None:
    """They are only longer to find."""
    raise NotImplementedError("an access record is not taken back")
