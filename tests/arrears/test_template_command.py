"""`arrears template`: from the file to the approval."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from arrears import texts
from arrears.apis import Apis
from arrears.cli import app
from arrears.errors import UsageError
from services.notifier.rendering.templates import BUILT_IN

GOOD = "{{ name }}：账户{{ account }}欠费{{ total }}，请于{{ pay_by }}前缴清。\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "zh"
    folder.mkdir()
    path = folder / "demand.sms.j2"
    path.write_text(GOOD)
    return path


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["template", *map(str, words)])
    return result.exit_code, result.output


def test_a_file_is_checked_without_any_service(file: Path) -> None:
    assert run("check", file) == (0, "1 checked, no errors\n")
    file.write_text(GOOD + "{{ discount }}")
    status, said = run("check", file)
    assert (status, said) == (1, f"{file}: error: line 2: unknown variable discount\n")


def test_a_file_is_previewed_with_its_size(file: Path) -> None:
    status, said = run("preview", file, "--sample", "company")
    assert status == 0
    assert "锦云餐饮管理有限公司：账户A-100200300" in said
    assert "characters, 1 parts)" in said


def test_a_letter_is_written_as_pdf(tmp_path: Path) -> None:
    letter, out = BUILT_IN / "zh/demand.paper.j2", tmp_path / "letter.pdf"
    assert run("preview", letter, "--pdf", out)[0] == 0
    assert out.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["demand.fax.j2", "demand.j2"])
def test_a_file_whose_name_does_not_say_what_it_is_for_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match=r"purpose\.group\.j2"):
        texts.place_of(tmp_path / name, "zh")
    with pytest.raises(UsageError, match="name its language"):
        texts.place_of(tmp_path / "demand.sms.j2")


class Asked(Apis):
    """A notifier that remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    async def call(
        self, service: Any, method: str, path: str, *, json: Any = None, **others: Any
    ) -> Any:
        self.calls.append((service, method, path, json, others.get("params")))
        return {}


async def test_a_version_is_named_as_a_notice_names_it(file: Path) -> None:
    asked = Asked()
    await texts.decide(asked, "acme", "*/zh/demand.sms@2", "approved")
    await texts.decide(asked, "acme", "zh/demand.sms@2", "approved")
    await texts.decide(asked, "acme", "county-hospital/zh/demand.sms@1", "retired")
    path = "/v1/templates/zh/demand/sms/2/decision"
    own = ("notifier", "POST", path, {"outcome": "approved"}, {"creditor": "acme"})
    assert asked.calls[:2] == [own, own]
    assert asked.calls[2][-1] == {"creditor": "acme", "policy": "county-hospital"}
    for wrong in ("demand.sms@2", "zh/demand.sms", "fr/demand.sms@1", "a/b/zh/demand.sms@1"):
        with pytest.raises(UsageError):
            await texts.decide(asked, "acme", wrong, "approved")
