"""What was proposed and decided is neither changed nor taken away, and in a chain of its lane: the
database makes it, whatever version of the service writes.

`chassis/store/verifying_proposals.py` compares.
"""

from alembic import op

revision = "chassis_0025"
down_revision = "chassis_0024"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "alter table proposals add column decided_reason bytea",
    "create index proposals_about on proposals (creditor, coalesce(account, '*'), kind, state)",
    """
create table proposal_chain (
  lane int not null,
  number int not null,
  at timestamptz not null default clock_timestamp(),
  creditor text collate "C" not null,
  proposal text collate "C" not null,
  state text not null,
  digest bytea not null,
  hash bytea not null,
  primary key (lane, number)
)""",
    "create index proposal_chain_proposal on proposal_chain (creditor, proposal)",
    # a link says that a proposal is in a state, with all that it says then
    """
create function link_proposal(p proposals) returns void
language plpgsql security definer set search_path from current as $$
declare
  last record;
  linked timestamptz := clock_timestamp();
  told bytea;
begin
  perform pg_advisory_xact_lock(hashtext('proposals ' || current_schema()), p.lane);
  select number, hash into last from proposal_chain
  where lane = p.lane order by number desc limit 1;
  select sha256(string_agg(sha256(convert_to(coalesce('=' || field, ''), 'UTF8')), '' order by n))
  into told from unnest(array[
    p.id, p.lane::text, (extract(epoch from p.at) * 1000000)::bigint::text, p.creditor, p.account,
    p.kind, p.amount::text, encode(sha256(p.asked), 'hex'), p."by", p.issuer, p.subject, p.state,
    (extract(epoch from p.decided_at) * 1000000)::bigint::text, p.decided_by, p.decided_issuer,
    p.decided_subject, encode(sha256(p.decided_reason), 'hex')]) with ordinality f (field, n);
  insert into proposal_chain (lane, number, at, creditor, proposal, state, digest, hash)
  values (p.lane, coalesce(last.number, 0) + 1, linked, p.creditor, p.id, p.state, told,
    sha256(coalesce(last.hash, '') || convert_to(array_to_string(array[p.lane,
      coalesce(last.number, 0) + 1, (extract(epoch from linked) * 1000000)::bigint], E'\\n'),
      'UTF8') || told));
end $$""",
    "revoke execute on function link_proposal(proposals) from public",
    """
create function keep_proposal() returns trigger
language plpgsql security definer set search_path from current as $$
begin
  if tg_op = 'UPDATE' then
    if old.state <> 'waiting'
      or (new.id, new.lane, new.at, new.creditor, new.account, new.kind, new.amount, new.asked,
        new."by", new.issuer, new.subject)
      is distinct from (old.id, old.lane, old.at, old.creditor, old.account, old.kind, old.amount,
        old.asked, old."by", old.issuer, old.subject) then
      raise exception using errcode = 'AR006',
        message = 'what was proposed or decided is written once: it is not changed';
    end if;
    if new.state = 'waiting' then
      return null;
    end if;
  elsif coalesce(current_setting('arrears.removal', true), '') = 'on' then
    return null;
  end if;
  perform link_proposal(new);
  return null;
end $$""",
    # rows that come from another database, or a backup, bring their links along
    """
create trigger proposals_are_linked after insert or update on proposals
for each row execute function keep_proposal()""",
    """
create trigger rows_are_kept before delete or truncate on proposals
for each statement execute function keep_rows()""",
    """
create trigger rows_are_kept before update or delete or truncate on proposal_chain
for each statement execute function keep_rows()""",
    # those from before are linked as they are
    """
do $$ declare
  one proposals;
  was proposals;
begin
  for one in select * from proposals order by at, id loop
    was := one;
    was.state := 'waiting';
    was.decided_at := null;
    was.decided_by := null;
    was.decided_issuer := null;
    was.decided_subject := null;
    perform link_proposal(was);
    if one.state <> 'waiting' then
      perform link_proposal(one);
    end if;
  end loop;
end $$""",
)


def upgrade() -> None:
    """What waits goes on waiting."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Who decided could be changed."""
    raise NotImplementedError("what was decided is not taken back")
