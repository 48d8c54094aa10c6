"""Texts from templates, in a sandbox."""

from pathlib import Path
from typing import Any

import pytest

from chassis.documents.templates import Templates
from chassis.errors import Malformed, Misconfigured


def _write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


@pytest.fixture
def built_in(tmp_path: Path) -> Path:
    folder = tmp_path / "built_in"
    _write(folder, "en/bill.j2", "Bill\n\n\n\n\nYou owe {{ total }} & more.\n\n")
    return folder


def _render(templates: Templates, policy: str = "clinic", *names: str, **values: Any) -> str:
    return templates.render(policy, "en", names or ("bill",), {"total": "5.00"} | values)


def test_a_text_is_plain_and_ends_with_one_line_break(built_in: Path) -> None:
    assert _render(Templates(built_in)) == "Bill\n\nYou owe 5.00 & more.\n"


def test_the_first_name_with_a_template_is_taken(built_in: Path) -> None:
    _write(built_in, "en/other.j2", "Other")
    assert _render(Templates(built_in), "clinic", "missing", "other", "bill") == "Other\n"


def test_an_operators_text_comes_first_and_a_policys_own_before_it(
    built_in: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    _write(own, "en/bill.j2", "House {{ total }}")
    _write(own, "clinic/en/bill.j2", "Clinic {{ total }}")
    templates = Templates(built_in, own)
    assert _render(templates) == "Clinic 5.00\n"
    assert _render(templates, "school") == "House 5.00\n"


@pytest.mark.parametrize("policy", ["", "../own", ".hidden"])
def test_a_policy_that_names_no_folder_has_no_own_texts(built_in: Path, policy: str) -> None:
    assert _render(Templates(built_in, built_in), policy).startswith("Bill")


@pytest.mark.parametrize(
    "text", ["{{ unknown }}", "{{ total.__class__.__mro__ }}", "{% if %}", "{{ total.append(1) }}"]
)
def test_a_template_that_cannot_be_rendered_is_malformed(built_in: Path, text: str) -> None:
    _write(built_in, "en/bad.j2", text)
    with pytest.raises(Malformed, match="template clinic en bad"):
        _render(Templates(built_in), "clinic", "bad")


def test_no_template_at_all_is_malformed(built_in: Path) -> None:
    with pytest.raises(Malformed, match="missing"):
        _render(Templates(built_in), "clinic", "missing")


def test_a_folder_that_is_not_there_stops_the_start(built_in: Path, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere"):
        Templates(built_in, tmp_path / "nowhere")
