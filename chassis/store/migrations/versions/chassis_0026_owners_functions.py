"""Functions of the owner look for names where who serves can put none before them: a temporary
table of the name of one of theirs ran what it was made with as the owner.
"""

from alembic import op

revision = "chassis_0026"
down_revision = "chassis_0025"
branch_labels = None
depends_on = None

_LOOK = """
do $$ declare
  one record;
begin
  for one in
    select oid::regprocedure as name from pg_proc
    where pronamespace = current_schema()::regnamespace and prosecdef
  loop
    execute format(
      'alter function %s set search_path = pg_catalog, %I, pg_temp', one.name, current_schema());
  end loop;
end $$"""


def upgrade() -> None:
    """`pg_temp` comes first unless it is named."""
    op.execute(_LOOK)


def downgrade() -> None:
    """They do the same for versions before."""
    raise NotImplementedError("an access record is not taken back")
