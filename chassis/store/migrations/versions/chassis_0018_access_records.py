"""Who was answered what about whom: rows that are added and never changed, each with a hash over
the one before it. `chassis/store/access.py` writes and verifies them.
"""

from alembic import op

revision = "chassis_0018"
down_revision = "chassis_0017"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
create table access_records (
  number bigint primary key,
  at timestamptz not null,
  issuer text not null,
  subject text not null,
  token text not null,
  creditor text collate "C",
  accounts text[] collate "C" not null,
  route text not null,
  status int not null,
  hash bytea not null
)""",
    "create index access_records_creditor on access_records (creditor, number)",
    "create index access_records_accounts on access_records using gin (accounts)",
    # where the chain begins (what was before went with its time), and where it ends
    """
create table access_chain (
  only_row boolean primary key default true check (only_row),
  gone bigint not null default 0,
  gone_hash bytea not null default '',
  number bigint not null default 0,
  hash bytea not null default ''
)""",
)
_RECORD = """
create function record_access(entries jsonb) returns void
language plpgsql security definer set search_path from current as $$
declare
  entry record;
  next_number bigint;
  link bytea;
begin
  insert into access_chain default values on conflict do nothing;
  select number, hash into next_number, link from access_chain for update;
  for entry in
    select value ->> 'at' as at, value ->> 'issuer' as issuer, value ->> 'subject' as subject,
      value ->> 'token' as token, value ->> 'creditor' as creditor,
      value ->> 'accounts' as accounts, value ->> 'route' as route, value ->> 'status' as status
    from jsonb_array_elements(entries) with ordinality told (value, place) order by place
  loop
    next_number := next_number + 1;
    link := sha256(link || convert_to(array_to_string(
      array[next_number::text, entry.at, entry.issuer, entry.subject, entry.token,
        coalesce(entry.creditor, ''), entry.accounts, entry.route, entry.status], E'\\n'), 'UTF8'));
    insert into access_records
      (number, at, issuer, subject, token, creditor, accounts, route, status, hash)
    values (next_number,
      timestamptz 'epoch' + entry.at::bigint * interval '1 microsecond',
      entry.issuer, entry.subject, entry.token, entry.creditor,
      string_to_array(entry.accounts, ' '), entry.route, entry.status::int, link);
  end loop;
  update access_chain set number = next_number, hash = link;
end $$"""
"""`at` is in microseconds of Unix time, `accounts` are divided by spaces: as they are hashed."""


def upgrade() -> None:
    """Nobody was recorded before."""
    for statement in STATEMENTS:
        op.execute(statement)
    op.execute(_RECORD)


def downgrade() -> None:
    """Who looked at what would be forgotten."""
    raise NotImplementedError("an access record is not taken back")
