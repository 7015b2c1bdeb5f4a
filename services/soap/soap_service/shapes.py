"""Shapes of messages seen before: a message that differs from an earlier one in values only is not parsed again.

What is not proven to be a value is part of a shape: the markup (names, prefixes, attributes, nesting, white space), and
every text but those that the translation lifts out of the operation. A value's own text goes through its type's parser
each time; where that refuses it, the message takes the general way, and is refused there.
"""

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from chassis.bounded import Bounded
from contracts import operations
from contracts.problems import Problem

from soap_service import envelope, response
from soap_service import request as requests
from soap_service.call import Call, Included
from soap_service.elements import value_of
from soap_service.envelope import Element
from soap_service.literals import LexicalError, Parse
from soap_service.port_type import Operation, PortType
from soap_service.reply import Reply
from soap_service.response import Write
from soap_service.split import Pieces

_BOUND = 2000
_LONGEST = 8000  # characters of markup, and of words
_WRITERS = 500
_MARK = "\ue000"  # begins a text that stands for another; where a message holds it, it is replaced itself

Names = tuple[str, ...]
Fill = Callable[[list[str]], Any]


class Shape(NamedTuple):
    """What messages with the same markup have in common.

    ``reply`` is the envelope's, ``words`` the indices of the texts that are no values, ``total`` the number
    of all texts. ``headed``: an empty header is part of the markup.
    """

    reply: Reply
    words: tuple[int, ...]
    total: int
    headed: bool


class Prepared(NamedTuple):
    """A call but for its values: what is called, the operation, and what writes its result as an element."""

    called: Operation
    operation: operations.Operation
    write: Write


class _Slot(NamedTuple):
    """The place of a value: the index of its text, and its type's parser."""

    place: int
    parse: Parse


class Shapes:
    """The map of shapes: of envelopes, which are the same for all callers, and of calls, by the caller's port type."""

    def __init__(self, namespace: str, *, max_depth: int, max_elements: int) -> None:
        self._namespace = namespace
        self._limits = {"max_depth": max_depth, "max_elements": max_elements}
        self._envelopes: Bounded[str, Shape] = Bounded(_BOUND, "soap_envelopes")
        self._once: Bounded[int, bool] = Bounded(_BOUND)
        self._calls: Bounded[tuple[int, str, Names], tuple[Prepared, Fill]] = Bounded(_BOUND, "soap_calls")
        self._writers: Bounded[Hashable, Write] = Bounded(_WRITERS, "soap_writers")

    def find(self, pieces: Pieces) -> Shape | None:
        """The shape of a message's envelope, None where there was none like it."""
        shape = self._envelopes.get(pieces.markup)
        return shape if shape is not None and shape.total == len(pieces.texts) else None

    def call(self, shape: Shape, pieces: Pieces, port: PortType) -> tuple[Prepared, list[Any]] | None:
        """The call that a message makes and its values; None where it has to be read in full."""
        found = self._calls.get((port.serial, pieces.markup, _words(pieces, shape.words)))
        if found is None:
            return None
        prepared, fill = found
        try:
            return prepared, fill(pieces.texts)
        except LexicalError:
            return None

    def prepare(self, call: Call, port: PortType) -> Prepared:
        """What is kept of a call."""
        key = (
            port.serial,
            call.called.name,
            tuple([field.name for field in call.fields]),
            _paths(call.relations),
            call.guarded,
            call.order,
        )
        write = self._writers.get(key)
        if write is None:
            write = response.writer(call, self._namespace, port)
            self._writers.put(key, write)
        return Prepared(call.called, call.operation, write)

    def learn(self, pieces: Pieces, port: PortType, role: str, prepared: Prepared) -> None:
        """Keep the shape of a message that was read in full, and is ``prepared``; from the second time on.

        (To learn a shape costs as much as to read a message: what comes but once is not worth it.)
        """
        if len(pieces.markup) > _LONGEST:
            return
        known = self.find(pieces)
        words = _words(pieces, known.words) if known is not None else ()
        if self._once.get(mark := hash((pieces.markup, words))) is None:
            self._once.put(mark, True)
            return
        try:
            found = self._learnt(pieces, port, role)
        except Problem:  # the header was not cut out rightly
            return
        if found is None:
            return
        shape, call = found
        if call.operation != prepared.operation or (known is not None and known != shape):
            return
        words = _words(pieces, shape.words)
        if sum(map(len, words)) > _LONGEST:
            return
        self._envelopes.put(pieces.markup, shape)
        self._calls.put((port.serial, pieces.markup, words), (prepared, _filler(call.values)))

    def _learnt(self, pieces: Pieces, port: PortType, role: str) -> tuple[Shape, Call] | None:
        """A message's shape, and its call with slots for values; None where a header was left in it."""
        marks = [f"{_MARK}{index}" for index in range(len(pieces.texts))]
        root, marked = (envelope.parse(pieces.around(texts), **self._limits) for texts in (pieces.texts, marks))
        opened = envelope.opened(root)
        if opened.blocks:
            return None
        places = _places(root, marked, marks)
        used: set[int] = set()

        def read(element: Element, xsd: str, parse: Parse) -> Any:
            value = value_of(element, xsd, parse)
            if element not in places:
                return value
            used.add(places[element])
            return _Slot(places[element], parse)

        call = requests.parse(envelope.body_of(opened), self._namespace, port, role=role, read=read)
        words = tuple(index for index in range(len(pieces.texts)) if index not in used)
        return Shape(Reply(opened.version), words, len(pieces.texts), len(root) > 1), call


def _paths(relations: tuple[Included, ...]) -> tuple[Hashable, ...]:
    """What tells included relations from others of the same type."""
    return tuple([(each.element.name, _paths(each.nested)) for each in relations])


def _words(pieces: Pieces, indices: tuple[int, ...]) -> Names:
    """The texts that are part of a message's shape."""
    texts = pieces.texts
    return tuple([texts[index] for index in indices])


def _places(root: Element, marked: Element, marks: list[str]) -> dict[Element, int]:
    """The elements that begin with one of the texts, whole, as the same tree with marks for texts shows them."""
    indices = {mark: index for index, mark in enumerate(marks)}
    pairs = zip(root.iter(), marked.iter(), strict=True)
    return {element: indices[mark.text] for element, mark in pairs if mark.text in indices}


def _filler(value: Any) -> Fill:
    """A function from texts to a value that holds slots."""
    if isinstance(value, _Slot):
        index, parse = value
        return lambda texts: parse(texts[index])
    if isinstance(value, list):
        fillers = [_filler(item) for item in value]
        return lambda texts: [fill(texts) for fill in fillers]
    if isinstance(value, dict):
        members = [(name, _filler(item)) for name, item in value.items()]
        return lambda texts: {name: fill(texts) for name, fill in members}
    return lambda _: value
