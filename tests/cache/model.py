"""The result cache's protocol as a model: every interleaving of writers and facades, with crashes at any step.

One resource. A lane is a writer, in the process of a slot; a facade asks data (copy the versions, take a snapshot) and
keeps the answer, or answers from what it kept. The steps have the names of what they stand for in `chassis.versions`
and use its functions on words. The promise: no answer is older than an acknowledged write, nor than an answer that was
given before it was asked for.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from chassis.versions import marked, settled

EXACT = ("begin", "send", "settle", "acknowledge")


@dataclass(frozen=True)
class Protocol:
    """What writers and facades do; the defaults are what `chassis.versions` does.

    ``steps``: of a write. ``at_rest``: only answers over words at rest are kept. ``copies_first``: versions are copied
    before the snapshot. ``waits``: the successor of a dead process waits until nothing of it can land any more.
    """

    steps: tuple[str, ...] = EXACT
    at_rest: bool = True
    copies_first: bool = True
    waits: bool = True


@dataclass(frozen=True)
class World:
    """How much there is.

    ``lanes``: the slot of each writer. ``questions``: how many each facade is asked. ``crashes``: of any process, at
    any step; what it had sent may land later, or not at all.
    """

    lanes: tuple[int, ...] = (0, 1)
    writes: int = 2
    questions: tuple[int, ...] = (2, 1)
    crashes: int = 1


class Slot(NamedTuple):
    """A process's word, its writes under way, and what of its dead predecessor the database has not ended yet."""

    word: int = 0
    under_way: int = 0
    inherited: bool = False
    ghosts: int = 0
    alive: bool = True


class Lane(NamedTuple):
    """A writer: which step comes next, how many writes are left, what its commit made, what it has loaded."""

    step: int = 0
    left: int = 0
    made: int = 0
    loaded: int = 0


class Facade(NamedTuple):
    """What a facade does next, for whom it may not be older than ``floor``, and what it has kept."""

    step: str = "idle"
    left: int = 0
    floor: int = 0
    seen: tuple[int, ...] = ()
    snapshot: int = 0
    kept: tuple[tuple[int, ...], int] | None = None


class State(NamedTuple):
    """All of it. ``known``: the newest that anybody outside was told of; ``broken``: the promise was."""

    database: int
    slots: tuple[Slot, ...]
    lanes: tuple[Lane, ...]
    facades: tuple[Facade, ...]
    known: int
    crashes: int
    broken: bool = False


class Outcome(NamedTuple):
    """The number of states, and the steps that lead to a broken promise, None where none does."""

    states: int
    trace: list[str] | None


def check(protocol: Protocol, world: World) -> Outcome:
    """Look at every state that can be reached."""
    start = State(
        0,
        (Slot(),) * (max(world.lanes) + 1),
        (Lane(left=world.writes),) * len(world.lanes),
        tuple(Facade(left=questions) for questions in world.questions),
        0,
        world.crashes,
    )
    model = _Model(protocol, world)
    came: dict[State, tuple[State, str] | None] = {start: None}
    todo = deque([start])
    while todo:
        state = todo.popleft()
        for step, after in model.steps(state):
            if after in came:
                continue
            came[after] = (state, step)
            if after.broken:
                return Outcome(len(came), _trace(came, after))
            todo.append(after)
    return Outcome(len(came), None)


