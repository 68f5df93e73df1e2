"""What all tests share."""

from hypothesis import settings

# A busy machine is no fault of the code: speed is measured by benchmarks, never asserted by tests.
settings.register_profile("handrail", deadline=None)
settings.load_profile("handrail")
