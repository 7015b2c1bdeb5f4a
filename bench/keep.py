"""Where results go: all samples as JSON, which git does not see, and tables into docs/performance.md."""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.measure import Sample

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "bench" / "results"


def results(samples: Sequence[Sample]) -> Path:
    """Keep the samples; the file that they are in."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / time.strftime("%Y%m%d-%H%M%S.json")
    path.write_text(json.dumps([asdict(sample) for sample in samples], indent=1), encoding="utf-8")
    return path


def page(section: str, text: str) -> None:
    """Put tables into the page, in place of those that the section had. Raises `ValueError` where it has none."""
    before = PAGE.read_text(encoding="utf-8")
    mark = re.compile(rf"(<!-- {section}: [^\n]* -->\n).*?(<!-- end -->)", re.DOTALL)
    after, count = mark.subn(lambda found: f"{found[1]}\n{text.strip()}\n\n{found[2]}", before)
    if count != 1:
        raise ValueError(f"{PAGE} has no section {section}")
    PAGE.write_text(after, encoding="utf-8")
