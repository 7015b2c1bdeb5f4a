"""What XML and SOAP are attacked by: each a clear fault (or an answer, where it does no harm), within bounded work.

The messages are as large as the default settings let them come.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.fixtures.guarded_store import ADMIN, Suite, sqlite_suite
from tests.security.soap_attacks import ATTACKS, SECRET, SOAP11, envelope

ROOT = Path(__file__).parents[2]
MEMORY = 1_500 * 2**20  # bytes that a process may have for all of them, one after another
SECONDS = 240  # of CPU; it takes some tens


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The facades over SQLite."""
    with sqlite_suite(tmp_path_factory.mktemp("attacks")) as made:
        yield made


def send(store: Suite, name: str) -> None:
    """Send an attack, and see that what comes back is what must come, and holds nothing of ours."""
    attack = ATTACKS[name]
    headers = {"Content-Type": "text/xml; charset=utf-8" if "UTF-16" not in name else "text/xml", **attack.headers}
    answer = store.soap.post("/soap/v1", data=attack.body, headers={**headers, **ADMIN.headers})
    root = etree.fromstring(answer.data, etree.XMLParser(huge_tree=True))
    fault = root.find(f".//{{{SOAP11}}}Fault")
    assert (answer.status_code, fault is not None) == (attack.status, bool(attack.code)), answer.data[:2000]
    assert attack.code.encode() in answer.data, answer.data[:2000]
    for leak in (b"root:", b"Traceback", b"XX000", b".py"):
        assert leak not in answer.data


@pytest.mark.parametrize("attack", list(ATTACKS))
def test_an_attack(store: Suite, attack: str) -> None:
    """One after another, against one process, which answers the next as if nothing had been."""
    send(store, attack)
    assert store.post("<ListCustomers/>").status_code == 200


def test_all_of_them_within_bounds() -> None:
    """In a process that the system ends where it takes more memory or CPU than it may."""

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    command = [sys.executable, "-c", "from tests.security.test_soap_attacks import run; run()"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, preexec_fn=bounded, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, [str(len(ATTACKS))]), done.stderr[-2000:]


def run() -> None:
    """All attacks, in a process of their own."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, sqlite_suite(Path(folder)) as store:
        for name in ATTACKS:
            send(store, name)
    print(len(ATTACKS))


@pytest.mark.parametrize("way", ["a wrong element", "no XML", "two tokens", "a stale message"])
def test_no_secret_comes_back_or_is_logged(store: Suite, way: str, caplog: pytest.LogCaptureFixture) -> None:
    """A message that is refused held a password: neither the fault nor the log has it."""
    space = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-"
    inner = f"<o:UsernameToken><o:Username>a</o:Username><o:Password>{SECRET}</o:Password></o:UsernameToken>"
    if way == "two tokens":
        inner += inner
    if way == "a stale message":
        inner += "<u:Timestamp><u:Expires>2001-01-01T00:00:00Z</u:Expires></u:Timestamp>"
    header = f'<o:Security xmlns:o="{space}secext-1.0.xsd" xmlns:u="{space}utility-1.0.xsd">{inner}</o:Security>'
    text = envelope(
        "<ListCustomers><nothing/></ListCustomers>" if way == "a wrong element" else "<ListCustomers/>", header
    )
    text = text.replace("</s:Body>", "") if way == "no XML" else text
    headers = {"Content-Type": "text/xml", "SOAPAction": '"urn:x"', **ADMIN.headers}
    answer = store.soap.post("/soap/v1", data=text, headers=headers)
    assert answer.status_code in (400, 500)
    assert SECRET not in answer.text
    assert SECRET not in caplog.text
