"""Hypothesis profiles: `HYPOTHESIS_PROFILE=deep pytest tests/generative` looks much longer, and elsewhere each time."""

import os

# Workers share the machine: idle OpenMP threads spin and starve each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings
from postgres import postgres_server  # noqa: F401  a fixture

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("quick", max_examples=12, deadline=None, derandomize=True, suppress_health_check=SLOW)
settings.register_profile("deep", max_examples=1000, deadline=None, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
