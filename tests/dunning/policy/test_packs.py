"""Reading, checking, explaining packs; overriding their figures."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from chassis.errors import NotFound
from services.dunning.policy import (
    Pack,
    PackError,
    available,
    get,
    load,
    validate,
    with_parameters,
)
from services.dunning.policy.load import SHIPPED, loads, read_folder
from services.dunning.policy.timing import DayPastDue
from tests.dunning.domain.packs import (
    HEAD,
    SMS,
    braced,
    steps,
)
from tests.dunning.policy.reading import faults

FOUR = ("county-hospital", "mobile", "service-company", "three-stage")


def day_of(pack: Pack, step: int) -> int | None:
    """The day past due that a step names."""
    when = pack.steps[step].when
    return when.day if isinstance(when, DayPastDue) else None


class TestShipped:
    @pytest.mark.parametrize("name", FOUR)
    def test_the_four_packs_are_there_and_sound(self, name: str) -> None:
        assert validate(get(name)) == []

    def test_every_rule_and_figure_names_its_clause(self) -> None:
        for shipped in available():
            for parameter in shipped.parameters.values():
                assert parameter.source
            for step in shipped.steps:
                assert step.source

    def test_an_unknown_pack_or_version_is_said_so(self) -> None:
        with pytest.raises(NotFound, match=r"there are: .*mobile"):
            get("nowhere")
        with pytest.raises(NotFound, match="no version 99"):
            get("mobile", 99)

    def test_the_hash_names_the_text_not_the_overrides(self) -> None:
        mobile = get("mobile")
        changed = with_parameters(mobile, {"restrict_day": 9})
        assert mobile.content_hash == changed.content_hash
        assert mobile.content_hash != get("three-stage").content_hash


def test_the_example_of_the_format_is_a_sound_pack() -> None:
    text = (SHIPPED / "README.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    step = "{id: a1, source: x, when: {day: 3}, do: [{classify: {as: abnormal}}]}"
    assert faults(example.replace("steps: [...]", f"steps: [{step}]")) == []


class TestCharge:
    def charged(self, fee: str) -> Pack:
        text = f"charge: {{item: fee, {fee}, due_in_days: 10}}"
        return loads(HEAD + steps(f"day: 1 | {braced(text)}"))

    @pytest.mark.parametrize("fee", ["ratio: 0.1, amount: 500", "due_in_days: 3"])
    def test_it_is_either_a_share_or_an_amount(self, fee: str) -> None:
        with pytest.raises(PackError, match="needs either `ratio` or `amount`"):
            self.charged(fee.replace("due_in_days: 3", "ratio: null"))

    @pytest.mark.parametrize("amount", ["-1", "0.5", "ten", str(2**53)])
    def test_an_amount_is_whole_minor_units(self, amount: str) -> None:
        with pytest.raises(PackError, match=r"charge\.amount"):
            self.charged(f"amount: {amount}")


class TestParameters:
    def test_an_override_reaches_the_step(self) -> None:
        changed = with_parameters(get("mobile"), {"restrict_day": 9, "stop_amount": "70000"})
        step = changed.step("stop_service")
        assert step is not None
        assert step.when.or_overdue_at_least == 70000
        assert day_of(changed, 2) == 9
        assert changed.overrides == {"restrict_day": 9, "stop_amount": "70000"}

    def test_the_pack_itself_stays_as_it_was(self) -> None:
        with_parameters(get("mobile"), {"restrict_day": 9})
        assert day_of(get("mobile"), 2) == 8

    def test_overrides_add_up(self) -> None:
        once = with_parameters(get("mobile"), {"restrict_day": 9})
        twice = with_parameters(once, {"stop_day": 40})
        assert (day_of(twice, 2), day_of(twice, 3)) == (9, 40)

    @pytest.mark.parametrize(
        ("overrides", "message"),
        [
            ({"restrict_dya": 9}, "no parameter 'restrict_dya'"),
            ({"restrict_day": 0}, "must be between 1 and 3660"),
            ({"restrict_day": 1.5}, "must be a whole number"),
            ({"restrict_day": True}, "must be a whole number"),
            ({"restrict_day": "soon"}, "must be a whole number"),
            ({"contact_from": "8 am"}, "must be a time of day HH:MM"),
        ],
    )
    def test_a_wrong_override_is_refused(self, overrides: dict[str, object], message: str) -> None:
        with pytest.raises(PackError, match=message):
            with_parameters(get("mobile"), overrides)

    def test_a_choice_is_one_of_its_words(self) -> None:
        changed = with_parameters(get("tax-arrears"), {"allocation": "principal_first"})
        assert changed.terms.allocation == "principal_first"
        with pytest.raises(PackError, match="must be one of charges_first, principal_first"):
            with_parameters(get("tax-arrears"), {"allocation": "newest_first"})

    @pytest.mark.parametrize("body", ["unit: choice", "unit: days, choices: [a]"])
    def test_only_a_choice_has_choices(self, body: str) -> None:
        text = HEAD + f"parameters:\n  order: {{default: 1, {body}, source: x}}\n"
        with pytest.raises(PackError, match="choices belong to the unit choice"):
            loads(text + steps(f"day: 1 | {braced(SMS)}"))

    def test_the_cap_of_every_late_fee_is_a_figure(self) -> None:
        for each in available():
            if each.terms.late_fee is None:
                continue
            changed = with_parameters(each, {"late_fee_cap": "0.5"}).terms.late_fee
            assert changed is not None
            assert changed.cap_ratio == Decimal("0.5"), each.id

    def test_a_late_fee_can_be_switched_off(self) -> None:
        fee = with_parameters(get("property-service"), {"late_fee_rate": 0}).terms.late_fee
        assert fee is not None
        assert fee.rate_per_day == 0

    def test_a_ratio_is_exact(self) -> None:
        text = (
            HEAD
            + "parameters:\n  rate: {default: 0.0005, unit: ratio, source: x}\n"
            + "terms: {late_fee: {rate_per_day: $rate}}\n"
            + steps(f"day: 1 | {braced(SMS)}")
        )
        fee = loads(text).terms.late_fee
        assert fee is not None
        assert fee.rate_per_day == Decimal("0.0005")


class TestMessages:
    """Every message names file, line and field."""

    def test_a_wrong_value(self) -> None:
        assert faults(HEAD + steps(f"day: soon | {braced(SMS)}")) == [
            (
                "packs/x.yaml:11: steps[0].when.day: input should be a valid integer, "
                "unable to parse string as an integer"
            )
        ]

    def test_an_unknown_field(self) -> None:
        text = HEAD + steps(f"day: 1 | {braced(SMS)} | colour: red")
        assert faults(text) == ["packs/x.yaml:12: steps[0].colour: unknown field"]

    def test_an_unknown_word(self) -> None:
        text = HEAD + steps("day: 1 | {notice: {purpose: reminder, channels: [pigeon]}}")
        (message,) = faults(text)
        assert message.startswith("packs/x.yaml:12: steps[0].do[0].notice.channels[0]: ")

    def test_a_missing_field(self) -> None:
        text = HEAD.replace("for: tests\n", "") + steps(f"day: 1 | {braced(SMS)}")
        assert faults(text) == ["packs/x.yaml:2: for: is missing"]

    def test_two_whens(self) -> None:
        (message,) = faults(HEAD + steps(f"day: 1, then_days: 2 | {braced(SMS)}"))
        assert message == (
            "packs/x.yaml:11: steps[0].when: needs exactly one of day, then_days, after, "
            "months_past_due"
        )

    def test_two_deeds_in_one_action(self) -> None:
        text = HEAD + steps("day: 1 | {refer: {to: a}, alert: {kind: b}}")
        (message,) = faults(text)
        assert "steps[0].do[0]: needs exactly one of notice, task" in message

    def test_an_unknown_parameter(self) -> None:
        text = HEAD + steps(f"day: $when | {braced(SMS)}")
        assert "packs/x.yaml:11: steps[0].when.day: no parameter 'when'" in faults(text)

    def test_a_parameter_nobody_uses(self) -> None:
        text = HEAD + "parameters:\n  lost: {default: 1, unit: days, source: x}\n"
        text += steps(f"day: 1 | {braced(SMS)}")
        assert faults(text) == ["packs/x.yaml:9: parameters.lost: is used nowhere"]

    def test_a_key_given_twice(self) -> None:
        text = HEAD + "version: 2\n" + steps(f"day: 1 | {braced(SMS)}")
        assert faults(text) == ["packs/x.yaml:8: version: is given twice, first on line 3"]

    def test_broken_yaml(self) -> None:
        (message,) = faults("id: [x\nversion: 1\n")
        assert message.startswith("packs/x.yaml:2: not YAML")

    def test_every_fault_is_listed(self) -> None:
        text = HEAD + steps(f"day: 0 | {braced(SMS)}", f"day: 3 | {braced(SMS)} | colour: red")
        assert len(faults(text)) == 2

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match=r"x\.yaml"):
            load(tmp_path / "x.yaml")

    def test_a_file_is_read(self, tmp_path: Path) -> None:
        file = tmp_path / "x.yaml"
        file.write_text(HEAD + steps(f"day: 1 | {braced(SMS)}"), encoding="utf-8")
        assert load(file).id == "test"


class TestFolder:
    """A file that cannot be read stops whoever needs it, and nobody else."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        good = HEAD + steps(f"day: 1 | {braced(SMS)}")
        (tmp_path / "good.yaml").write_text(good.replace("id: test", "id: good"))
        (tmp_path / "bad.yaml").write_text(good.replace("id: test", "id: poor").replace("sms", "x"))
        (tmp_path / "worse.yaml").write_text("id: [")
        return tmp_path

    def test_the_others_can_be_used(self, folder: Path) -> None:
        found = read_folder(folder)
        assert [one.id for one in found.packs] == ["good"]
        assert found.get("good").id == "good"

    @pytest.mark.parametrize(("name", "place"), [("poor", "bad.yaml:"), ("worse", "worse.yaml:1")])
    def test_who_needs_it_is_told_file_and_line(self, folder: Path, name: str, place: str) -> None:
        with pytest.raises(PackError, match=re.escape(place)):
            read_folder(folder).get(name)

    def test_an_older_version_is_found_by_its_number_alone(self, folder: Path) -> None:
        text = (folder / "good.yaml").read_text().replace("version: 1", "version: 2")
        (folder / "good-2.yaml").write_text(text.replace("sms", "x"))
        found = read_folder(folder)
        assert found.get("good", 1).version == 1
        with pytest.raises(PackError, match=re.escape("good-2.yaml")):
            found.get("good")
