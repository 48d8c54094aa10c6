"""Access records go when their time is over, from the front of the chain, which stays whole: where
it begins then is kept.
"""

from alembic import op

revision = "chassis_0021"
down_revision = "chassis_0020"
branch_labels = None
depends_on = None

_EXPIRE = """
create function expire_access(before timestamptz, at_most int) returns int
language plpgsql security definer set search_path from current as $$
declare
  done int;
  last record;
begin
  before := least(before, clock_timestamp() - interval '30 days');
  perform 1 from access_chain for update;
  select number, hash into last from (
    select number, hash, at, bool_and(at < before) over (order by number) as is_over
    from (select number, hash, at from access_records order by number limit at_most) front) old
  where is_over order by number desc limit 1;
  if last.number is null then
    return 0;
  end if;
  perform set_config('arrears.removal', 'on', true);
  delete from access_records where number <= last.number;
  get diagnostics done = row_count;
  perform set_config('arrears.removal', '', true);
  update access_chain set gone = last.number, gone_hash = last.hash;
  return done;
end $$"""
"""Nothing younger than thirty days goes, whoever asks."""


def upgrade() -> None:
    """Nothing goes by this alone."""
    op.execute(_EXPIRE)


def downgrade() -> None:
    """Instances of this version would have nothing to call."""
    raise NotImplementedError("an access record is not taken back")
