"""Protected fields written: as the masked expression that a role sees, or not at all."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from contracts.fields import Guard, Part

from data_service.processing.masks import needed_length, shows_value
from data_service.sql.dialect import Dialect
from data_service.sql.statements import Encode
from data_service.sql.values import plain_text

if TYPE_CHECKING:
    from data_service.sql.predicates import Predicates


def guarded(value: str, guard: Guard, writer: "Predicates") -> str:
    """What a role sees of a column: an expression that can stand wherever the column can.

    Where only Python can show it (`Guard.in_sql`) there is none: the planner lets no such field come here.
    """
    if not guard.in_sql:
        raise AssertionError(f"nothing opens {guard.about}")
    if guard.form in ("clear", "token"):
        return value
    dialect = writer.dialect
    if guard.form == "hidden":
        return dialect.nothing(guard.stored)
    text = dialect.as_text(value, guard.stored)
    if guard.form == "hash":
        inner, outer = (writer.bind_fixed(block.hex()) for block in guard.keys.ring.pads("hash", guard.about))
        return dialect.keyed_hash(text, inner, outer)
    return _pattern(dialect, text, guard.parts)


def marking(guard: Guard, encode: Encode) -> Encode:
    """``encode`` for values that are looked up by what was made of them: a token, or a blind index."""

    def mark(value: Any) -> Any:
        text = plain_text(value)
        return None if text is None else guard.keys.ring.mark_of(guard.store, guard.about, text)

    return lambda value: encode([mark(item) for item in value] if isinstance(value, list | tuple) else mark(value))


def _pattern(dialect: Dialect, text: str, parts: Sequence[Part]) -> str:
    pieces = [_piece(dialect, text, part) for part in parts] or [dialect.text("")]
    shown = " || ".join(pieces)
    needed = needed_length(parts)
    if shows_value(parts) and needed:
        short = " || ".join(
            _piece(dialect, text, part) if part.kind in ("text", "domain") else dialect.text("") for part in parts
        )
        shown = f"case when length({text}) >= {needed} then {shown} else {short} end"
    return f"(case when {text} is not null then {shown} end)"


def _piece(dialect: Dialect, text: str, part: Part) -> str:
    if part.kind == "text":
        return dialect.text(part.text)
    if part.kind == "first":
        return dialect.first_of(text, part.count)
    if part.kind == "last":
        return dialect.last_of(text, part.count)
    return f"case when {text} like {dialect.text('%@%')} then {dialect.domain_of(text)} else {dialect.text('')} end"
