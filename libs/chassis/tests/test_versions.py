"""The words in memory: marks, slots, the dead and their successors, and reading across processes."""

import itertools
import os
import signal
import subprocess
import sys

import pytest
from chassis.versions import (
    EVERYTHING,
    SLOTS,
    WORDS,
    Crowded,
    Unfit,
    Versions,
    Writer,
    at_rest,
    marked,
    settled,
    word_of,
)

ORDERS, ITEMS = word_of("public.orders"), word_of("public.order_items")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "versions"


@pytest.fixture
def claim(path):
    """Makes writers that have recovered, and closes them."""
    made = []

    def make():
        made.append(Writer.claim(path))
        made[-1].recover()
        return made[-1]

    yield make
    for writer in made:
        writer.close()


def test_a_word_is_odd_while_a_write_is_under_way_and_never_goes_back():
    for word in range(10):
        assert marked(word) % 2 == 1
        assert marked(word) >= word
        assert settled(marked(word)) % 2 == 0
        assert settled(marked(word)) > word


def test_a_resource_has_the_same_word_everywhere_and_none_has_that_of_everything():
    assert word_of("public.orders") == ORDERS
    names = [f"public.table_{number}" for number in range(20_000)]
    assert {word_of(name) for name in names} == set(range(1, WORDS))


def test_what_was_copied_is_unchanged_until_its_resource_is_written(path, claim):
    writer = claim()
    reader = Versions.open(path)
    versions = writer.copy((ORDERS,))
    watch = reader.watch((ORDERS,), versions)
    assert at_rest(versions)
    assert watch.unchanged()
    other = writer.begin([ITEMS])
    writer.settle(other)
    assert watch.unchanged()
    mark = writer.begin([ORDERS])
    assert not watch.unchanged()
    assert not at_rest(writer.copy((ORDERS,)))
    writer.settle(mark)
    assert not watch.unchanged()
    assert at_rest(writer.copy((ORDERS,)))
    assert reader.watch((ORDERS,), versions) is None  # old versions are not watched
    assert reader.watch((ORDERS,), writer.copy((ORDERS,))).unchanged()


def test_versions_with_a_write_under_way_are_not_watched(path, claim):
    writer = claim()
    mark = writer.begin([ORDERS])
    assert Versions.open(path).watch((ORDERS,), writer.copy((ORDERS,))) is None
    assert Versions.open(path).watch((ITEMS,), writer.copy((ITEMS,))) is not None
    writer.settle(mark)


def test_a_write_to_nobody_knows_what_changes_every_version(path, claim):
    writer = claim()
    watch = Versions.open(path).watch((ORDERS,), writer.copy((ORDERS,)))
    writer.settle(writer.begin([EVERYTHING]))
    assert not watch.unchanged()


def test_a_word_stays_marked_until_the_last_of_several_writes_is_settled(claim):
    writer = claim()
    first, second = writer.begin([ORDERS, ITEMS]), writer.begin([ORDERS])
    writer.settle(first)
    assert not at_rest(writer.copy((ORDERS,)))
    assert at_rest(writer.copy((ITEMS,)))
    writer.settle(second)
    assert at_rest(writer.copy((ORDERS,)))


def test_a_mark_is_settled_once(claim):
    writer = claim()
    mark = writer.begin([ORDERS])
    writer.settle(mark)
    with pytest.raises(KeyError):
        writer.settle(mark)


def test_each_process_has_words_of_its_own(path, claim):
    first, second = claim(), claim()
    watch = Versions.open(path).watch((ORDERS,), first.copy((ORDERS,)))
    mark = second.begin([ORDERS])
    assert not watch.unchanged()
    assert not at_rest(first.copy((ORDERS,)))
    first.settle(first.begin([ORDERS]))
    assert not at_rest(first.copy((ORDERS,)))
    second.settle(mark)
    assert at_rest(first.copy((ORDERS,)))


def test_a_process_that_comes_later_is_noticed_by_what_was_kept_before(path, claim):
    early = claim()
    watch = Versions.open(path).watch((ORDERS,), early.copy((ORDERS,)))
    late = claim()
    late.settle(late.begin([ORDERS]))
    assert not watch.unchanged()


def test_nothing_is_at_rest_until_a_new_process_has_recovered(path):
    writer = Writer.claim(path)
    assert not at_rest(writer.copy((ORDERS,)))
    assert not writer.recovered
    writer.recover()
    assert writer.recovered
    assert at_rest(writer.copy((ORDERS,)))
    writer.recover()  # again does nothing
    assert at_rest(writer.copy((ORDERS,)))
    writer.close()


def test_what_a_dead_process_left_marked_stays_so_until_its_successor_recovers(path):
    dead = Writer.claim(path)
    dead.recover()
    dead.begin([ORDERS])
    before = dead.copy((ORDERS,))
    dead.close()
    heir = Writer.claim(path)
    assert not at_rest(heir.copy((ORDERS,)))
    heir.settle(heir.begin([ORDERS]))  # a write of its own, meanwhile
    assert not at_rest(heir.copy((ORDERS,)))
    heir.recover()
    assert at_rest(heir.copy((ORDERS,)))
    assert heir.copy((ORDERS,)) > before
    heir.close()


def test_the_slots_of_the_dead_are_recovered_by_others_where_no_successor_comes(path):
    first, second = Writer.claim(path), Writer.claim(path)
    first.recover()
    second.recover()
    second.begin([ORDERS])
    second.close()
    assert not at_rest(first.copy((ORDERS,)))
    (orphan,) = first.orphans()
    assert orphan.haunted([second_name(orphan)])
    assert list(first.orphans()) == []  # it is held now
    orphan.recover()
    orphan.close()
    assert at_rest(first.copy((ORDERS,)))
    assert list(first.orphans()) == []
    first.close()


