"""`arrears scenario run` as its user sees it."""

from pathlib import Path

from typer.testing import CliRunner

from arrears.cli import app

SCENARIO = """\
title: Nothing happens
policy: mobile
opens: 2026-03-01
closes: 2026-03-02
given: {accounts: [{id: P-1, debtor: {name: 张三, kind: natural_person}}]}
when: []
then: []
"""


def test_a_broken_policy_fails_its_own_file_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("id: broken\nsteps: []\n", encoding="utf-8")
    bad, good = tmp_path / "a.yaml", tmp_path / "b.yaml"
    bad.write_text(SCENARIO.replace("policy: mobile", "policy: broken.yaml"), encoding="utf-8")
    good.write_text(SCENARIO, encoding="utf-8")
    result = CliRunner().invoke(app, ["scenario", "run", str(bad), str(good)])
    said = result.output.splitlines()
    assert result.exit_code == 1
    assert said[0].startswith("FAIL")
    assert said[0].endswith("Nothing happens")
    assert said[1].startswith(f"  {bad}:2: policy: {tmp_path}/broken.yaml:")
    assert [said[-2].split()[0], said[-1]] == ["pass", "1 passed, 1 failed"]
