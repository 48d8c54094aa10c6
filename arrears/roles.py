"""A role of PostgreSQL for each service, which owns its own schema and sees no other; or two of
them: one that owns the schema and lays it out, and one that only serves.
"""

from collections.abc import Collection, Sequence

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
    execute format('grant connect, temporary on database %I to {role}', current_database());
    grant usage on language plpgsql, sql to {role};
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
_SERVING = """\
-- {name}: a role that serves what {owner} owns; `arrears migrate` tells what it may
-- and makes no function, which the owner's could take for one of PostgreSQL's
do $$ declare
    what record;
begin
    if not exists (select from pg_roles where rolname = '{role}') then
        create role {role} login;
    end if;
    execute format('grant connect on database %I to {role}', current_database());
    grant usage, create on schema {name} to {role};
    grant {role} to {owner};
    revoke usage on language plpgsql, sql from public, {role};
    for what in
        select distinct nspowner::regrole as name from pg_namespace
         where not starts_with(nspname, 'pg_') and nspowner <> 'pg_database_owner'::regrole
    loop
        execute format('grant usage on language plpgsql, sql to %s', what.name);
    end loop;
end $$;
"""


def role_of(name: str) -> str:
    """The role of a service, or of the embedded bus."""
    return f"arrears_{name}"


def owner_of(name: str) -> str:
    """The role that owns a service's schema, where another one serves."""
    return f"{role_of(name)}_owner"


def statements(names: Sequence[str], owned: Collection[str] = ()) -> str:
    """SQL for a superuser of the database, which may be run again.

    It makes no passwords, and hands over what an older role of all services owned. Those `owned`
    belong to a role of their own.
    """
    return "\n".join(_statements(name, is_owned=name in owned) for name in names)


def _statements(name: str, *, is_owned: bool) -> str:
    if not is_owned:
        return _SQL.format(name=name, role=role_of(name))
    owner = owner_of(name)
    serving = _SERVING.format(name=name, role=role_of(name), owner=owner)
    return _SQL.format(name=name, role=owner) + serving
