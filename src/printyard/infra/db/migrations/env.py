"""Run by Alembic: migrates the connection that `schema` hands over, in its transaction."""

from alembic import context

from printyard.infra.db.tables import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Printyard migrates its database when it starts; there is nothing to do by hand.")
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
