"""What holds for all tests."""

from hypothesis import settings

# A test has no time limit: it must pass on a busy machine too.
settings.register_profile("lading", deadline=None)
settings.load_profile("lading")
