"""Which worker a service runs on is a setting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from chassis.settings import ServiceSettings, SettingsError, load

WORKERS = {"": "chassis.worker.HubWorker", "gthread": "gthread", "hub": "chassis.worker.HubWorker"}


@pytest.mark.parametrize("worker", WORKERS)
def test_the_setting_chooses_the_worker(worker: str, tmp_path: Path) -> None:
    code = "import chassis.serving as serving; print(serving.worker_class)"
    environ = {**os.environ, "TRIVET_STATE_DIR": str(tmp_path), "TRIVET_WORKER": worker}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == WORKERS[worker]


def test_another_word_is_a_fault() -> None:
    with pytest.raises(SettingsError) as caught:
        load(ServiceSettings, {"TRIVET_WORKER": "tornado", "TRIVET_THREADS": "many"})
    assert len(caught.value.faults) == 2
    assert "TRIVET_WORKER: expected hub or gthread, got 'tornado'" in caught.value.faults
