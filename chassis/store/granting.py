"""What a role that only serves may do with a store that another role owns.

It adds events, and changes neither them nor what shows that they are unchanged: links and access
records it adds by functions of the owner alone. Of what was proposed it writes how that was
decided. Views and states, which it makes of the events anew, are its own.

It may make tables in the schema and no functions: one that fits a call of the owner's better than
PostgreSQL's own would run as the owner. Languages are the database's: where the owner is a
superuser they are taken from it here, elsewhere by the SQL of `arrears roles --owners`.
"""

from asyncpg import Connection

_GRANT = """
do $$ declare
  what record;
begin
  grant usage, create on schema {schema} to {role};
  grant select, insert, update, delete on all tables in schema {schema} to {role};
  grant usage, select on all sequences in schema {schema} to {role};
  revoke update, delete on {schema}.events from {role};
  revoke update, delete on {schema}.proposals from {role};
  grant update
    (state, taken_at, decided_at, decided_by, decided_issuer, decided_subject, decided_reason)
    on {schema}.proposals to {role};
  revoke insert, update, delete on
    {schema}.event_chain, {schema}.proposal_chain, {schema}.access_records, {schema}.access_chain,
    {schema}.alembic_version
    from {role};
  for what in
    select oid::regclass as name from pg_class
    where relnamespace = '{schema}'::regnamespace and relkind = 'r'
      and (relname = 'state' or relname like 'view\\_%' and relname <> 'view_cursors')
      and relowner <> '{role}'::regrole
  loop
    execute format('alter table %s owner to {role}', what.name);
  end loop;
  if (select rolsuper from pg_roles where rolname = current_user) then
    revoke usage on language plpgsql, sql from public, {role};
  end if;
end $$"""
_ALONE = "select pg_advisory_xact_lock(hashtext('arrears.migrate'))"
_WHO = "select quote_ident(current_user)"


async def role_of(connection: Connection) -> str:
    """Who a connection is, as SQL names it."""
    found: str = await connection.fetchval(_WHO)
    return found


async def let_serve(owner: Connection, schema: str, role: str) -> None:
    """Have a role, as SQL names it, serve a store; it may be done again."""
    async with owner.transaction():
        await owner.execute(_ALONE)  # rows of the catalogue do not wait for one another
        await owner.execute(_GRANT.format(schema=schema, role=role))
