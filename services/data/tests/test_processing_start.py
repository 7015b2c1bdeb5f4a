"""Rules that don't fit the database: nothing is served, and each fault has its file, line and nearest name."""

import pytest
from contracts.identity import Caller, Principal
from contracts.operations import Read
from data_service.engine import Engine
from data_service.execute.sqlite import SqliteDatabase
from data_service.policies import ConfigurationError, check_against, parse
from data_service.processing.made_fields import with_made_fields

ADMIN = Caller(principal=Principal(role="admin", subject="s"))


def rules(text):
    return f"version: 1\nresources:\n  customers:\n{text}"


def refused(folder, sqlite_maker, text):
    _made, database = sqlite_maker(folder)
    database.close()
    config = folder / "trivet.yaml"
    config.write_text(rules(text))
    engine = Engine(SqliteDatabase(folder / "store.db", size=2, limit=5.0), config=config)
    try:
        with pytest.raises(ConfigurationError) as caught:
            engine.refresh()
        assert not engine.ready
    finally:
        engine.close()
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


@pytest.mark.parametrize(
    "text, fault",
    [
        (
            "    fields:\n      emial: {cleanse: [trim]}\n",
            "trivet.yaml:5: customers has no column emial; did you mean email?",
        ),
        (
            "    fields:\n      born:\n        cleanse: [trim]\n",
            "trivet.yaml:6: trim can't be used on born, which is DATE",
        ),
        (
            "    fields:\n      name:\n        cleanse: [{round: 2}]\n",
            "trivet.yaml:6: round can't be used on name, which is TEXT",
        ),
        (
            "    fields:\n      balance:\n        validate: {minLength: 2}\n",
            "trivet.yaml:6: minLength can't be used on balance, which is DECIMAL(10,2)",
        ),
        (
            "    checks:\n      - {expression: {citty: {_eq: x}}, message: x}\n",
            "trivet.yaml:5: customers has no column or relation citty",
        ),
        (
            "    fields:\n      short:\n        compute: {sql: 'substr(nmae, 1, 2)', type: text}\n",
            "trivet.yaml:6: the expression of short names no column; did you mean name?",
        ),
        (
            "    fields:\n      short:\n        compute: {sql: 'name || nmae', type: text}\n",
            "trivet.yaml:5: the database refuses the expression of short: no such column: nmae; did you mean name?",
        ),
        (
            "    fields:\n      most:\n        compute: {sql: max(balance), type: numeric}\n",
            "trivet.yaml:5: the database refuses the expression of most: misuse of aggregate function max()",
        ),
        (
            "    fields:\n      name:\n        compute: {sql: 'name || name', type: text}\n",
            "trivet.yaml:5: customers has a column name already; give it another name",
        ),
        (
            "    fields:\n      x:\n        compute: {sql: name, type: txt}\n",
            "trivet.yaml:6: type must be one of int2, int4, int8, numeric, float4, float8, bool, text, uuid, date, time, timetz, timestamp, timestamptz, interval, json, bytes, not `txt`; did you mean text?",
        ),
        (
            "    fields:\n      x:\n        compute: {sql: name, python: name, type: text}\n",
            "trivet.yaml:6: compute needs one of sql and python",
        ),
        (
            "    fields:\n      x:\n        compute: {python: shout, needs: [nmae], type: text}\n",
            "trivet.yaml:6: customers has no field nmae; did you mean name?",
        ),
        (
            "    fields:\n      x:\n        compute: {python: shout, needs: [name], type: text}\n",
            "trivet.yaml:5: there is no function shout that computes a field",
        ),
        (
            "    fields:\n      x: {compute: {python: shout, needs: [y], type: text}}\n"
            "      y: {compute: {python: shout, needs: [x], type: text}}\n",
            "trivet.yaml:5: x is computed from itself\ntrivet.yaml:6: y is computed from itself",
        ),
        (
            "    fields:\n      secret: {protect: {mask: hidden}}\n"
            "    checks:\n      - {expression: {_not: {secret: {_eq: x}}}, message: m}\n",
            "trivet.yaml:7: a check can't look at customers.secret, which is protected",
        ),
        (
            "    fields:\n      secret: {protect: {mask: hidden}}\n  orders:\n"
            "    checks:\n      - {expression: {customer: {secret: {_eq: x}}}, message: m}\n",
            "trivet.yaml:8: a check can't look at customers.secret, which is protected",
        ),
        (
            "    permissions:\n      guest: {insert: {columns: [x], check: {}}}\n"
            "    fields: {x: {compute: {sql: 'name || nmae', type: text}}}\n",
            "trivet.yaml:6: the database refuses the expression of x: no such column: nmae; did you mean name?",
        ),
    ],
)
def test_a_rule_that_does_not_fit_stops_the_start(tmp_path, sqlite_maker, text, fault):
    assert refused(tmp_path, sqlite_maker, text) == fault.split("\n")


def test_rules_of_no_resource_stop_the_start(tmp_path, sqlite_maker):
    found = refused(tmp_path, sqlite_maker, "    fields: {name: {cleanse: [trim]}}\n  custmers:\n    fields: {}\n")
    assert found == ["trivet.yaml:5: there is no resource custmers; did you mean customers?"]


def test_while_it_runs_the_last_good_rules_stay(tmp_path, sqlite_maker):
    config = tmp_path / "trivet.yaml"
    config.write_text(rules("    fields: {name: {cleanse: [trim]}}\n"))
    made, database = sqlite_maker(tmp_path, config)
    version = made.engine.version
    config.write_text(rules("    fields: {nmae: {cleanse: [trim]}}\n"))
    assert made.engine.refresh() is False
    assert made.engine.version == version
    assert len(made.ask(Read("customers"), [], ADMIN)) == 3
    database.close()


def test_a_filter_on_what_can_only_be_read_is_a_fault(tmp_path, sqlite_maker):
    made, database = sqlite_maker(tmp_path)
    database.close()
    text = (
        "    fields: {x: {compute: {python: shout, needs: [name], type: text}}}\n"
        "    permissions:\n      guest: {select: {columns: [x], filter: {x: {_eq: A}}}}\n"
    )
    policies = parse(rules(text))
    catalog = with_made_fields(made.engine.catalog(ADMIN), policies.processing)
    assert [(fault.line, fault.message) for fault in check_against(policies, catalog)] == [
        (6, "x is not made by the database: it can only be read")
    ]
