"""What a project's operations folder declares, told as plain data: names, types, comments, and every fault."""

import dataclasses
import importlib
import inspect
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from trivet import declarations
from trivet.context import Context
from trivet.declarations import Compute, Declaration, Hook, Operation
from trivet.running.types import Unsayable, portable, returned

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VERBS = ("create", "update", "delete", "read")
_ARGUMENT = re.compile(r"^\s*(?::param\s+)?(\w+)(?:\s*\([^)]*\))?\s*:\s*(.+)$")
_SECTION = re.compile(r"^\s*(Args|Arguments|Parameters|Returns|Raises|Yields)\s*:\s*$")


class Registry:
    """What was declared in a folder: the functions by key, their description, and the faults."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.functions: dict[str, Loaded] = {}
        self.operations: list[dict[str, Any]] = []
        self.hooks: list[dict[str, Any]] = []
        self.computes: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []

    def described(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "operations": self.operations, "hooks": self.hooks, "computes": self.computes, "faults": self.faults,
        }  # fmt: skip

    def load(self) -> None:
        """Import the folder's files, and describe what they declare; nothing is raised."""
        sys.path.insert(0, str(self.folder))
        sys.dont_write_bytecode = True
        for path in sorted(self.folder.glob("*.py")):
            if path.name.startswith("_"):
                continue
            begun = len(declarations.declared)
            try:
                importlib.import_module(path.stem)
            except BaseException as fault:  # noqa: BLE001  (whatever a file does when it is imported)
                del declarations.declared[begun:]
                self._fault(path, _line_of(fault, path), _said(fault))
        for declaration in declarations.declared:
            self._describe(declaration)

    def _describe(self, declaration: Declaration) -> None:
        path, line = _place(declaration.function)
        try:
            match declaration:
                case Operation():
                    self._operation(declaration, path, line)
                case Hook():
                    self._hook(declaration, path, line)
                case Compute():
                    self._compute(declaration, path, line)
        except Unsayable as fault:
            self._fault(path, line, str(fault))

    def _operation(self, declared: Operation, path: Path, line: int) -> None:
        if not _NAME.fullmatch(declared.name):
            raise Unsayable(f"`{declared.name}` can't be an operation's name: letters, digits and _ only")
        _check_timeout(declared.timeout)
        roles = declared.roles
        if isinstance(roles, str) or not all(isinstance(role, str) and role for role in roles):
            raise Unsayable(f"the roles of {declared.name} must be a list of names")
        if any(known["name"] == declared.name for known in self.operations):
            raise Unsayable(f"there are two operations named {declared.name}")
        hints = _hints(declared.function)
        comment, of_arguments = _documented(declared.function)
        loaded = Loaded(declared.function)
        arguments = []
        for parameter in inspect.signature(declared.function).parameters.values():
            if hints.get(parameter.name) is Context:
                loaded.context = parameter.name
                continue
            arguments.append(_argument(parameter, hints, of_arguments))
            optional = parameter.default is not inspect.Parameter.empty
            loaded.fields.append(
                (parameter.name, hints[parameter.name], parameter.default)
                if optional
                else (parameter.name, hints[parameter.name])
            )
        if "return" not in hints:
            raise Unsayable(f"{declared.name} has no return type; write `-> None` where it gives nothing")
        try:
            gives = returned(hints["return"])
        except Unsayable as fault:
            raise Unsayable(f"the return type of {declared.name}: {fault}") from None
        loaded.gives = hints["return"]
        self.functions[f"operation {declared.name}"] = loaded.prepared(declared.name)
        self.operations.append({
            "name": declared.name, "file": str(path), "line": line, "comment": comment, "arguments": arguments,
            "returns": gives, "reads_only": declared.reads_only, "roles": list(roles), "timeout": declared.timeout,
            "above_policies": declared.above_policies,
        })  # fmt: skip

    def _hook(self, declared: Hook, path: Path, line: int) -> None:
        if declared.verb not in _VERBS:
            raise Unsayable(f"a hook is for {', '.join(_VERBS[:-1])} or {_VERBS[-1]}, not for `{declared.verb}`")
        if declared.when == "after_commit" and declared.verb == "read":
            raise Unsayable("nothing is committed after a read")
        _check_timeout(declared.timeout)
        takes_rows = (declared.when, declared.verb) == ("before", "delete")
        if (declared.when, declared.verb) == ("before", "update") and _fits(declared.function, 3):
            takes_rows = True
        else:
            _takes(declared.function, 2, "its context and the rows")
        key = f"hook {len(self.hooks)} {declared.function.__name__}"
        self.functions[key] = Loaded(declared.function)
        self.hooks.append({
            "key": key, "name": declared.function.__name__, "file": str(path), "line": line,
            "resource": declared.resource, "verb": declared.verb, "when": declared.when,
            "timeout": declared.timeout, "above_policies": declared.above_policies, "takes_rows": takes_rows,
        })  # fmt: skip

    def _compute(self, declared: Compute, path: Path, line: int) -> None:
        if any(known["name"] == declared.name for known in self.computes):
            raise Unsayable(f"two functions compute {declared.name}")
        _takes(declared.function, 2, "its context and the rows")
        key = f"compute {declared.name}"
        self.functions[key] = Loaded(declared.function)
        self.computes.append({"key": key, "name": declared.name, "file": str(path), "line": line})

    def _fault(self, path: Path, line: int, message: str) -> None:
        self.faults.append({"file": str(path), "line": line, "message": message})


