"""The latest contacts of each person, over all accounts of a creditor."""

from alembic import op

revision = "dunning_0002"
down_revision = "dunning_0001"
branch_labels = None
depends_on = None

PERSON_CONTACTS = """
create table person_contacts (
  creditor text collate "C" not null,
  person text collate "C" not null,
  version int not null,
  until date not null,
  contacts bytea not null,
  primary key (creditor, person)
)
"""
BY_END = "create index person_contacts_until on person_contacts (until)"


def upgrade() -> None:
    """Create the table in the schema the connection points at."""
    op.execute(PERSON_CONTACTS)
    op.execute(BY_END)


def downgrade() -> None:
    """Contacts that count would be forgotten."""
    raise NotImplementedError("contacts are not forgotten before their time")
