"""`trivet compare`: which lines of a log are asked again, of whom, how fast, and what counts as a difference."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from trivet_cli import access_log, replay, shapes
from trivet_cli.access_log import Read
from trivet_cli.compare import compare

COMBINED = '127.0.0.1 - - [21/Nov/2026:02:00:00 +0000] "{} HTTP/1.1" 200 12 "-" "curl/8"\n'


class Peer(ThreadingHTTPServer):
    """A server whose answers are chosen; it notes what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, str | None]] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.default = (200, {"Content-Type": "application/json"}, b'[{"id": 1, "name": "a"}]')

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Peer

    def _answer(self) -> None:
        # a service that another test left behind may look for its auth here: the system gives out ports again
        if not self.path.startswith("/-/"):
            self.server.asked.append((self.command, self.path, self.headers.get("Authorization")))
        status, headers, body = self.server.answers.get(self.path, self.server.default)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_DELETE = _answer

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def peers() -> Iterator[tuple[Peer, Peer]]:
    """Two servers with the same answers."""
    both = (Peer(), Peer())
    for peer in both:
        threading.Thread(target=peer.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield both
    for peer in both:
        peer.shutdown()
        peer.server_close()


@pytest.fixture
def run(peers: tuple[Peer, Peer], tmp_path: Path) -> Callable[..., Result]:
    """Run the command over a log of these requests."""

    def invoke(*requests: str, options: tuple[str, ...] = (), paths: tuple[str, str] = ("", "")) -> Result:
        log = tmp_path / "access.log"
        log.write_text("".join(COMBINED.format(request) for request in requests))
        old, new = (peer.url + path for peer, path in zip(peers, paths, strict=True))
        return CliRunner().invoke(compare, [str(log), "--old", old, "--new", new, "--rate", "1000", *options])

    return invoke


# --- the log ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, read",
    [
        (COMBINED.format("GET /orders?id=eq.1"), Read("GET", "/orders?id=eq.1")),
        ('::1 - clerk [21/Nov/2026:02:00:00 +0000] "HEAD /a HTTP/1.0" 404 -', Read("HEAD", "/a")),
        ('h - - [t] "GET /t?select=\\x22a.b\\x22 HTTP/2.0" 200 1', Read("GET", '/t?select="a.b"')),
        ('h - - [t] "GET /t?q=\\"x\\" HTTP/1.1" 200 1', Read("GET", '/t?q="x"')),
        ('h - - [t] "GET /\\xC3\\xA9?a=\\x5Cb HTTP/1.1" 200 1', Read("GET", "/%C3%A9?a=\\b")),
        ('h - - [t] "GET /a%2Fb HTTP/1.1" 200 1', Read("GET", "/a%2Fb")),
        ('{"method":"GET","path":"/rest/v1/orders","status":200}', Read("GET", "/rest/v1/orders")),
        ('{"method":"get","uri":"/a","args":"b=1"}', Read("GET", "/a?b=1")),
        ('{"request":"GET /a?b=1 HTTP/1.1"}', Read("GET", "/a?b=1")),
        ('{"request_method":"HEAD","request_uri":"/a?b","path":"/x"}', Read("HEAD", "/a?b")),
    ],
)
def test_reads_of_each_format(line: str, read: Read) -> None:
    assert list(access_log.tally([line]).reads) == [read]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense", "{", "{}", '{"method": 1, "path": "/a"}', 'h - - [t] "-" 400 0', 'h - - [t] "GET * HTTP/1.1" 200 1',
        'h - - [t] "GET http://elsewhere.example/a HTTP/1.1" 200 1', 'h - - [t] "GET //elsewhere.example/a HTTP/1.1" 200 1',
        'h - - [t] "\\x16\\x03\\x01" 400 0', '{"message": "started"}',
    ],
)  # fmt: skip
def test_other_lines_are_counted_and_left_out(line: str) -> None:
    found = access_log.tally([line, "", "\n"])
    assert (list(found.reads), found.odd, found.writes) == ([], 1, 0)


def test_writes_are_never_sent(run: Callable[..., Result], peers: tuple[Peer, Peer]) -> None:
    result = run("GET /a", "POST /a", "DELETE /a", "PATCH /a", "OPTIONS /a", "GET /a")
    assert result.exit_code == 0, result.output
    assert [peer.asked for peer in peers] == [[("GET", "/a", None)]] * 2
    assert "4 writes" in result.output


def test_only_reads_below_the_old_path_are_asked_below_the_new_one(
    run: Callable[..., Result], peers: tuple[Peer, Peer]
) -> None:
    result = run("GET /api/a?b=1", "GET /api", "GET /apis/x", "GET /", paths=("/api/", "/rest/v1"))
    assert result.exit_code == 0, result.output
    assert [path for _, path, _ in peers[0].asked] == ["/api/a?b=1", "/api/"]
    assert [path for _, path, _ in peers[1].asked] == ["/rest/v1/a?b=1", "/rest/v1/"]
    assert "2 reads of other addresses" in result.output


