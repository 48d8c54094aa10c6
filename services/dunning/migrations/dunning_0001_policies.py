"""The texts of the policy packs that creditors were set up with."""

from alembic import op

revision = "dunning_0001"
down_revision = None
branch_labels = ("dunning",)
depends_on = None

POLICIES = """
create table policy_documents (
  content_hash text collate "C" primary key,
  file text not null,
  document text not null,
  stored_at timestamptz not null default now()
)
"""


def upgrade() -> None:
    """Create the table in the schema the connection points at."""
    op.execute(POLICIES)


def downgrade() -> None:
    """Running cases refer to these texts, so they are not taken back."""
    raise NotImplementedError("policy texts are not taken back")
