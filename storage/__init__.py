"""What is remembered: tables, units of work, migrations.

Synchronous SQLAlchemy Core on SQLite or PostgreSQL. Callers hand over whole units of work; inside one,
everything is written or nothing is. What must never happen twice is a constraint in the database, not a
check in Python. Imports `flows`, and never an adapter.
"""
