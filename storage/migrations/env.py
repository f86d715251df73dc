"""What alembic runs. The connection comes from `storage.migrate`, in a transaction that alembic leaves alone.

Habits, so that no migration surprises anyone:

- A migration says what it does with `op`, in its own words. It imports nothing of ours: it has to mean the
  same in five years, when the code has changed.
- Constraints have names, by the convention in `storage.tables`; name them in the migration too.
- Times are sa.DateTime(timezone=True); ids are sa.BigInteger().with_variant(sa.Integer(), "sqlite").
- A table that exists is changed within `op.batch_alter_table`, for SQLite. Foreign keys are off meanwhile.
- The revision is the next number, in four digits; `storage.database.HEAD` follows.
- There is no way down: the way back is the backup from before.
- Before a version is released, a database that it made is put under tests/storage/golden/, and is upgraded by
  the tests from then on. Migrations up to a released one are never edited again.

`storage.migrate.draft` writes a first version of the next one; tests/storage/test_migrations.py tells where
the migrations and the tables differ.
"""

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
