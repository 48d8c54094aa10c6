"""What one person asked for and a second has to approve before it is done."""

from alembic import op

revision = "chassis_0023"
down_revision = "chassis_0022"
branch_labels = None
depends_on = None

STATEMENTS = (
    # `asked` is sealed under the key of the account, or of the creditor where there is none
    """
create table proposals (
  id text collate "C",
  lane int not null,
  at timestamptz not null,
  creditor text collate "C" not null,
  account text collate "C",
  kind text not null,
  amount bigint,
  asked bytea not null,
  by text not null,
  issuer text not null,
  subject text not null,
  state text not null default 'waiting',
  taken_at timestamptz,
  decided_at timestamptz,
  decided_by text,
  decided_issuer text,
  decided_subject text,
  primary key (creditor, id)
)""",
    "create index proposals_id on proposals (id)",
    "create index proposals_creditor on proposals (creditor, state, at, id)",
)


def upgrade() -> None:
    """Nothing waits for a second person."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """What waits for a second person would be forgotten."""
    raise NotImplementedError("what was asked for is not taken back")
