"""The event store, the inbox, the lanes and the personal-data keys of one service."""

from alembic import op

revision = "chassis_0001"
down_revision = None
branch_labels = ("chassis",)
depends_on = None

STORE = """
create table store_meta (
  only_row boolean primary key default true check (only_row),
  epoch text not null default replace(gen_random_uuid()::text, '-', ''),
  partitions int
);
insert into store_meta default values;

create sequence events_position cache 1;
create table events (
  lane int not null,
  position bigint not null default nextval('events_position'),
  stream text collate "C" not null,
  version int not null,
  type text collate "C" not null,
  at timestamptz not null,
  cause text collate "C",
  data bytea not null,
  primary key (stream, version)
);
create unique index events_lane on events (lane, position);

create table state (
  stream text collate "C" primary key,
  lane int not null,
  version int not null,
  data bytea not null,
  wake_at timestamptz
) with (fillfactor = 50);
create index state_wake on state (wake_at) where wake_at is not null;

create table inbox (
  id bytea primary key,
  body bytea not null
);

create table lanes (
  lane int primary key,
  epoch bigint not null default 0,
  owner text
);
create table members (
  instance text primary key,
  seen_at timestamptz not null
);
create table offsets (
  topic text collate "C" not null,
  lane int not null,
  next_offset bigint not null,
  primary key (topic, lane)
);
create table topics (
  topic text collate "C" primary key,
  topic_id text not null
);
create table relay (
  lane int primary key,
  position bigint not null default 0
);
create table view_cursors (
  view text collate "C" not null,
  lane int not null,
  position bigint not null,
  primary key (view, lane)
);

create table dead_letters (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  lane int not null,
  source text not null,
  source_offset bigint,
  message_id text,
  message_type text,
  creditor text not null,
  account text not null,
  error text not null,
  reason text not null,
  original bytea,
  state text not null default 'parked' check (state in ('parked', 'resolved', 'erased')),
  published boolean not null default false
);
create index dead_letters_unpublished on dead_letters (lane, id) where not published;
create index dead_letters_parked on dead_letters (creditor, lane, id) where state = 'parked';

create table subject_keys (
  creditor text collate "C" not null,
  account text collate "C" not null,
  wrapped bytea,
  erased_at timestamptz,
  primary key (creditor, account)
);

create table forget_queue (
  topic text collate "C" not null,
  lane int not null,
  key bytea not null,
  before bigint not null,
  primary key (topic, lane, key)
);

create table idempotency (
  principal text not null,
  key text not null,
  body_hash bytea not null,
  status int,
  response bytea,
  content_type text,
  at timestamptz not null default now(),
  primary key (principal, key)
);
"""


def upgrade() -> None:
    """Create the tables in the schema the connection points at."""
    for statement in STORE.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """The first version has nothing before it."""
    raise NotImplementedError("an event store is not taken back")
