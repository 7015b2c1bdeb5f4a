"""What all tests share: a PostgreSQL server that lives as long as the session."""

import logging
import os
import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = [
    "tests.fixtures.mail_server",
    "tests.fixtures.postgres_server",
    "tests.fixtures.redis_server",
    "tests.fixtures.suite",
    "tests.fixtures.slapd",
    "tests.fixtures.samba_dc",
]

# The tier that gates gives the same answer twice: its random questions are the same each time. `make explore` asks
# new ones.
settings.register_profile("gate", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile(os.environ.get("TRIVET_PROPERTIES", "gate"))

# written by a thread, between the dots of the tests
logging.getLogger("trivet.access").setLevel(logging.WARNING)
