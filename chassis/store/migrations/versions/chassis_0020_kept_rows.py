"""What is written once is neither changed nor taken away by a statement that does not say that it
is meant to: `chassis/store/removal.py` names those that do.
"""

from alembic import op

revision = "chassis_0020"
down_revision = "chassis_0019"
branch_labels = None
depends_on = None

_KEEP = """
create function keep_rows() returns trigger language plpgsql as $$
begin
  if coalesce(current_setting('arrears.removal', true), '') <> 'on' then
    raise exception using errcode = 'AR006',
      message = format('rows of %s are written once: none is changed or taken away', tg_table_name);
  end if;
  return null;
end $$"""
_TABLES = ("events", "event_chain", "access_records")
_ON = """
create trigger rows_are_kept before update or delete or truncate on {table}
for each statement execute function keep_rows()"""
_ON_END = """
create trigger rows_are_kept before delete or truncate on access_chain
for each statement execute function keep_rows()"""


def upgrade() -> None:
    """From here on; whoever owns the tables may still take the triggers away."""
    op.execute(_KEEP)
    for table in _TABLES:
        op.execute(_ON.format(table=table))
    op.execute(_ON_END)


def downgrade() -> None:
    """Events could be changed."""
    raise NotImplementedError("an event store is not taken back")
