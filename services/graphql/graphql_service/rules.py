"""Validation by graphql-core's rules (GraphQL §5), with Hasura's words where it has its own (graphql.md §8)."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLInputType,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    print_ast,
    specified_rules,
    type_from_ast,
)
from graphql.validation import (
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    KnownTypeNamesRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    OverlappingFieldsCanBeMergedRule,
    ProvidedRequiredArgumentsRule,
    ScalarLeafsRule,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    UniqueVariableNamesRule,
    ValidationRule,
    ValuesOfCorrectTypeRule,
    VariablesInAllowedPositionRule,
)
from graphql.validation.rules.variables_in_allowed_position import allowed_variable_usage

from graphql_service.coercion import UNKNOWN, argument_of, from_literal
from graphql_service.directives import DirectivesFit
from graphql_service.errors import PARSE_FAILED, Misfit
from graphql_service.spreads import FragmentsUnfold


class FieldsExist(ValidationRule):
    """Every field is one of its type."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Look the field up."""
        parent = self.context.get_parent_type()
        if parent and not self.context.get_field_def():
            name = getattr(parent, "name", "")
            self.report_error(GraphQLError(f"field '{node.name.value}' not found in type: '{name}'", node))


class ArgumentsExist(ValidationRule):
    """Every argument is one of its field or directive."""

    def enter_argument(self, node: ArgumentNode, *args: Any) -> None:
        """Look the argument up."""
        owner = args[3][-1]  # the innermost ancestor: the field or directive
        of_directive = isinstance(owner, DirectiveNode)
        known = self.context.get_directive() if of_directive else self.context.get_field_def()
        if known and not self.context.get_argument():
            text = f"'{owner.name.value}' has no argument named '{node.name.value}'"
            self.report_error(GraphQLError(text, node, extensions={"up": 2}))


class ArgumentsSuffice(ValidationRule):
    """No required argument is missing."""

    def leave_field(self, node: FieldNode, *_args: Any) -> None:
        """Compare the arguments given with those needed."""
        field = self.context.get_field_def()
        self._compare(node, field.args if field else {})

    def leave_directive(self, node: DirectiveNode, *_args: Any) -> None:
        """Compare the arguments given with those needed."""
        directive = self.context.get_directive()
        self._compare(node, directive.args if directive else {})

    def _compare(self, node: FieldNode | DirectiveNode, expected: Mapping[str, GraphQLArgument]) -> None:
        given = {argument.name.value for argument in node.arguments}
        for name, argument in expected.items():
            if is_required_argument(argument) and name not in given:
                text = f"missing required field '{name}'"
                self.report_error(GraphQLError(text, node, extensions={"path": ("args", name)}))


class TypesExist(ValidationRule):
    """Every type that is named exists. Asks for one type at a time, so that no others are made."""

    def enter_named_type(self, node: NamedTypeNode, *_args: Any) -> None:
        """Look the type up."""
        if self.context.schema.get_type(node.name.value) is None:
            self.report_error(GraphQLError(f"no such type exists in the schema: '{node.name.value}'", node))


class SelectionsFit(ValidationRule):
    """Objects have a selection set, scalars none."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Compare the field's type with its selection."""
        type_ = self.context.get_type()
        if type_ is None:
            return
        leaf = is_leaf_type(get_named_type(type_))
        if leaf and node.selection_set:
            self.report_error(GraphQLError("unexpected subselection set for non-object field", node))
        elif not leaf and not node.selection_set:
            text = f"missing selection set for '{get_named_type(type_).name}'"
            self.report_error(GraphQLError(text, node, extensions={"path": ("selectionSet",)}))


class VariablesFit(ValidationRule):
    """A variable stands only where its type is allowed."""

    def leave_operation_definition(self, operation: OperationDefinitionNode, *_args: Any) -> None:
        """Compare every use of a variable with its declaration."""
        declared = {node.variable.name.value: node for node in operation.variable_definitions}
        for usage in self.context.get_recursive_variable_usages(operation):
            definition = declared.get(usage.node.name.value)
            if definition is None or usage.type is None:
                continue
            schema = self.context.schema
            type_ = type_from_ast(schema, definition.type)
            default = definition.default_value
            if type_ and not allowed_variable_usage(schema, type_, default, usage.type, usage.default_value):
                text = f"variable '{usage.node.name.value}' is declared as '{type_}', but used where '{usage.type}'"
                self.report_error(GraphQLError(f"{text} is expected", usage.node))