def _trace(came: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    steps = []
    while (before := came[state]) is not None:
        state, step = before
        steps.append(step)
    return steps[::-1]


class _Model:
    def __init__(self, protocol: Protocol, world: World) -> None:
        self._protocol = protocol
        self._world = world

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Everything that can happen next."""
        if all(facade.step == "idle" and not facade.left for facade in state.facades):
            return  # nobody is left who could be told anything
        for number, lane in enumerate(state.lanes):
            if state.slots[self._world.lanes[number]].alive and lane.left:
                yield self._write(state, number, lane)
        for number, slot in enumerate(state.slots):
            yield from self._fate(state, number, slot)
        for number, facade in enumerate(state.facades):
            yield from self._ask(state, number, facade)

    # --- writers ---------------------------------------------------------------------------------------------------

    def _write(self, state: State, number: int, lane: Lane) -> tuple[str, State]:
        name = self._protocol.steps[lane.step]
        own = self._world.lanes[number]
        slot = state.slots[own]
        lane = lane._replace(step=lane.step + 1)
        match name:
            case "begin":
                word = slot.word if slot.under_way else marked(slot.word)
                state = _slot(state, own, slot._replace(word=word, under_way=slot.under_way + 1))
            case "send":  # and landed: a live process waits for that
                made = state.database + 1
                state, lane = state._replace(database=made), lane._replace(made=made)
            case "settle":
                state = _slot(state, own, _settled(slot))
            case "bump":
                state = _slot(state, own, slot._replace(word=slot.word + 1))
            case "load":  # of a word that all share
                lane = lane._replace(loaded=state.slots[0].word)
            case "store":
                state = _slot(state, 0, state.slots[0]._replace(word=lane.loaded + 1))
            case "acknowledge":
                state = state._replace(known=max(state.known, lane.made))
                lane = Lane(left=lane.left - 1)
        lanes = (*state.lanes[:number], lane, *state.lanes[number + 1 :])
        return f"writer {number}: {name}", state._replace(lanes=lanes)

    def _fate(self, state: State, number: int, slot: Slot) -> Iterator[tuple[str, State]]:
        """What becomes of a process, and of its successor."""
        if slot.alive and state.crashes:
            yield f"process {number}: crash", self._crash(state, number, slot)
        if slot.ghosts:
            fewer = _slot(state, number, slot._replace(ghosts=slot.ghosts - 1))
            yield f"database: commit of the dead process {number}", fewer._replace(database=state.database + 1)
            yield f"database: rollback of the dead process {number}", fewer
        if not slot.alive:
            left = slot.word & 1
            heir = slot._replace(alive=True, under_way=left, inherited=bool(left))
            yield f"process {number}: claim", _slot(state, number, heir)
        elif slot.inherited and not (slot.ghosts and self._protocol.waits):
            yield f"process {number}: recover", _slot(state, number, _settled(slot)._replace(inherited=False))

    def _crash(self, state: State, number: int, slot: Slot) -> State:
        """The process is gone; a commit that it was about to wait for may have been sent."""
        lanes, ghosts = list(state.lanes), slot.ghosts
        for place, lane in enumerate(lanes):
            if self._world.lanes[place] == number and lane.left:
                ghosts += self._protocol.steps[lane.step] == "send"
                lanes[place] = Lane(left=lane.left - 1) if lane.step else lane
        dead = slot._replace(alive=False, under_way=0, inherited=False, ghosts=ghosts)
        return _slot(state._replace(lanes=tuple(lanes), crashes=state.crashes - 1), number, dead)

    # --- facades ---------------------------------------------------------------------------------------------------

    def _ask(self, state: State, number: int, facade: Facade) -> Iterator[tuple[str, State]]:
        """What a facade may do next; what nobody else can notice is one step with what comes before it."""
        if facade.step != "idle":
            yield self._go_on(state, number, facade)
        elif facade.left:
            asked = facade._replace(floor=state.known, seen=(), left=facade.left - 1)
            yield self._go_on(state, number, self._ask_data(asked))
            if facade.kept is not None:  # it might be asked for that, or for something else that depends on the same
                yield self._go_on(state, number, asked._replace(step="compare"))

    def _ask_data(self, facade: Facade) -> Facade:
        return facade._replace(step="copy" if self._protocol.copies_first else "snapshot", seen=())

    def _go_on(self, state: State, number: int, facade: Facade) -> tuple[str, State]:
        what = facade.step
        copies_first = self._protocol.copies_first
        seen = facade.seen
        if what in ("compare", "copy"):
            seen = (*seen, state.slots[len(seen)].word)
        whole = len(seen) == len(state.slots)
        match what:
            case "compare" if facade.kept is not None and seen != facade.kept[0][: len(seen)]:
                what, facade = "compare: written since", self._ask_data(facade)
            case "compare" if facade.kept is not None and whole:
                what = "answer from what it kept"
                state, facade = self._tell(state, facade, facade.kept[1])
            case "compare":
                facade = facade._replace(seen=seen)
            case "copy" if whole and not copies_first:
                state, facade = self._keep(state, facade._replace(seen=seen))
            case "copy":
                facade = facade._replace(seen=seen, step="snapshot" if whole else "copy")
            case "snapshot":
                facade = facade._replace(snapshot=state.database, step="give" if copies_first else "copy")
            case "give":
                state, facade = self._keep(state, facade)
        facades = (*state.facades[:number], facade, *state.facades[number + 1 :])
        return f"facade {number}: {what}", state._replace(facades=facades)

    def _keep(self, state: State, facade: Facade) -> tuple[State, Facade]:
        """Keep data's answer if the words were at rest, and give it."""
        if not self._protocol.at_rest or not any(word & 1 for word in facade.seen):
            facade = facade._replace(kept=(facade.seen, facade.snapshot))
        return self._tell(state, facade, facade.snapshot)

    def _tell(self, state: State, facade: Facade, answer: int) -> tuple[State, Facade]:
        state = state._replace(known=max(state.known, answer), broken=answer < facade.floor)
        return state, Facade(left=facade.left, kept=facade.kept if facade.left else None)


def _settled(slot: Slot) -> Slot:
    count = slot.under_way - 1
    return slot._replace(under_way=count, word=slot.word if count else settled(slot.word))


def _slot(state: State, number: int, slot: Slot) -> State:
    return state._replace(slots=(*state.slots[:number], slot, *state.slots[number + 1 :]))
