"""Answers kept for their Idempotency-Key are of an issuer's caller and of creditors."""

from alembic import op

revision = "chassis_0005"
down_revision = "chassis_0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table idempotency rename column principal to subject",
    "alter table idempotency add column issuer text not null default ''",
    "alter table idempotency add column creditors text not null default ''",
    "alter table idempotency add column granted jsonb not null default '[]'",
    "alter table idempotency drop constraint idempotency_pkey",
    "alter table idempotency add primary key (subject, key, issuer, creditors)",
    "create index idempotency_at on idempotency (at)",
)


def upgrade() -> None:
    """Those kept so far have no issuer: nobody gets one again, and what they did is not redone."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Answers would be given to callers who may not have them."""
    raise NotImplementedError("an event store is not taken back")
