"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# The same examples on every run, so that a failure is a change of ours; `HYPOTHESIS_PROFILE=explore` draws
# new ones. No deadlines: a busy machine is not a bug.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
