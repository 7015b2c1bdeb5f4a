"""The probe of containers: what it asks, and what it makes of the answer."""

from typing import Any

import pytest
from chassis import probe


@pytest.mark.parametrize("status, code", [(200, 0), (503, 1), (404, 1)])
def test_only_200_is_well(peer: Any, status: int, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    peer.answer = lambda _asked: (status, {}, b"")
    monkeypatch.setenv("TRIVET_LISTEN", peer.url.removeprefix("http://"))
    assert probe.main([]) == code
    assert peer.asked[-1].path == "/readyz"


def test_path_and_address_may_be_told(peer: Any) -> None:
    peer.answer = lambda _asked: (200, {}, b"")
    assert probe.main(["/livez", peer.url]) == 0
    assert peer.asked[-1].path == "/livez"


def test_nobody_there_is_not_well(tmp_path: Any) -> None:
    assert not probe.answers(f"unix:{tmp_path}/none.sock", "/readyz")


def test_what_listens_everywhere_is_asked_here(peer: Any) -> None:
    peer.answer = lambda _asked: (200, {}, b"")
    if peer.url.startswith("http"):
        assert probe.answers(peer.url.replace("http://127.0.0.1", "0.0.0.0"), "/readyz")
    assert probe._reachable("[::]:8000") == "http://[::1]:8000"
