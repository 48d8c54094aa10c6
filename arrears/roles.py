"""A role of PostgreSQL for each service, which owns its own schema and sees no other."""

from collections.abc import Sequence

_SQL = """\
-- {name}: a role that owns the schema {name} and nothing else
do $$ begin
    if not exists (select from pg_roles where rolname = '{role}') then
        create role {role} login;
    end if;
end $$;
do $$ declare
    what record;
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to {role}', current_database());
    revoke create on schema public from public;
    if to_regnamespace('{name}') is null then
        create schema {name} authorization {role};
    end if;
    alter schema {name} owner to {role};
    revoke all on schema {name} from public;
    for what in
        select oid::regclass as name,
               case relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end as kind
          from pg_class
         where relnamespace = '{name}'::regnamespace and relkind in ('r', 'p', 'v', 'S')
           and relowner <> '{role}'::regrole
           and not exists (select from pg_depend d  -- the sequence of a column goes with its table
                            where d.classid = 'pg_class'::regclass and d.objid = pg_class.oid
                              and d.deptype in ('a', 'i') and relkind = 'S')
    loop
        execute format('alter %s %s owner to {role}', what.kind, what.name);
    end loop;
    for what in
        select oid::regprocedure as name from pg_proc
         where pronamespace = '{name}'::regnamespace and proowner <> '{role}'::regrole
    loop
        execute format('alter routine %s owner to {role}', what.name);
    end loop;
end $$;
"""


def role_of(name: str) -> str:
    """The role of a service, or of the embedded bus."""
    return f"arrears_{name}"


def statements(names: Sequence[str]) -> str:
    """SQL for a superuser of the database, which may be run again.

    It makes no passwords, and hands over what an older role of all services owned.
    """
    return "\n".join(_SQL.format(name=name, role=role_of(name)) for name in names)
