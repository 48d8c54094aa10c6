"""The runner tells what is wrong with a policy, an input or an expectation."""

from pathlib import Path

import pytest

from arrears.errors import UsageError
from arrears.scenario.model import read_scenario
from arrears.scenario.play import play
from arrears.scenario.report import Outcome, lines
from arrears.world import World
from services.dunning.policy.load import SHIPPED

SCENARIO = """\
title: Reminder and demand
policy: three-stage
opens: 2026-06-01
closes: 2026-07-10
given:
  accounts:
    - id: A
      debtor:
        {name: 钱伟东, kind: natural_person, phones: ["+8613800138012"], addresses: [长安街40号]}
when:
  - {at: 2026-06-01, invoice: {id: Z, account: A, item: fee, amount: 128000, due: 2026-06-15}}
then:
  - {day: 2026-06-16, notice: {account: A, purpose: reminder, contains: ["1,280.00"]}}
  - {day: 2026-06-16, task: {account: A, kind: phone_call}}
  - {day: 2026-06-30, notice: {account: A, purpose: demand, to: 长安街40号, contains: [钱伟东]}}
  - {day: 2026-07-10, balance: {account: A, principal: 128000, total: 128000}}
  - {day: 2026-07-10, prepaid: {account: A, amount: 0}}
"""


async def played(world: World, folder: Path, text: str) -> Outcome:
    path = folder / "one.yaml"
    path.write_text(text, encoding="utf-8")
    return await play(world, read_scenario(path))


async def told(world: World, folder: Path, text: str) -> str:
    outcome = await played(world, folder, text)
    assert not outcome.passed
    return "\n".join(lines(outcome)).replace(f"{folder}/", "")


async def test_what_is_as_expected_passes(embedded_world: World, tmp_path: Path) -> None:
    outcome = await played(embedded_world, tmp_path, SCENARIO)
    assert outcome.passed, "\n".join(lines(outcome))


async def test_a_wrong_expectation_fails_with_what_happened_instead(
    embedded_world: World, tmp_path: Path
) -> None:
    text = SCENARIO.replace("notice: {account: A, purpose: demand", "notice: {channel: sms")
    said = await told(embedded_world, tmp_path, text)
    assert "one.yaml:15: 2026-06-30: expected notice: {channel: sms" in said
    assert "the nearest channel is letter" in said
    assert "09:00 notice: {account: A, purpose: demand, channel: letter" in said
    assert "timeline of A:\n    2026-06-01 10:00 item_opened" in said


async def test_an_effect_nobody_expected_fails(embedded_world: World, tmp_path: Path) -> None:
    text = SCENARIO.replace("  - {day: 2026-06-16, task: {account: A, kind: phone_call}}\n", "")
    said = await told(embedded_world, tmp_path, text)
    assert "2026-06-16: not expected: task: {account: A, kind: phone_call, owner: coll" in said


async def test_a_wrong_balance_fails(embedded_world: World, tmp_path: Path) -> None:
    text = SCENARIO.replace("principal: 128000, total", "principal: 127999, total")
    said = await told(embedded_world, tmp_path, text)
    assert "one.yaml:16: 2026-07-10: expected balance of A" in said
    assert "principal: 127999; found principal: 128000" in said


async def test_an_input_the_services_refuse_fails_at_its_line(
    embedded_world: World, tmp_path: Path
) -> None:
    text = SCENARIO.replace("then:", "  - {at: 2026-06-20, task: {account: A, kind: visit}}\nthen:")
    said = await told(embedded_world, tmp_path, text)
    assert "one.yaml:12: 2026-06-20: task was refused: " in said


async def test_a_result_that_comes_after_the_task_was_withdrawn_is_shown(
    embedded_world: World, tmp_path: Path
) -> None:
    paid = "  - {at: 2026-06-20, payment: {id: P, account: A, amount: 128000}}\n"
    late = "  - {at: 2026-06-21, task: {account: A, kind: phone_call}}\nthen:"
    text = SCENARIO.replace("then:", paid + late)
    text = text[: text.index("  - {day: 2026-06-30")]
    outcome = await played(embedded_world, tmp_path, text)
    assert outcome.passed, "\n".join(lines(outcome))
    assert [seen.kind for seen in outcome.seen if seen.day.day == 21] == ["task_refused"]


async def test_a_result_that_comes_before_the_task_fails(
    embedded_world: World, tmp_path: Path
) -> None:
    early = "  - {at: 2026-06-15, task: {account: A, kind: phone_call}}\nthen:"
    said = await told(embedded_world, tmp_path, SCENARIO.replace("then:", early))
    assert "one.yaml:12: 2026-06-15: task was refused: " in said


async def test_parameters_change_the_pack(embedded_world: World, tmp_path: Path) -> None:
    text = SCENARIO.replace("opens:", "parameters: {demand_day: 14}\nopens:")
    assert not (await played(embedded_world, tmp_path, text)).passed
    text = text.replace("day: 2026-06-30", "day: 2026-06-29")
    assert (await played(embedded_world, tmp_path, text)).passed


async def test_a_pack_file_beside_the_scenario_is_used(
    embedded_world: World, tmp_path: Path
) -> None:
    pack = (SHIPPED / "three-stage.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(pack.replace("default: 15", "default: 14", 1), "utf-8")
    text = SCENARIO.replace("policy: three-stage", "policy: mine.yaml")
    assert not (await played(embedded_world, tmp_path, text)).passed
    assert (await played(embedded_world, tmp_path, text.replace("2026-06-30", "2026-06-29"))).passed


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "policy: three-stage",
            "policy: none-such",
            r"one\.yaml:2: policy: no policy pack 'none-s",
        ),
        (
            "policy: three-stage",
            "policy: none.yaml",
            r"one\.yaml:2: policy: there is no file .*none",
        ),
        ("opens:", "parameters: {x: 1}\nopens:", r"one\.yaml:3: parameters: .*no parameter 'x'"),
    ],
)
async def test_a_policy_that_cannot_be_used_is_named_by_its_line(
    embedded_world: World, tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        await played(embedded_world, tmp_path, SCENARIO.replace(old, new, 1))