def test_a_packed_log_is_read_too(peers: tuple[Peer, Peer], tmp_path: Path) -> None:
    log = tmp_path / "access.log.gz"
    log.write_bytes(gzip.compress(COMBINED.format("GET /a").encode()))
    words = [str(log), "--old", peers[0].url, "--new", peers[1].url]
    assert CliRunner().invoke(compare, words).exit_code == 0
    assert peers[1].asked == [("GET", "/a", None)]


def test_a_log_may_come_from_standard_input(peers: tuple[Peer, Peer]) -> None:
    words = ["-", "--old", peers[0].url, "--new", peers[1].url]
    assert CliRunner().invoke(compare, words, input=COMBINED.format("GET /a").encode() + b"\xff\n").exit_code == 0
    assert peers[0].asked == [("GET", "/a", None)]


# --- the roles -------------------------------------------------------------------------------------------------------


def test_each_read_is_asked_as_each_role(run: Callable[..., Result], peers: tuple[Peer, Peer], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t-admin\n")
    options = ("--token", "clerk=t1", "--token", "anonymous=", "--token-old", f"admin=@{tmp_path}/token",
               "--token-new", "admin=t3")  # fmt: skip
    result = run("GET /a", options=options)
    assert result.exit_code == 0, result.output
    assert [bearer for _, _, bearer in peers[0].asked] == ["Bearer t1", None, "Bearer t-admin"]
    assert [bearer for _, _, bearer in peers[1].asked] == ["Bearer t1", None, "Bearer t3"]
    assert "t-admin" not in result.output
    assert "3 alike" in result.output


@pytest.mark.parametrize(
    "options", [("--token", "clerk"), ("--token", "clerk=@/nonexistent"), ("--header", "x"), ("--token", "a=b\nc")]
)
def test_odd_options_are_refused_before_anything_is_asked(
    run: Callable[..., Result], peers: tuple[Peer, Peer], options: tuple[str, ...]
) -> None:
    result = run("GET /a", options=options)
    assert result.exit_code == 2
    assert peers[0].asked == []


# --- the differences -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer, says",
    [
        ((404, {"Content-Type": "application/json"}, b'[{"id": 1, "name": "a"}]'), "status 200 → 404"),
        ((200, {"Content-Type": "text/csv"}, b"id,name\n1,a\n"), "Content-Type: application/json → text/csv"),
        ((200, {"Content-Type": "application/json", "Content-Range": "0-0/*"}, b"[{}]"), "Content-Range: none → 0-0/*"),
        ((200, {"Content-Type": "application/json"}, b'[{"id": "1", "name": "a"}]'), "$[].id: number → text"),
        ((200, {"Content-Type": "application/json"}, b'[{"id": 1}]'), "$[].name: text → nothing there"),
        (
            (200, {"Content-Type": "application/json"}, b'[{"id":1,"name":"a"},{"id":2,"name":"b"}]'),
            "$: 1 rows → 2 rows",
        ),
        ((200, {"Content-Type": "application/json"}, b'{"id": 1, "name": "a"}'), "$: 1 rows → object"),
        ((200, {"Content-Type": "application/json"}, b"[{"), "something that is no application/json"),
    ],
)
def test_differences_are_told(
    run: Callable[..., Result], peers: tuple[Peer, Peer], answer: tuple[int, dict[str, str], bytes], says: str
) -> None:
    peers[1].answers["/a"] = answer
    result = run("GET /a", "GET /b")
    assert result.exit_code == 1
    assert "GET /a as anonymous" in result.output
    assert "GET /b" not in result.output
    assert says in result.output
    assert "1 alike, 1 differ" in result.output


def test_order_values_and_spelling_don_t_count(run: Callable[..., Result], peers: tuple[Peer, Peer]) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8", "X-Request-Id": "1", "Allow": "GET,POST"}
    other = {"content-type": "application/json;charset=utf-8", "X-Request-Id": "2", "Allow": "POST, GET"}
    peers[0].answers["/a"] = (200, headers, b'[{"a": 1, "b": {"c": [1, 2]}}]')
    peers[1].answers["/a"] = (200, other, b'[ {"b": {"c": [3]}, "a": 2.5} ]')
    result = run("GET /a")
    assert result.exit_code == 0, result.output


