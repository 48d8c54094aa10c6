"""What Alembic runs: on the connection and in the schema that `chassis.store.migrate` gives it."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema=context.config.attributes["schema"],
)
context.run_migrations()
