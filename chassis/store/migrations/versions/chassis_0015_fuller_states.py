"""Pages of states are filled further: a state is small beside what a page keeps free for its next
version.
"""

from alembic import op

revision = "chassis_0015"
down_revision = "chassis_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Pages that are there are filled with what comes; nothing is written anew."""
    op.execute("alter table state set (fillfactor = 85)")


def downgrade() -> None:
    """Either is right."""
    raise NotImplementedError("an event store is not taken back")
