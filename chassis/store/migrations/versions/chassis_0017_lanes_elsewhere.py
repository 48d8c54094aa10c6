"""Which lanes a store holds, and which are in another database of the same service."""

from alembic import op

revision = "chassis_0017"
down_revision = "chassis_0016"
branch_labels = None
depends_on = None

STATEMENTS = (
    # another database of the service, by its `store_meta.place`, and what people call it; null: the
    # lane is here. What has left is still here while `is_leaving`.
    "alter table lanes add column elsewhere text",
    "alter table lanes add column elsewhere_at text",
    "alter table lanes add column is_leaving boolean not null default false",
    "alter table store_meta add column place text default gen_random_uuid()::text",
    # null: of a version that takes lanes wherever they are
    "alter table members add column minds_elsewhere boolean",
    # null: consumed by a version that did not say
    "alter table inbox add column lane int",
)
_COMMIT = """
create or replace function commit_few(
  of_lane int, of_epoch bigint, published_to bigint,
  ids bytea[], bodies bytea[],
  topics text[], was bigint[], reached bigint[],
  read_streams text[], read_versions int[],
  creditors text[], accounts text[], wraps bytea[],
  streams text, versions text, states bytea[], wakes text, instants timestamptz[],
  names text, numbers text, told_at timestamptz, types text, causes text[], contents bytea[],
  shown text[]
) returns bigint[] language plpgsql as $$
declare
  found_rows int;
  is_away boolean;
  before bigint;
  positions bigint[];
  is_shown bigint := 0;
begin
  if of_epoch is not null then
    perform 1 from lanes where lane = of_lane and epoch = of_epoch for share;
    if not found then
      raise exception using errcode = 'AR001', message = 'the lane was taken over';
    end if;
  else
    select elsewhere is not null and owner is null into is_away
    from lanes where lane = of_lane for share;
    if is_away then
      raise exception using errcode = 'AR005', message = 'the lane is in another database';
    end if;
  end if;
  if read_streams is not null and exists (
    select 1 from unnest(read_streams, read_versions) r (name, number)
    left join state on state.stream = r.name where coalesce(state.version, 0) <> r.number
  ) then
    raise exception using errcode = 'AR002', message = 'a state kept in memory was changed';
  end if;
  if ids is not null then
    insert into inbox (message, body, lane)
    select *, of_lane from unnest(ids, bodies);
  end if;
  if topics is not null then
    insert into offsets as o (topic, lane, next_offset)
    select name, of_lane, next from unnest(topics, reached) n (name, next)
    on conflict (topic, lane) do update set next_offset = excluded.next_offset
    where o.next_offset = (
      select old from unnest(topics, was) w (name, old) where w.name = o.topic);
    get diagnostics found_rows = row_count;
    if found_rows <> cardinality(topics) then
      raise exception using errcode = 'AR003', message = 'offsets are not where they were left';
    end if;
  end if;
  if published_to is not null then
    update relay set position = published_to where lane = of_lane and position < published_to;
  end if;
  if wraps is not null then
    insert into subject_keys (creditor, account, wrapped)
    select * from unnest(creditors, accounts, wraps) on conflict do nothing;
    get diagnostics found_rows = row_count;
    if found_rows <> cardinality(wraps) then
      raise exception using errcode = 'AR004', message = 'another writer made a key first';
    end if;
  end if;
  if streams is not null then
    insert into state (stream, lane, version, data, wake_at)
    select name, of_lane, number, content, instants[wake]
    from unnest(string_to_array(streams, E'\\n'), versions::int[], states, wakes::int[])
      changed (name, number, content, wake)
    order by name
    on conflict (stream) do update
    set version = excluded.version, data = excluded.data, wake_at = excluded.wake_at
    where state.version <= excluded.version;
  end if;
  if names is null then
    return null;
  end if;
  perform pg_advisory_xact_lock(hashtext(current_schema()), of_lane);
  select coalesce(max(position), 0) into before from events where lane = of_lane;
  with new as (
    insert into events (lane, stream, version, type, at, cause, data)
    select of_lane, name, number, kind, told_at, why, content
    from unnest(string_to_array(names, E'\\n'), numbers::int[], string_to_array(types, E'\\n'),
      causes, contents) with ordinality event (name, number, kind, why, content, place)
    order by place
    returning position)
  select array_agg(position order by position) into positions from new;
  if cardinality(shown) > 0 then
    if before = 0 then
      insert into view_cursors (view, lane, position)
      select view, of_lane, 0 from unnest(shown) s (view) order by view on conflict do nothing;
    end if;
    perform 1 from view_cursors
    where lane = of_lane and view = any(shown) and position = before order by view for update;
    get diagnostics found_rows = row_count;
    if found_rows = cardinality(shown) then
      update view_cursors set position = positions[cardinality(positions)]
      where lane = of_lane and view = any(shown);
      is_shown := 1;
    end if;
  end if;
  return array[before, is_shown] || positions;
end $$"""
"""As before, and who does not prove that the lane is his is refused where it went to another
database (`AR005`); what was consumed goes with its lane.
"""

_COMMIT_OWN = """
create or replace function commit_few(
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
  insert into inbox (message, body, at, lane)
  select id, body, consumed_at, of_lane from unnest(own_ids, own_bodies) own (id, body);
  return commit_few(
    of_lane, of_epoch, published_to, ids, bodies, topics, was, reached, read_streams,
    read_versions, creditors, accounts, wraps, streams, versions, states, wakes, instants,
    names, numbers, told_at, types, causes, contents, shown);
end $$"""


def upgrade() -> None:
    """Every lane is here."""
    for statement in STATEMENTS:
        op.execute(statement)
    op.execute(_COMMIT)
    op.execute(_COMMIT_OWN)


def downgrade() -> None:
    """Lanes that are in another database would be taken for ours."""
    raise NotImplementedError("an event store is not taken back")
