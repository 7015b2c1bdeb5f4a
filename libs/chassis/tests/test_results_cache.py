"""Answers kept: for whom, for what, how long, and how many."""

import threading
import time

import pytest
from chassis import results_cache
from chassis.results_cache import ResultsCache
from chassis.settings import ServiceSettings
from chassis.versions import EVERYTHING, Writer, word_of
from contracts.identity import Principal
from contracts.results import Basis

ORDERS, ITEMS = word_of("public.orders"), word_of("public.order_items")
ADMIN = Principal(role="admin", subject="s")
ANN = Principal(role="customer", subject="a", session={"x-hasura-user-id": "1", "x-hasura-team": "9"})
BEN = Principal(role="customer", subject="b", session={"x-hasura-user-id": "2", "x-hasura-team": "9"})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "versions"


@pytest.fixture
def data(path):
    """A process of data."""
    writer = Writer.claim(path)
    writer.recover()
    yield writer
    writer.close()


@pytest.fixture
def cache(path):
    return ResultsCache(path, entries=10, size=1_000_000)


def basis(data, *words, claims=(), age=None):
    """What an answer that data gives now stands on."""
    return Basis(data.id, words, data.copy(words), claims, age)


def keep(cache, principal, question, based, answer="answer", size=10):
    cache.keep(principal, question, based, answer, size=size, asked=time.monotonic())


def write(data, *words):
    data.settle(data.begin(words))


def test_an_answer_is_found_until_what_it_depends_on_is_written(cache, data):
    assert cache.find(ADMIN, b"q") is None
    keep(cache, ADMIN, b"q", basis(data, ORDERS))
    assert cache.find(ADMIN, b"q") == "answer"
    write(data, ITEMS)
    assert cache.find(ADMIN, b"q") == "answer"
    write(data, ORDERS)
    assert cache.find(ADMIN, b"q") is None
    assert len(cache) == 0
    keep(cache, ADMIN, b"q", basis(data, ORDERS), "later")
    assert cache.find(ADMIN, b"q") == "later"
    write(data, EVERYTHING)
    assert cache.find(ADMIN, b"q") is None


def test_nothing_is_found_while_a_write_is_under_way(cache, data):
    keep(cache, ADMIN, b"q", basis(data, ORDERS))
    mark = data.begin([ORDERS])
    assert cache.find(ADMIN, b"q") is None
    keep(cache, ADMIN, b"q", basis(data, ORDERS))
    assert cache.find(ADMIN, b"q") is None
    data.settle(mark)
    assert cache.find(ADMIN, b"q") is None


def test_an_answer_is_not_kept_where_a_write_came_between(cache, data):
    before = basis(data, ORDERS)
    write(data, ORDERS)
    keep(cache, ADMIN, b"q", before)
    assert cache.find(ADMIN, b"q") is None
    assert len(cache) == 0


def test_another_question_is_another_answer(cache, data):
    keep(cache, ADMIN, ("GET", b"q", b"[1]"), basis(data, ORDERS))
    assert cache.find(ADMIN, ("GET", b"q", b"[2]")) is None
    assert cache.find(ADMIN, ("HEAD", b"q", b"[1]")) is None
    assert cache.find(ADMIN, ("GET", b"q", b"[1]")) == "answer"


def test_callers_share_what_does_not_depend_on_them(cache, data):
    keep(cache, ANN, b"q", basis(data, ORDERS, claims=("x-hasura-team",)))
    assert cache.find(BEN, b"q") == "answer"
    assert cache.find(ADMIN, b"q") is None
    keep(cache, ANN, b"r", basis(data, ORDERS))
    assert cache.find(BEN, b"r") == "answer"


def test_callers_never_share_what_depends_on_a_session_variable(cache, data):
    keep(cache, ANN, b"q", basis(data, ORDERS, claims=("x-hasura-user-id",)), "Ann's")
    assert cache.find(BEN, b"q") is None
    keep(cache, BEN, b"q", basis(data, ORDERS, claims=("x-hasura-user-id",)), "Ben's")
    assert cache.find(ANN, b"q") == "Ann's"
    assert cache.find(BEN, b"q") == "Ben's"
    assert cache.find(Principal(role="customer", subject="c"), b"q") is None


def test_a_variable_of_another_name_and_the_same_value_is_another(cache, data):
    """Two processes of data may hold two configurations for a moment, in which other variables count."""
    swapped = Principal(role="customer", subject="c", session={"x-hasura-user-id": "9", "x-hasura-team": "1"})
    keep(cache, ANN, b"q", basis(data, ORDERS, claims=("x-hasura-user-id",)), "user 1's")
    keep(cache, BEN, b"q", basis(data, ORDERS, claims=("x-hasura-team",)), "team 9's")
    assert cache.find(swapped, b"q") is None
    assert cache.find(ANN, b"q") == "team 9's"


def test_a_login_in_a_role_called_anonymous_is_not_anonymous(cache, data):
    keep(cache, Principal(), b"q", basis(data, ORDERS))
    assert cache.find(Principal(role="anonymous", subject="s"), b"q") is None
    assert cache.find(Principal(), b"q") == "answer"


