"""What every test may rely on."""

from hypothesis import settings

#: Databases: SQLite, and a real PostgreSQL.
pytest_plugins = ["tests.databases"]

# A deadline per example says more about who else uses the machine than about the code.
settings.register_profile("runda", deadline=None)
settings.load_profile("runda")
