"""What our own services say is remembered for a time: rows of the inbox have the instant at which
they were consumed, those of `billing` and of versions before have none and stay.
"""

from alembic import op

revision = "chassis_0016"
down_revision = "chassis_0015"
branch_labels = None
depends_on = None

_COMMIT = """
create function commit_few(
  of_lane int, of_epoch bigint, published_to bigint,
  ids bytea[], bodies bytea[],
  topics text[], was bigint[], reached bigint[],
  read_streams text[], read_versions int[],
  creditors text[], accounts text[], wraps bytea[],
  streams text, versions text, states bytea[], wakes text, instants timestamptz[],
  names text, numbers text, told_at timestamptz, types text, causes text[], contents bytea[],
  shown text[],
  own_ids bytea[], own_bodies bytea[], consumed_at timestamptz
) returns bigint[] language plpgsql as $$
begin
  insert into inbox (message, body, at)
  select id, body, consumed_at from unnest(own_ids, own_bodies) own (id, body);
  return commit_few(
    of_lane, of_epoch, published_to, ids, bodies, topics, was, reached, read_streams,
    read_versions, creditors, accounts, wraps, streams, versions, states, wakes, instants,
    names, numbers, told_at, types, causes, contents, shown);
end $$"""
"""The same as the one with three arguments less, for a batch with messages of our own services."""


def upgrade() -> None:
    """The other function stays: versions before call it, and so does what has no such message."""
    op.execute("alter table inbox add column at timestamptz")
    op.execute("create index inbox_at on inbox (at) where at is not null")
    op.execute(_COMMIT)


def downgrade() -> None:
    """What is remembered with an instant would stay for good."""
    raise NotImplementedError("an event store is not taken back")
