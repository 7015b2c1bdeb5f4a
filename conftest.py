"""What all tests share: a PostgreSQL server that lives as long as the session."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["tests.fixtures.postgres_server", "tests.fixtures.suite"]
