"""What a folder of operations is told to be: names, types and comments of its functions, and each fault with its line."""

import sys
import textwrap
from decimal import Decimal

import msgspec
import pytest
from trivet import declarations
from trivet.running.describe import Registry

HEAD = """
import enum
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
import trivet
"""


@pytest.fixture
def described(tmp_path):
    """A function that loads a file of this text, and gives the registry."""
    names = []

    def load(text):
        name = f"ops_{tmp_path.name}"
        (tmp_path / f"{name}.py").write_text(HEAD + textwrap.dedent(text))
        names.append(name)
        registry = Registry(tmp_path)
        registry.load()
        return registry

    path, before = sys.path[:], sys.dont_write_bytecode
    declarations.declared.clear()
    yield load
    sys.path[:], sys.dont_write_bytecode = path, before
    declarations.declared.clear()
    for name in names:
        sys.modules.pop(name, None)


def test_an_operation_is_known_by_its_types_and_docstring(described):
    registry = described('''
        class Size(enum.Enum):
            S = "small"
            L = "large"

        @dataclass
        class Line:
            product: UUID
            price: Decimal
            note: str | None = None

        @dataclass
        class Receipt:
            total: Decimal
            at: datetime
            lines: list[Line]

        @trivet.operation(reads_only=True, roles=["clerk"], timeout=2)
        def weigh(ctx: trivet.Context, lines: list[Line], size: Size, on: date | None = None, tags: list[str] = []) -> Receipt:
            """Weigh an order.

            Twice.

            Args:
                lines: What is in it.
                size (Size): Of the box.
            """
    ''')
    assert registry.faults == []
    (operation,) = registry.operations
    assert {key: operation[key] for key in ("name", "comment", "reads_only", "roles", "timeout")} == {
        "name": "weigh",
        "comment": "Weigh an order.\n\nTwice.",
        "reads_only": True,
        "roles": ["clerk"],
        "timeout": 2,
    }
    lines, size, on, tags = operation["arguments"]
    assert (lines["type"], lines["required"], lines["nullable"], lines["comment"]) == (
        "json",
        True,
        False,
        "What is in it.",
    )
    assert lines["schema"]["items"]["properties"]["product"] == {"type": "string", "format": "uuid"}
    assert (size["type"], size["values"], size["comment"]) == ("enum", ["small", "large"], "Of the box.")
    assert (on["type"], on["required"], on["nullable"]) == ("date", False, True)
    assert (tags["type"], tags["element"], tags["required"]) == ("array", "text", False)
    returns = operation["returns"]
    assert (returns["kind"], [(f["name"], f["type"]) for f in returns["fields"]]) == (
        "rows",
        [("total", "numeric"), ("at", "timestamptz"), ("lines", "json")],
    )


def test_arguments_are_read_as_their_types_and_no_default_is_shared(described):
    registry = described("""
        @trivet.operation
        def add(a: Decimal, b: int = 2, seen: list[int] = []) -> Decimal:
            return a + b
    """)
    loaded = registry.functions["operation add"]
    first = loaded.arguments({"a": "1.50", "b": "3"})
    assert first == {"a": Decimal("1.50"), "b": 3, "seen": []}
    first["seen"].append(1)
    assert loaded.arguments({"a": 1})["seen"] == []
    with pytest.raises(msgspec.ValidationError, match="unknown field `c`"):
        loaded.arguments({"a": 1, "c": 2})


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1 / 0", 8, "ZeroDivisionError: division by zero"),
        ("\ndef f(:\n    pass", 9, "this is not Python: invalid syntax"),
        ("@trivet.operation\ndef f(a) -> int: ...", 8, "the parameter a has no type"),
        ("@trivet.operation\ndef f(a: int): ...", 8, "f has no return type; write `-> None` where it gives nothing"),
        ("class C: ...\n@trivet.operation\ndef f(a: C) -> int: ...", 9, "the type of a: clients can't be told of it"),
        ("@trivet.operation\ndef f(*a: int) -> int: ...", 8, "the parameter a: arguments are given by name"),
        ("@trivet.operation(timeout=0)\ndef f() -> int: ...", 8, "a timeout is a number of seconds above 0, not 0"),
        ("@trivet.operation(roles='clerk')\ndef f() -> int: ...", 8, "the roles of f must be a list of names"),
        ("@trivet.operation(name='a b')\ndef f() -> int: ...", 8, "`a b` can't be an operation's name"),
        ("@trivet.before('orders', 'creat')\ndef f(ctx, rows): ...", 8, "a hook is for create, update, delete or read"),
        ("@trivet.before('orders', 'create')\ndef f(ctx): ...", 8, "f must take 2 arguments: its context and the rows"),
        ("@trivet.operation\ndef f(a: 'Nowhere') -> int: ...", 8, "the types of f can't be read"),
    ],
)
def test_a_fault_is_told_with_its_line(described, text, line, message):
    registry = described(text)
    (fault,) = registry.faults
    assert fault["message"].startswith(message)
    assert (fault["line"], fault["file"].endswith(".py")) == (line, True)
    assert registry.operations == []
