"""Lanes change hands at once: who gives one back, joins or leaves tells the others."""

from alembic import op

revision = "chassis_0010"
down_revision = "chassis_0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    # null: of a version that neither says so nor knows what `chassis/store/forms.py` says of states
    "alter table members add column leaving boolean",
    """create function tell_of_lanes() returns trigger language plpgsql as $$ begin
      perform pg_notify('arrears_lanes_' || tg_table_schema, '');
      return null;
    end $$""",
    """create trigger given_back after update of owner on lanes
      for each row when (new.owner is null) execute function tell_of_lanes()""",
    """create trigger came_or_went after insert or delete on members
      for each row execute function tell_of_lanes()""",
)


def upgrade() -> None:
    """Instances of the version before tell the others too, without knowing."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Lanes go on changing hands without it, later."""
    raise NotImplementedError("an event store is not taken back")
