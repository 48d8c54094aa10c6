"""A chain over the events of each lane, by which a change of them is found afterwards.

A link is over the link before it and some thousand events, as they are stored: it is made when the
lane is quiet, so that writing events costs nothing more. `chassis/store/chaining.py` has it made,
`chassis/store/verifying.py` compares.
"""

from alembic import op

revision = "chassis_0019"
down_revision = "chassis_0018"
branch_labels = None
depends_on = None

_TABLE = """
create table event_chain (
  lane int not null,
  number int not null,
  from_position bigint not null,
  to_position bigint not null,
  events int not null,
  marks bytea not null,
  hash bytea not null,
  at timestamptz not null default clock_timestamp(),
  primary key (lane, number)
)"""
"""`marks` are the first four bytes of each event's own hash, in the order of positions: they show
which event it was.
"""
_LINK = """
create function link_events(of_lane int, at_most int) returns int
language plpgsql security definer set search_path from current as $$
declare
  last record;
  done int;
begin
  select number, to_position, hash into last from event_chain
  where lane = of_lane order by number desc limit 1;
  with told as (
    select position, sha256(convert_to(array_to_string(array[lane::text, position::text, stream,
        version::text, type, (extract(epoch from at) * 1000000)::bigint::text,
        coalesce('=' || cause, '')], E'\\n'), 'UTF8') || '\\x0a' || data) as digest
    from events where lane = of_lane and position > coalesce(last.to_position, 0)
    order by position limit at_most)
  insert into event_chain (lane, number, from_position, to_position, events, marks, hash)
  select of_lane, coalesce(last.number, 0) + 1, min(position), max(position), count(*),
    string_agg(substring(digest for 4), '' order by position),
    sha256(coalesce(last.hash, '') || string_agg(digest, '' order by position))
  from told having count(*) > 0
  on conflict do nothing;
  get diagnostics done = row_count;
  if done = 0 then
    return 0;
  end if;
  return (select events from event_chain where lane = of_lane order by number desc limit 1);
end $$"""


def upgrade() -> None:
    """What was stored before is linked as it is now."""
    op.execute(_TABLE)
    op.execute(_LINK)


def downgrade() -> None:
    """Changes of events would not be found."""
    raise NotImplementedError("an event store is not taken back")
