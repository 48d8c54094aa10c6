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
    CALL,
    COURT,
    HEAD,
    LETTER,
    SMS,
    STOP,
    VERIFY,
    braced,
    steps,
)

FOUR = ("county-hospital", "mobile", "service-company", "three-stage")


def faults(text: str) -> list[str]:
    """The messages of a pack that cannot be read, else of one that cannot work."""
    try:
        return [str(problem) for problem in validate(loads(text, "packs/x.yaml"))]
    except PackError as error:
        return [str(problem) for problem in error.problems]


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
        assert faults(text) == ["packs/x.yaml:8: version: given twice"]

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


class TestValidation:
    def test_a_step_that_follows_a_later_one_is_unreachable(self) -> None:
        text = HEAD + steps(f"after: {{step: s2}} | {braced(SMS)}", f"day: 3 | {braced(LETTER)}")
        assert "never reached" in faults(text)[0]

    def test_a_step_that_waits_for_a_task_nobody_asks_for(self) -> None:
        text = HEAD + steps(
            f"day: 1 | {braced(SMS)}", f"after: {{task: verify_debt}} | {braced(LETTER)}"
        )
        assert "nothing ever asks for that task" in faults(text)[0]

    def test_a_day_before_the_step_before(self) -> None:
        text = HEAD + steps(f"day: 5 | {braced(SMS)}", f"day: 5 | {braced(LETTER)}")
        assert "day 5 cannot be met" in faults(text)[0]

    @pytest.mark.parametrize("severe", [STOP, "legal: {document: complaint}"])
    def test_a_severe_step_without_a_notice_before_it(self, severe: str) -> None:
        text = HEAD + steps(f"day: 1 | {braced(severe)}")
        assert "no notice comes before this" in faults(text)[0]

    def test_an_unknown_owner(self) -> None:
        text = HEAD + steps("day: 1 | {task: {kind: visit, owner: nobody}}")
        assert "no role or department 'nobody'" in faults(text)[0]

    def test_an_unknown_step(self) -> None:
        text = HEAD + steps(f"after: {{step: s9}} | {braced(SMS)}")
        assert "there is no step 's9'" in faults(text)[0]

    def test_an_id_used_twice(self) -> None:
        text = HEAD + steps(f"day: 1 | {braced(SMS)}", f"day: 3 | {braced(SMS)}")
        assert "'s1' is used twice" in faults(text.replace("id: s2", "id: s1"))[0]

    def test_a_report_outside_the_creditors_calendar(self) -> None:
        text = HEAD + steps("day: 1 | {report: {name: ageing}}")
        assert "belongs to a monthly entry of the creditor" in faults(text)[0]

    def test_a_report_nobody_draws_up(self) -> None:
        entry = "{id: c1, source: x, monthly: 1, do: [{report: {name: horoscope}}]}"
        text = HEAD + steps(f"day: 1 | {braced(SMS)}") + f"calendar: [{entry}]\n"
        assert "no report 'horoscope'" in faults(text)[0]

    def test_a_notice_to_a_creditor_as_a_whole(self) -> None:
        entry = f"{{id: c1, source: x, monthly: 1, do: [{braced(SMS)}]}}"
        text = HEAD + steps(f"day: 1 | {braced(SMS)}") + f"calendar: [{entry}]\n"
        assert "this version does not carry it out" in faults(text)[0]

    def test_contact_hours_the_wrong_way_round(self) -> None:
        changed = with_parameters(get("mobile"), {"contact_from": "21:00"})
        assert "contact_from must be before" in validate(changed)[0].message


