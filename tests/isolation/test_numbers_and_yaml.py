"""No number and no YAML text keeps a service busy or fills its memory: it is refused with its
place.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from arrears.errors import FileError
from arrears.marked_yaml import load as load_file
from chassis import plain_yaml
from chassis.plain_yaml import DEPTH_MAX, PARTS_MAX, NotPlain
from contracts.words.numbers import decimal_of
from services.dunning.policy.load import SHIPPED, loads, with_parameters
from services.dunning.policy.model import LateFee
from services.dunning.policy.problem import SHOWN_MAX, PackError

GIANTS = ("1e999999999", "1e-999999999", "9" * 10_000, "0." + "1" * 10_000, "0e999", "1E+30")
NO_NUMBERS = ("1/3e9", "NaN", "Infinity", "1e400 ", "٣", "1_000", "0x10", "", ".", "--1", "5%")
PACK = (SHIPPED / "three-stage.yaml").read_text()

# Each entry holds nine of the one before: the last stands for 9^8 texts.
ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("text", [*GIANTS, *NO_NUMBERS])
def test_a_number_of_a_billion_digits_is_refused_before_anything_is_worked_out(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|digits"):
        decimal_of(text)


@pytest.mark.parametrize("text", ["0", "-12.50", "0.0005", "1e-07", "1E3", ".5", "9" * 24])
def test_a_number_that_people_write_is_read_exactly(text: str) -> None:
    assert decimal_of(text) == Decimal(text)


@pytest.mark.parametrize("given", [*GIANTS, 10**4000, 1e308, [[1]] * 1000, {"a": "1e999999999"}])
def test_a_giant_figure_of_a_policy_does_not_stop_the_service(given: Any) -> None:
    with pytest.raises(PackError, match="contacts_max: must be a whole number") as caught:
        with_parameters(loads(PACK), {"contacts_max": given})
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("given", GIANTS)
def test_a_giant_rate_of_a_policy_does_not_stop_the_service(given: str) -> None:
    with pytest.raises(ValidationError):
        LateFee.model_validate({"rate_per_day": "0.1", "cap_ratio": given})


def test_a_day_beyond_the_calendar_is_no_day_of_a_policy() -> None:
    text = PACK.replace("when: {day: $stop_day}", "when: {day: 99999999999}")
    with pytest.raises(PackError, match="day: input should be less than or equal to 100000"):
        loads(text)


def _refused_by_plain_yaml(text: str, _folder: Path) -> str:
    with pytest.raises(NotPlain) as caught:
        plain_yaml.read(text, lambda given, _quoted: given)
    return str(caught.value)


def _refused_as_a_policy(text: str, _folder: Path) -> str:
    with pytest.raises(PackError) as caught:
        loads(text)
    return str(caught.value)


def _refused_as_a_file(text: str, folder: Path) -> str:
    file = folder / "given.yaml"
    file.write_text(text)
    with pytest.raises(FileError) as caught:
        load_file(file)
    return str(caught.value)


Refused = Callable[[str, Path], str]
READERS = (_refused_by_plain_yaml, _refused_as_a_policy, _refused_as_a_file)


@pytest.mark.parametrize("refused", READERS)
@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (ALIASES, 1, "anchors and aliases (&a) are not taken"),
        ("x: 1\ny: *x\n", 2, "anchors and aliases (*x) are not taken"),
        ("x: 1\na: " + "[" * 100_000, 2, f"is nested more than {DEPTH_MAX} deep"),
        ("x: 1\na: " + "{a: " * 50_000, 2, f"is nested more than {DEPTH_MAX} deep"),
        ("- " * 100_000, 1, f"is nested more than {DEPTH_MAX} deep"),
        ("a:\n" + "- 1\n" * PARTS_MAX, PARTS_MAX - 1, f"is part {PARTS_MAX + 1}: too many"),
        ("a: " + "x" * 1_000_001, 1, "is longer than 1000000 characters"),
        ("a: 1\nb: 2\na: 3\n", 3, "is given twice, first on line 1"),
        ("? [a, b]\n: 1\n", 1, "has a key that is no text"),
        ("a: 1\n--- \nb: 1\n", 2, "is a second document"),
        ("a: 1\nb: \x00\n", 1, "not YAML: a character that YAML does not take"),
        ("a: [1\nb: 2", 2, "not YAML"),
    ],
)
def test_yaml_that_stands_for_more_than_it_says_is_refused_with_its_line(
    refused: Refused, text: str, line: int, says: str, tmp_path: Path
) -> None:
    message = refused(text, tmp_path)
    assert says in message
    assert f"line {line}:" in message or f".yaml:{line}:" in message
    assert len(message) < 1000


@pytest.mark.parametrize("refused", READERS[1:])
def test_a_long_number_in_yaml_is_refused_with_its_field(refused: Refused, tmp_path: Path) -> None:
    for number in ("9" * 10_000, "-" + "1" * 25, "0." + "1" * 31):
        message = refused(f"x: 1\na: {{b: {number}}}\n", tmp_path)
        assert "2: a.b: has more than 24 digits, or 30 decimals" in message


def test_ten_thousand_unknown_fields_are_not_all_told() -> None:
    with pytest.raises(PackError) as caught:
        loads("\n".join(f"key{number}: 1" for number in range(10_000)))
    assert str(caught.value).count("\n") == SHOWN_MAX
    assert str(caught.value).endswith(" more")
