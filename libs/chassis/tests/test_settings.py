"""Settings: read from the environment, every fault at once."""

import dataclasses
from pathlib import Path

import pytest
from chassis.settings import ServiceSettings, SettingsError, load, setting, variable


@dataclasses.dataclass(frozen=True)
class Odd(ServiceSettings):
    """Settings with one of each kind."""

    strict: bool = setting(False, "help")
    names: tuple[str, ...] = setting((), "help")
    ratio: float = setting(0.5, "help")
    password: str = setting("", "help", secret=True)
    elsewhere: str = setting("", "help", env="ELSEWHERE")


def test_without_an_environment_all_is_default() -> None:
    assert load(Odd, {}) == Odd()


def test_each_kind_is_read() -> None:
    found = load(
        Odd,
        {
            "TRIVET_STRICT": "Yes",
            "TRIVET_NAMES": "a, b,,c ",
            "TRIVET_RATIO": "1.25",
            "TRIVET_THREADS": "9",
            "ELSEWHERE": "here",
            "TRIVET_ELSEWHERE": "not here",
        },
    )
    assert (found.strict, found.names, found.ratio, found.threads, found.elsewhere) == (
        True,
        ("a", "b", "c"),
        1.25,
        9,
        "here",
    )


@pytest.mark.parametrize(
    "text, value", [("1", True), ("on", True), ("0", False), ("off", False), ("NO", False), ("", False)]
)
def test_truth_has_several_spellings(text: str, value: bool) -> None:
    assert load(Odd, {"TRIVET_STRICT": text}).strict is value


def test_every_fault_is_told_with_its_variable() -> None:
    with pytest.raises(SettingsError) as caught:
        load(Odd, {"TRIVET_STRICT": "maybe", "TRIVET_THREADS": "four", "TRIVET_RATIO": "x", "TRIVET_NAMES": "fine"})
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["TRIVET_THREADS", "TRIVET_STRICT", "TRIVET_RATIO"]
    assert "'four'" in str(caught.value)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("sesame\n")
    assert load(Odd, {"TRIVET_PASSWORD_FILE": str(tmp_path / "password")}).password == "sesame"
    with pytest.raises(SettingsError, match="TRIVET_PASSWORD"):
        load(Odd, {"TRIVET_PASSWORD_FILE": str(tmp_path / "missing")})
    named = {"TRIVET_PASSWORD_FILE": str(tmp_path / "password")}
    assert load(Odd, {"TRIVET_PASSWORD": "", **named}).password == "sesame"
    assert load(Odd, {"TRIVET_PASSWORD": "mine", **named}).password == "mine"
    assert load(Odd, {"TRIVET_PASSWORD_FILE": "/dev/null"}).password == ""
    assert load(Odd, {"TRIVET_LISTEN_FILE": str(tmp_path / "password")}).listen == Odd().listen


def test_every_setting_has_help_and_a_variable_of_its_own() -> None:
    fields = dataclasses.fields(Odd)
    assert all(field.metadata["help"] for field in fields)
    assert len({variable(field) for field in fields}) == len(fields)


def test_settings_dont_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        load(Odd, {}).threads = 3  # type: ignore[misc]  # the point of the test


def test_an_empty_variable_is_an_unset_one() -> None:
    assert load(Odd, {"TRIVET_RATIO": "", "TRIVET_THREADS": "", "TRIVET_LISTEN": "", "TRIVET_STRICT": ""}) == Odd()