def second_name(orphan):
    """The name of the slot's holder before this one."""
    stem, _, generation = orphan.name.rpartition(".")
    return f"{stem}.{int(generation) - 1}"


def test_a_living_process_is_no_orphan(path, claim):
    first, second = claim(), claim()
    second.begin([ORDERS])
    assert list(first.orphans()) == []


def test_connections_of_former_holders_and_of_other_memories_are_known_by_their_names(path, tmp_path, claim):
    dead = Writer.claim(path)
    name = dead.name
    dead.close()
    writer, sibling = claim(), claim()
    stranger = Writer.claim(tmp_path / "other")
    assert writer.name != name
    assert len(writer.name) < 64  # what PostgreSQL keeps of an application_name
    assert writer.haunted(["psql", name])
    assert not sibling.haunted([name])  # it is its slot's next holder who waits for it
    assert writer.haunted([stranger.name])
    assert not writer.haunted(["psql", "trivet catalog", writer.name, sibling.name])
    stranger.close()


def test_there_are_no_more_slots_than_there_are(path):
    with_slot = [Writer.claim(path) for _ in range(SLOTS)]
    with pytest.raises(Crowded):
        Writer.claim(path)
    with_slot.pop().close()
    with_slot.append(Writer.claim(path))
    for writer in with_slot:
        writer.recover()
    assert at_rest(with_slot[0].copy((ORDERS,)))
    assert Versions.open(path).watch((ORDERS,), with_slot[0].copy((ORDERS,))).unchanged()
    for writer in with_slot:
        writer.close()


def test_there_may_be_no_memory_yet(path, claim):
    assert Versions.open(path) is None
    claim()
    assert Versions.open(path) is not None


def test_the_memory_is_for_its_owner_alone_and_is_refused_where_it_is_not(path, claim):
    claim()
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o666)
    with pytest.raises(Unfit):
        Versions.open(path)


def test_a_file_of_another_kind_is_refused_and_left_alone(path):
    path.write_bytes(b"somebody's")
    for opening in (Versions.open, Writer.claim):
        with pytest.raises(Unfit):
            opening(path)
    assert path.read_bytes() == b"somebody's"


def test_a_link_is_not_followed(tmp_path, path, claim):
    claim()
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError):
        Versions.open(tmp_path / "link")


def test_two_memories_have_different_ids(tmp_path):
    first, second = Writer.claim(tmp_path / "one"), Writer.claim(tmp_path / "two")
    assert first.id != second.id
    first.close()
    second.close()


@pytest.mark.parametrize("cut", [1, 8, 100])
def test_versions_of_the_wrong_length_are_not_watched(path, claim, cut):
    writer = claim()
    assert Versions.open(path).watch((ORDERS,), writer.copy((ORDERS,))[:-cut]) is None
    assert Versions.open(path).watch((ORDERS,), writer.copy((ORDERS,)) + b"\0" * cut) is None


_HOLDER = """
import sys
from pathlib import Path
from chassis.versions import Writer, word_of
writer = Writer.claim(Path(sys.argv[1]))
writer.recover()
mark = writer.begin([word_of("public.orders")])
print("marked", flush=True)
sys.stdin.read()
"""


def test_a_killed_process_gives_its_slot_free_and_leaves_its_mark(path, claim):
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "marked\n"
    witness = claim()
    assert list(witness.orphans()) == []
    process.send_signal(signal.SIGKILL)
    process.wait()
    (orphan,) = witness.orphans()
    assert not at_rest(witness.copy((ORDERS,)))
    orphan.recover()
    orphan.close()
    assert at_rest(witness.copy((ORDERS,)))


_HAMMER = """
import sys
from pathlib import Path
from chassis.versions import Writer, word_of
writer = Writer.claim(Path(sys.argv[1]))
writer.recover()
word = writer._cell(word_of("public.orders"))
print("running", flush=True)
# neighbours that share no byte: a reader that sees half of each sees neither
for _ in range(int(sys.argv[2])):
    writer._cells[word] = 0x00FF_FFFF_FFFF_FFFE
    writer._cells[word] = 0xFF00_0000_0000_0000
print("done", flush=True)
"""


def test_a_reader_never_sees_half_a_word(path, claim):
    writer = claim()
    process = subprocess.Popen([sys.executable, "-c", _HAMMER, path, "2000000"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "running\n"
    os.set_blocking(process.stdout.fileno(), False)
    reader, seen = Versions.open(path), set()
    for turn in itertools.count():
        seen.add(reader.copy((ORDERS,))[-8:])
        if turn % 1000 == 0 and process.poll() is not None:
            break
    assert seen - {bytes(8)} == {word.to_bytes(8, "little") for word in (0x00FF_FFFF_FFFF_FFFE, 0xFF00_0000_0000_0000)}
    writer.settle(writer.begin([ORDERS]))


def test_a_digest_is_another_after_each_write_and_none_during_one(tmp_path):
    writer = Writer.claim(tmp_path / "versions")
    assert writer.digest() is None  # nothing is certain before it has recovered
    writer.recover()
    before = writer.digest()
    assert before == writer.digest()
    mark = writer.begin([5])
    assert writer.digest() is None
    writer.settle(mark)
    assert writer.digest() not in (None, before)
    writer.close()


def test_a_memory_knows_whether_it_is_the_one_at_a_path(tmp_path):
    path = tmp_path / "versions"
    writer = Writer.claim(path)
    assert writer.is_at(path)
    path.unlink()
    assert not writer.is_at(path)
    other = Writer.claim(path)
    assert other.is_at(path)
    assert not writer.is_at(path)
    writer.close()
    other.close()
