"""What every test may rely on."""

from hypothesis import settings

#: Databases: SQLite, and a real PostgreSQL.
pytest_plugins = ["tests.databases"]

# A deadline per example says more about who else uses the machine than about the code. As many examples as a suite
# has time for that is run before every change; `--hypothesis-profile long` looks further.
settings.register_profile("runda", deadline=None, max_examples=60)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("runda")