class VariablesDeclared(ValidationRule):
    """Every variable that is used is declared."""

    def leave_operation_definition(self, operation: OperationDefinitionNode, *_args: Any) -> None:
        """Compare the variables used with those declared."""
        declared = {node.variable.name.value for node in operation.variable_definitions}
        for usage in self.context.get_recursive_variable_usages(operation):
            if usage.node.name.value not in declared:
                self.report_error(GraphQLError(f'unbound variable "{usage.node.name.value}"', operation))


class LiteralsFit(ValidationRule):
    """Every literal fits its type, as leniently as when it is used."""

    def enter_argument(self, node: ArgumentNode, *_args: Any) -> None:
        """Try the argument's value."""
        self._try(node, lambda type_: argument_of(node, type_, UNKNOWN))

    def enter_variable_definition(self, node: VariableDefinitionNode, *_args: Any) -> None:
        """Try the variable's default."""
        value = node.default_value
        if value is not None:
            self._try(node, lambda type_: from_literal(value, type_, UNKNOWN))

    def _try(self, node: ArgumentNode | VariableDefinitionNode, value_of: Callable[[GraphQLInputType], object]) -> None:
        type_ = self.context.get_input_type()
        if type_ is None:
            return
        try:
            value_of(type_)
        except Misfit as misfit:
            detail = {"path": misfit.path, "code": misfit.code}
            self.report_error(GraphQLError(misfit.message, node, extensions=detail))


class FieldsMerge(OverlappingFieldsCanBeMergedRule):
    """Fields under one response key are the same field with the same arguments."""

    def report_error(self, error: GraphQLError) -> None:
        """Report the innermost two fields that differ: the nodes of one side, outermost first, then the other's."""
        nodes = [node for node in error.nodes or () if isinstance(node, FieldNode)]
        half = len(nodes) // 2
        for one, other in zip(nodes[:half], nodes[half:], strict=True):
            text = _difference(one, other)
            if text:
                super().report_error(GraphQLError(text, one, extensions={"up": 1}))
                return
        super().report_error(error)


def _difference(one: FieldNode, other: FieldNode) -> str:
    name, other_name = one.name.value, other.name.value
    if name != other_name:
        key = one.alias.value if one.alias else name
        return f"selection of both '{name}' and '{other_name}' specify the same response name, '{key}'"
    if sorted(map(print_ast, one.arguments)) != sorted(map(print_ast, other.arguments)):
        return f"inconsistent arguments between multiple selections of field '{name}'"
    return ""


class VariablesOnce(ValidationRule):
    """A variable is declared once."""

    def enter_operation_definition(self, operation: OperationDefinitionNode, *_args: Any) -> None:
        """Count the declarations."""
        names = Counter(node.variable.name.value for node in operation.variable_definitions)
        for name, count in names.items():
            if count > 1:
                text = f'multiple definitions for variable "{name}"'
                self.report_error(GraphQLError(text, operation, extensions={"code": PARSE_FAILED}))


class FragmentsOnce(UniqueFragmentNamesRule):
    """A fragment is defined once."""

    def report_error(self, error: GraphQLError) -> None:
        """Report it in Hasura's words; the nodes of the error are names."""
        name = next((node.value for node in error.nodes or () if isinstance(node, NameNode)), "")
        text = f'multiple definitions for fragment "{name}"'
        super().report_error(GraphQLError(text, error.nodes, extensions={"place": (), "code": PARSE_FAILED}))


_OURS: dict[type, type] = {
    FieldsOnCorrectTypeRule: FieldsExist,
    KnownArgumentNamesRule: ArgumentsExist,
    KnownDirectivesRule: DirectivesFit,
    KnownFragmentNamesRule: FragmentsUnfold,
    KnownTypeNamesRule: TypesExist,
    NoUndefinedVariablesRule: VariablesDeclared,
    OverlappingFieldsCanBeMergedRule: FieldsMerge,
    ProvidedRequiredArgumentsRule: ArgumentsSuffice,
    ScalarLeafsRule: SelectionsFit,
    UniqueFragmentNamesRule: FragmentsOnce,
    UniqueVariableNamesRule: VariablesOnce,
    ValuesOfCorrectTypeRule: LiteralsFit,
    VariablesInAllowedPositionRule: VariablesFit,
}
# Hasura lets the unused pass, and clients count on it: a query built up from parts has parts that this time nobody
# needs; the others are among ours
_LEFT_OUT = (NoUnusedFragmentsRule, NoUnusedVariablesRule, NoFragmentCyclesRule, UniqueDirectivesPerLocationRule)
RULES = tuple(_OURS.get(rule, rule) for rule in specified_rules if rule not in _LEFT_OUT)