def test_an_age_is_counted_from_when_data_was_asked(cache, data):
    now = time.monotonic()
    cache.keep(ADMIN, b"q", basis(data, ORDERS, age=60), "young", size=10, asked=now)
    cache.keep(ADMIN, b"r", basis(data, ORDERS, age=60), "old", size=10, asked=now - 61)
    assert cache.find(ADMIN, b"q") == "young"
    assert cache.find(ADMIN, b"r") is None


def test_within_its_age_an_answer_is_still_no_older_than_what_was_written_here(cache, data):
    keep(cache, ADMIN, b"q", basis(data, ORDERS, age=60))
    write(data, ORDERS)
    assert cache.find(ADMIN, b"q") is None
    before = basis(data, ORDERS, age=60)
    write(data, ORDERS)
    keep(cache, ADMIN, b"q", before)
    assert cache.find(ADMIN, b"q") is None


def test_where_data_counts_elsewhere_only_an_age_lets_an_answer_be_kept(cache, data, tmp_path):
    far = Writer.claim(tmp_path / "elsewhere")
    far.recover()
    keep(cache, ADMIN, b"q", basis(far, ORDERS))
    keep(cache, ADMIN, b"r", basis(far, ORDERS, age=60))
    keep(cache, ADMIN, b"s", Basis("", (), b"", (), 60))
    keep(cache, ADMIN, b"t", Basis("", (), b""))
    assert [cache.find(ADMIN, question) for question in (b"q", b"r", b"s", b"t")] == [None, "answer", "answer", None]
    far.close()


def test_a_new_memory_ends_all_that_was_kept_by_the_old_one(cache, data, path, monkeypatch):
    keep(cache, ADMIN, b"q", basis(data, ORDERS))
    path.unlink()
    new = Writer.claim(path)
    new.recover()
    monkeypatch.setattr("chassis.results_cache._AGAIN", 0)
    keep(cache, ADMIN, b"r", basis(new, ORDERS), "new")
    assert cache.find(ADMIN, b"q") is None
    assert cache.find(ADMIN, b"r") == "new"
    assert len(cache) == 1
    keep(cache, ADMIN, b"s", basis(data, ORDERS))  # a straggler's, who counts in the old one
    assert cache.find(ADMIN, b"s") is None
    new.close()


def test_there_may_be_no_memory(tmp_path, data):
    cache = ResultsCache(tmp_path / "missing", entries=10, size=1_000_000)
    keep(cache, ADMIN, b"q", basis(data, ORDERS))
    assert cache.find(ADMIN, b"q") is None


def test_the_least_recently_used_entry_goes_first(cache, data):
    for number in range(10):
        keep(cache, ADMIN, number, basis(data, ORDERS))
    cache.find(ADMIN, 0)
    keep(cache, ADMIN, 10, basis(data, ORDERS))
    assert cache.find(ADMIN, 1) is None
    assert cache.find(ADMIN, 0) == "answer"
    assert len(cache) == 10


def test_bytes_are_bounded_and_one_answer_may_not_take_them_all(path, data):
    cache = ResultsCache(path, entries=1000, size=200_000)
    for number in range(100):
        keep(cache, ADMIN, number, basis(data, ORDERS), size=9_000)
        assert cache.held <= 200_000
    assert len(cache) == 20
    assert cache.find(ADMIN, 99) == "answer"
    keep(cache, ADMIN, "huge", basis(data, ORDERS), size=50_000)
    assert cache.find(ADMIN, "huge") is None
    assert len(cache) == 20
    keep(cache, ADMIN, 99, basis(data, ORDERS), size=10)  # in place of itself
    assert len(cache) == 20
    write(data, ORDERS)
    for number in range(100):
        assert cache.find(ADMIN, number) is None
    assert (len(cache), cache.held) == (0, 0)


def test_threads_may_keep_and_find_and_write_at_once(cache, data):
    """Answers are numbered by the write that they saw; each thread asks for no less than was written before."""
    written, faults = 0, []
    over = threading.Event()

    def read():
        while not over.is_set():
            floor = written
            found = cache.find(ADMIN, b"q")
            if found is None:
                based = basis(data, ORDERS)
                found = written
                keep(cache, ADMIN, b"q", based, found)
            if found < floor:
                faults.append((found, floor))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(2000):
        mark = data.begin([ORDERS])
        written += 1
        data.settle(mark)
    over.set()
    for reader in readers:
        reader.join()
    assert faults == []


def test_a_memory_that_was_removed_is_noticed_though_nothing_new_is_kept(cache, data, path, monkeypatch):
    keep(cache, ADMIN, b"q", basis(data, ORDERS))
    path.unlink()
    now = time.monotonic()
    monkeypatch.setattr("chassis.results_cache.time.monotonic", lambda: now + 2)
    assert cache.find(ADMIN, b"q") is None
    assert len(cache) == 0


def test_without_a_file_or_room_there_is_no_cache(path):
    assert results_cache.of(ServiceSettings()) is None
    assert results_cache.of(ServiceSettings(versions=str(path), results_size=0)) is None
    assert results_cache.of(ServiceSettings(versions=str(path))) is not None
