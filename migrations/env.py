"""Alembic's entry: runs on the connection that kb.migrations hands over, inside its one transaction."""

from alembic import context

from kb.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    transaction_per_migration=False,
    compare_type=False,
)
context.run_migrations()
