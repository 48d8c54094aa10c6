"""Dead letters about events and wake-ups, and what people did with a letter."""

from alembic import op

revision = "chassis_0006"
down_revision = "chassis_0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table dead_letters add column stream text",
    "alter table dead_letters add column version int",
    "alter table dead_letters add column holds_id boolean not null default false",
    # a message that its handler refused left its row in the inbox
    (
        "update dead_letters set holds_id = true where error not in ('Malformed', 'UnknownType') "
        "and reason not like 'this id was used before%'"
    ),
    "alter table dead_letters drop constraint dead_letters_state_check",
    (
        "alter table dead_letters add constraint dead_letters_state_check "
        "check (state in ('parked', 'resolved', 'erased', 'discarded'))"
    ),
    (
        "create unique index dead_letters_event on dead_letters (source, stream, version) "
        "where stream is not null and state = 'parked'"
    ),
    """create table dead_letter_actions (
      id bigint generated always as identity primary key,
      letter bigint not null references dead_letters (id) on delete cascade,
      at timestamptz not null,
      who text not null,
      action text not null check (action in ('retried', 'edited', 'discarded')),
      outcome text not null check (outcome in ('resolved', 'refused', 'discarded')),
      said bytea not null
    )""",
    "create index dead_letter_actions_letter on dead_letter_actions (letter, id)",
)


def upgrade() -> None:
    """What was parked stays parked."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """What people did would be lost."""
    raise NotImplementedError("an event store is not taken back")
