"""Under whose key the texts of what people did with a dead letter are sealed."""

from alembic import op

revision = "chassis_0008"
down_revision = "chassis_0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table dead_letter_actions add column creditor text",
    "alter table dead_letter_actions add column account text",
)


def upgrade() -> None:
    """Rows from before are sealed under the key of their letter, and have nothing in these."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Whose key opens a text would be lost."""
    raise NotImplementedError("an event store is not taken back")