class Loaded:
    """A function ready to be called: which parameter takes the context, and the types of the others and its result."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.context: str | None = None
        self.fields: list[Any] = []
        self.gives: Any = Any
        self._arguments: type[msgspec.Struct] | None = None

    def prepared(self, name: str) -> "Loaded":
        """With the type made that its arguments are read as. Raises `Unsayable`."""
        try:
            fields = [(*field[:2], _default(field[2])) if len(field) > 2 else field for field in self.fields]
            self._arguments = msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True)
        except TypeError as fault:
            raise Unsayable(f"{name}: {fault}") from None
        return self

    def arguments(self, given: Any) -> dict[str, Any]:
        """The arguments in plain data, as the types that they are declared as. Raises `msgspec.ValidationError`."""
        assert self._arguments is not None
        read = msgspec.convert(given, self._arguments, strict=False)
        return {name: _whole(getattr(read, name)) for name in read.__struct_fields__}


def _default(value: Any) -> Any:
    """A default that no two calls share."""
    if isinstance(value, list | dict | set):
        return msgspec.field(default_factory=lambda: type(value)(value))
    return value


def _whole(value: Any) -> Any:
    """The value, whose dataclasses hold their defaults themselves: msgspec leaves these to the class, and unsaid."""
    if isinstance(value, list | tuple | set | frozenset):
        for item in value:
            _whole(item)
    elif isinstance(value, dict):
        for item in value.values():
            _whole(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            if field.name not in getattr(value, "__dict__", (field.name,)):
                object.__setattr__(value, field.name, inner)
            _whole(inner)
    return value


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except Exception as fault:  # noqa: BLE001  (whatever an annotation does)
        raise Unsayable(f"the types of {function.__name__} can't be read: {fault}") from None


def _argument(parameter: inspect.Parameter, hints: dict[str, Any], comments: dict[str, str]) -> dict[str, Any]:
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
        raise Unsayable(f"the parameter {name}: arguments are given by name, so that no `*`, `**` or `/` can take them")
    if name not in hints:
        raise Unsayable(f"the parameter {name} has no type")
    try:
        found = portable(hints[name])
    except Unsayable as fault:
        raise Unsayable(f"the type of {name}: {fault}") from None
    return {"name": name, **found, "required": parameter.default is parameter.empty, "comment": comments.get(name)}


def _takes(function: Callable[..., Any], number: int, what: str) -> None:
    if not _fits(function, number):
        raise Unsayable(f"{function.__name__} must take {number} arguments: {what}")


def _fits(function: Callable[..., Any], number: int) -> bool:
    try:
        inspect.signature(function).bind(*range(number))
    except TypeError:
        return False
    return True


def _check_timeout(timeout: Any) -> None:
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0):
        raise Unsayable(f"a timeout is a number of seconds above 0, not {timeout!r}")


def _documented(function: Callable[..., Any]) -> tuple[str | None, dict[str, str]]:
    """What a docstring says of the function, and of each argument (``Args:`` or ``:param x:``)."""
    lines, arguments, section = [], {}, ""
    for line in (inspect.getdoc(function) or "").splitlines():
        heading = _SECTION.match(line)
        found = _ARGUMENT.match(line)
        if heading:
            section = heading[1]
        elif found and (section in ("Args", "Arguments", "Parameters") or line.lstrip().startswith(":param")):
            arguments[found[1]] = found[2].strip()
        elif not section and not line.lstrip().startswith(":"):
            lines.append(line)
    return "\n".join(lines).strip() or None, arguments


def _place(function: Callable[..., Any]) -> tuple[Path, int]:
    code = inspect.unwrap(function).__code__
    return Path(code.co_filename), code.co_firstlineno


def _line_of(fault: BaseException, path: Path) -> int:
    """The line of the file that a fault is about."""
    if isinstance(fault, SyntaxError) and fault.filename == str(path) and fault.lineno:
        return fault.lineno
    lines = [frame.lineno or 1 for frame in traceback.extract_tb(fault.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else 1


def _said(fault: BaseException) -> str:
    if isinstance(fault, SyntaxError):
        return f"this is not Python: {fault.msg}"
    return f"{type(fault).__name__}: {fault}"
