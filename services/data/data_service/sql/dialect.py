"""What differs between the databases' SQL, as one protocol that both dialects implement."""

from collections.abc import Callable, Sequence
from typing import Protocol

from contracts.catalog import Handler, Resource
from contracts.fields import Field
from contracts.filters import Comparison, TestFunction

from data_service.plan.nodes import AggregateTest, Column, GroupTest, Invocation, Passed, Source, Test
from data_service.plan.write_nodes import CreatePlan, DeletePlan, UpdatePlan, WritePlan
from data_service.sql.statements import Caps, Encode, RowInsert, Statement
from data_service.sql.verdicts import Case

Binder = Callable[[Encode], str]
Bound = Callable[[Source, Encode], str]  # the place of a value, and how it gets there


class Dialect(Protocol):
    """SQL as one database wants it. Expressions go in and come out as text."""

    whole_number: Encode
    judges: bool  # writes fail by themselves where a row breaks a check of one row, or more are affected than may be

    def name(self, name: str) -> str:
        """An identifier, quoted."""
        ...

    def text(self, value: str) -> str:
        """A text constant, quoted."""
        ...

    def table(self, resource: Resource) -> str:
        """A resource's qualified name."""
        ...

    def computed(self, expression: str, field: Field) -> str:
        """An expression of the configuration as a value of its field's type."""
        ...

    def place(self, number: int) -> str:
        """The place of a value; numbers start at one."""
        ...

    def integer(self, place: str) -> str:
        """A whole number at a place, of that type."""
        ...

    def limit(self, caps: Caps) -> Encode:
        """How a limit is bound; the caps lower it."""
        ...

    def offset(self, place: str, limited: bool) -> str:
        """The OFFSET clause, after a LIMIT or alone."""
        ...

    def sort(self, expression: str, descending: bool, nulls_first: bool, nullable: bool) -> str:
        """A term of ORDER BY."""
        ...

    def sortable(self, expression: str, column: Column) -> str:
        """A column's value as it is ordered by."""
        ...

    def groupable(self, expression: str, column: Column) -> str:
        """A column's value as it is grouped by."""
        ...

    def any_of(self, expression: str) -> str:
        """One of a group's values, where all are the same."""
        ...

    def packed(self, expression: str) -> str:
        """A JSON value as text that can be grouped by."""
        ...

    def unpacked(self, expression: str) -> str:
        """What `packed` made, as JSON again."""
        ...

    def distinct_on(self, alias: str, columns: Sequence[str], filtered: str, order: str) -> str:
        """A SELECT of the first row, by ``order``, for each combination of ``columns``; ordered, too."""
        ...

    # --- JSON ----------------------------------------------------------------------------------------------------

    def object(self, pairs: Sequence[tuple[str, str]]) -> str:
        """A JSON object."""
        ...

    def document(self, pairs: Sequence[tuple[str, str]]) -> str:
        """A JSON object as the result column of a statement."""
        ...

    def array(self, expression: str, only: str = "") -> str:
        """A JSON array over all rows, or those for which ``only`` holds; empty, not null, where there are none."""
        ...

    def first(self, array: str) -> str:
        """The first element of a JSON array, or null."""
        ...

    def nest(self, expression: str) -> str:
        """A JSON value from a sub-select, still JSON."""
        ...

    def carried(self, expression: str) -> str:
        """Any value as JSON, to be carried out of a sub-select."""
        ...

    def output(self, expression: str, column: Column, cast: str | None) -> str:
        """A column's value as it stands in the answer."""
        ...

    def cast_column(self, cast: str) -> Column:
        """What a cast makes, as a column. Raises `Problem` 42704."""
        ...

    def aggregated(self, expression: str, column: Column) -> str:
        """A column's minimum, maximum or sum as it stands in the answer."""
        ...

    def inside(self, expression: str, column: Column) -> str:
        """The place that the column's path names, inside its JSON; without a path all of it as PostgreSQL's text."""
        ...

    def cast(self, expression: str, cast: str) -> str:
        """A cast to a type of PostgREST's grammar. Raises `Problem` 42704."""
        ...

    def aggregate(self, function: TestFunction, columns: Sequence[str], of: Sequence[Column], distinct: bool) -> str:
        """An aggregate; no columns counts rows."""
        ...

    # --- masks ---------------------------------------------------------------------------------------------------

    def nothing(self, field: Field) -> str:
        """A null of a field's type."""
        ...

    def as_text(self, expression: str, field: Field) -> str:
        """A field's value as text."""
        ...

    def first_of(self, text: str, count: int) -> str:
        """The first characters of a text."""
        ...

    def last_of(self, text: str, count: int) -> str:
        """The last characters of a text, which has as many."""
        ...

    def domain_of(self, text: str) -> str:
        """What follows the last ``@`` of a text, all of it where there is none."""
        ...

    def keyed_hash(self, text: str, inner: str, outer: str) -> str:
        """The HMAC-SHA-256 of a text, 32 hexadecimal digits: the places hold the blocks of its key in hexadecimal."""
        ...

    # --- functions -----------------------------------------------------------------------------------------------

    def call(self, invocation: Invocation, bind: Bound) -> str:
        """A SELECT of the rows that one of the database's own functions gives."""
        ...

    def row_call(self, call: str, passed: Sequence[Passed], bind: Bound) -> str:
        """A function called for a row, as ``call`` has it, with what is passed beside the row."""
        ...

    def returned_rows(self, resource: Resource) -> Encode:
        """How rows are bound that a function elsewhere gave: a list of objects."""
        ...

    def returned(self, resource: Resource, place: str) -> str:
        """Rows that a function elsewhere gave, as a source."""
        ...

    def scalar(self, expression: str, column: Column) -> str:
        """A value that stands alone in the answer, as JSON."""
        ...

    def row(self, resource: Resource, values: Sequence[str]) -> str:
        """A row of the resource's own type, of the values of its columns."""
        ...

    def record(self, pairs: Sequence[tuple[str, str]]) -> str:
        """A row of no type of its own: values by name."""
        ...

    def handled(self, handler: Handler, row: str) -> str:
        """What a handler makes of all rows, as JSON."""
        ...

    # --- predicates ----------------------------------------------------------------------------------------------

    def encoder(self, column: Column, operator: Comparison) -> Encode:
        """How a value is bound that is compared with a column."""
        ...

    def list_encoder(self, column: Column) -> Encode:
        """How a list of values is bound that are compared with a column."""
        ...

    def compare(self, left: str, test: Test, place: str) -> str:
        """A comparison with the value at a place. Raises `Problem` PGRST127 where the database can't."""
        ...

    def compare_columns(self, left: str, test: Test, right: str) -> str:
        """A comparison of two columns."""
        ...

    def compare_aggregate(self, left: str, test: AggregateTest | GroupTest, bind: Binder) -> str:
        """A comparison of an aggregate with a value."""
        ...

    def is_test(self, left: str, value: str) -> str:
        """IS null, true and so on."""
        ...

    # --- writes --------------------------------------------------------------------------------------------------

    def written_rows(self, resource: Resource) -> Encode:
        """How rows that a write returned are bound again."""
        ...

    def recordset(self, resource: Resource, place: str) -> str:
        """Rows that a write returned, as a source."""
        ...

    def verdict(self, cases: Sequence[Case], bind_fixed: Callable[[str], str]) -> str:
        """A number that is 0, and makes its statement fail where one of the cases holds: where the dialect judges."""
        ...

    def written(self, plan: WritePlan, full: Resource) -> Statement | None:
        """The write with its RETURNING, fit to stand in WITH; None where the database can't, or more is needed.

        Its column ``trivet_new`` tells apart what an insert with a conflict rule has inserted.
        """
        ...

    def create(self, plan: CreatePlan, full: Resource, *, back: bool) -> Statement | RowInsert:
        """The INSERT."""
        ...

    def update(self, plan: UpdatePlan, full: Resource, *, back: bool) -> Statement:
        """The UPDATE."""
        ...

    def delete(self, plan: DeletePlan, full: Resource, *, back: bool) -> Statement:
        """The DELETE."""
        ...
