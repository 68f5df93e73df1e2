"""What all tests share."""

from hypothesis import settings

# A busy machine is no fault of the code: speed is measured by benchmarks, never asserted by tests.
# `make test` asks the same questions every time, so that a red run is the change's own; `make test-long` asks new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("searching", deadline=None, derandomize=False, print_blob=True)
settings.load_profile("repeatable")
