"""For all tests: properties are tried on the same examples everywhere, and nothing fails for being slow."""

from hypothesis import settings

settings.register_profile("course", deadline=None, derandomize=True, database=None)
settings.load_profile("course")