class TestDates:
    def test_a_day_that_is_over_when_the_steps_before_are_done(self) -> None:
        text = HEAD + steps(
            f"day: 1 | {braced(SMS)}", f"then_days: 10 | {braced(SMS)}", f"day: 11 | {braced(STOP)}"
        )
        assert "day 11 cannot be met: a step before it comes on day 11" in faults(text)[0]
        assert faults(text.replace("{day: 11}", "{day: 12}")) == []

    def test_a_step_that_may_be_dropped_or_come_early_stands_in_no_ones_way(self) -> None:
        text = HEAD + steps(
            f"day: 1 | {braced(SMS)}",
            f"then_days: 10 | {braced(LETTER)} | if: {{replied: false}}",
            f"day: 5 | {braced(STOP)}",
        )
        assert faults(text) == []

    def test_a_notice_before_an_invoice_can_be_there(self) -> None:
        text = HEAD + steps(f"day: 1 | {braced(SMS)}") + "terms: {due_days: 3}\n"
        entry = f"before_due: [{{id: b1, source: x, days: 4, do: [{braced(SMS)}]}}]\n"
        assert "before_due[0].days: cannot be met" in faults(text + entry)[0]
        assert faults(text + entry.replace("days: 4", "days: 3")) == []


class TestSeverity:
    """Whoever is restricted or taken to court was told before."""

    def test_a_task_that_does_not_tell_the_debtor_is_no_notice(self) -> None:
        text = HEAD + steps(f"day: 1 | {braced(VERIFY)}", f"day: 9 | {braced(STOP)}")
        assert "steps[1].do[0].restrict: no notice comes before" in faults(text)[0]
        assert faults(text.replace(VERIFY, CALL)) == []

    def test_what_follows_an_approval_is_as_severe(self) -> None:
        asks = "{approval: {for: stop, then: [{restrict: {service: all_service}}]}}"
        text = HEAD + steps(f"day: 9 | {asks}")
        assert "do[0].approval.then[0].restrict: no notice" in faults(text)[0]

    def test_a_reaction_to_what_was_seen_needs_a_notice_too(self) -> None:
        text = HEAD + steps(f"day: 1 | {braced(SMS)}")
        text += (
            f"reactions: [{{id: r1, source: x, on: {{observation: fraud}}, do: [{braced(COURT)}]}}]"
        )
        assert "reactions[0].do[0].legal: no notice" in faults(text)[0]
        told = text.replace("do: [{legal", "if: {notice_sent: reminder}, do: [{legal")
        assert faults(told) == []

    def test_a_track_of_a_case_that_was_never_told(self) -> None:
        text = HEAD + steps("day: 1 | {classify: {as: odd}}")
        track = steps(f"day: 2 | {braced(COURT)}").replace("id: s1", "id: a1").split("\n", 1)[1]
        track = track.replace("\n", "\n    ")
        text += "tracks:\n  - classified: odd\n    instead_of: [s1]\n    steps:\n    " + track
        assert "tracks[0].steps[0].do[0].legal: no notice" in faults(text)[0]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("{classified: lost}", "nothing classifies a case as 'lost'"),
        ("{not: {classified: lost}}", "nothing classifies a case as 'lost'"),
        ("{restricted: water}", "nothing restricts 'water'"),
        ("{referred: agency}", "nothing refers a case to 'agency'"),
        ("{notice_sent: final_demand}", "nothing ever sends the notice 'final_demand'"),
        ("{notice_delivered: bill}", "nothing ever sends the notice 'bill'"),
        ("{asked: stop}", "nothing ever asks for approval 'stop'"),
    ],
)
def test_a_condition_on_what_nothing_brings_about(condition: str, says: str) -> None:
    text = HEAD + steps(f"day: 1 | {braced(SMS)}", f"day: 9 | {braced(CALL)} | if: {condition}")
    (fault,) = faults(text)
    assert f"steps[1].if.{condition[1:].split(':', maxsplit=1)[0]}" in fault
    assert says in fault


def test_waiting_for_an_approval_nobody_is_asked_for() -> None:
    after = "after: {approval: stop, results: [approved]}"
    text = HEAD + steps(f"day: 1 | {braced(SMS)}", f"{after} | {braced(CALL)}")
    assert "nothing ever asks for approval 'stop'" in faults(text)[0]