def test_addresses_in_headers_count_from_each_server_s_path(
    run: Callable[..., Result], peers: tuple[Peer, Peer]
) -> None:
    peers[0].answers["/api/a"] = (200, {"Content-Location": "/api/a?x=1"}, b"")
    peers[1].answers["/rest/v1/a"] = (200, {"Content-Location": "http://new.example/rest/v1/a?x=1"}, b"")
    assert run("GET /api/a", paths=("/api", "/rest/v1")).exit_code == 0
    peers[1].answers["/rest/v1/a"] = (200, {"Content-Location": "/b"}, b"")
    assert run("GET /api/a", paths=("/api", "/rest/v1")).exit_code == 1
    assert run("GET /api/a", paths=("/api", "/rest/v1"), options=("--ignore", "content-location")).exit_code == 0


def test_redirects_are_compared_and_never_followed(run: Callable[..., Result], peers: tuple[Peer, Peer]) -> None:
    peers[0].answers["/a"] = peers[1].answers["/a"] = (302, {"Location": "http://127.0.0.1:1/elsewhere"}, b"")
    assert run("GET /a").exit_code == 0
    assert [len(peer.asked) for peer in peers] == [1, 1]


def test_a_server_that_is_away_is_told(run: Callable[..., Result], tmp_path: Path, peers: tuple[Peer, Peer]) -> None:
    log = tmp_path / "log"
    log.write_text(COMBINED.format("GET /a"))
    result = CliRunner().invoke(compare, [str(log), "--old", peers[0].url, "--new", "http://127.0.0.1:1"])
    assert result.exit_code == 1
    assert "no answer from the new one" in result.output
    neither = CliRunner().invoke(compare, [str(log), "--old", "http://127.0.0.1:1", "--new", "http://127.0.0.1:1"])
    assert neither.exit_code == 2
    for url in ("ftp://x", "localhost:80", "http://u:p@h/", "http://h:x"):
        assert CliRunner().invoke(compare, [str(log), "--old", url, "--new", peers[1].url]).exit_code == 2


def test_no_more_than_the_limit_is_asked(run: Callable[..., Result], peers: tuple[Peer, Peer]) -> None:
    result = run(*(f"GET /{number}" for number in range(5)), options=("--limit", "2"))
    assert [path for _, path, _ in peers[0].asked] == ["/0", "/1"]
    assert "2 of 5 different reads" in result.output


def test_each_server_waits_for_its_turn(peers: tuple[Peer, Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    # the module's clock alone: other threads of this process sleep, too
    monkeypatch.setattr(replay, "time", SimpleNamespace(monotonic=lambda: 100.0, sleep=slept.append))
    server = replay.Server(peers[0].url, 0.5)
    for _ in range(3):
        server.ask(Read("GET", "/a"), {})
    assert slept == [0, 0.5, 0.5]
    server.close()


def test_a_kept_connection_that_was_closed_is_opened_again(peers: tuple[Peer, Peer]) -> None:
    server = replay.Server(peers[0].url, 0)
    assert server.ask(Read("GET", "/a"), {}).status == 200
    server._connection.sock.shutdown(2)
    assert server.ask(Read("GET", "/a"), {}).status == 200
    server.close()


@pytest.mark.parametrize(
    "old, new, media_type, says",
    [
        (b"<a><b>1</b><b>2</b></a>", b"<x:a xmlns:x='u'><x:b>3</x:b></x:a>", "text/xml", []),
        (b"<a><b>1</b></a>", b"<a><b/></a>", "application/soap+xml", ["$.a.b: text → empty"]),
        (b"<a/>", b'<!DOCTYPE a [<!ENTITY e "x">]><a/>', "text/xml", ["$.a: empty → nothing there"]),
        (b"a,b\n1,2\n", b"b,a\n3,4\n", "text/csv", []),
        (b"a,b\n1,2\n", b"a\n1\n", "text/csv", ["$[].b: text → nothing there"]),
        (b"x", b"y", "text/html", []),
        (b"x", b"", "text/html", ["$: something → nothing"]),
        (b'{"a": {"b": {"c": 1}}}', b"{}", "application/json", ["$.a: object → nothing there"]),
        (
            b'{"data": [1, null]}',
            b'{"data": [null]}',
            "application/graphql-response+json",
            ["$.data[]: null or number → null"],
        ),
    ],
)
def test_shapes(old: bytes, new: bytes, media_type: str, says: list[str]) -> None:
    found = shapes.differences(shapes.shape(old, media_type), shapes.shape(new, media_type))
    assert set(says) <= set(found)
    assert bool(found) == bool(says)


def test_many_differences_are_cut_short() -> None:
    wide = {f"field{number}": number for number in range(50)}
    found = shapes.differences(
        shapes.shape(json.dumps(wide).encode(), "application/json"), {"$": frozenset({"object"})}
    )
    assert len(found) == 7
    assert found[-1] == "and 44 more"
