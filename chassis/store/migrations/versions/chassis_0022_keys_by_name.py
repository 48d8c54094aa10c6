"""Keys that name what wraps them: who knows which key-encryption keys, which one is to follow, and
the key of pseudonyms once it no longer follows from the first.
"""

from alembic import op

revision = "chassis_0022"
down_revision = "chassis_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Null: an instance that reads no names, no key to follow, pseudonyms by the first key."""
    op.execute("alter table members add column key_ids bytea[]")
    op.execute("alter table members add column wraps_with bytea")
    op.execute("alter table store_meta add column next_key_check bytea")
    op.execute("alter table store_meta add column pseudonyms bytea")


def downgrade() -> None:
    """What is wrapped by name stays so."""
    raise NotImplementedError("keys that name what wraps them are not renamed")
