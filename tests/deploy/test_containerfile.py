"""The Containerfile makes the image that `make image` makes."""

import json
import re
import shlex
from functools import cache

import pytest

from deploy.image import recipe
from deploy.image.lock import needed, runtime_lock
from tests.deploy import charts

DIGEST = "sha256:[0-9a-f]{64}"
DEVELOPMENT = {"pytest", "ruff", "mypy", "uv", "setuptools", "wheel", "hypothesis"}


@cache
def instructions() -> list[tuple[str, str]]:
    """Every instruction of the file: its word and the rest, on one line."""
    text = (charts.TOP / "deploy/Containerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(word, rest) for line in lines if line for word, _, rest in [line.partition(" ")]]


def stage(number: int) -> list[tuple[str, str]]:
    """The instructions of one stage, from its FROM on."""
    starts = [at for at, (word, _) in enumerate(instructions()) if word == "FROM"]
    ends = [*starts[1:], len(instructions())]
    return instructions()[starts[number] : ends[number]]


def last(word: str) -> str:
    return next(rest for each, rest in reversed(stage(-1)) if each == word)


def test_it_starts_alike() -> None:
    assert json.loads(last("ENTRYPOINT")) == list(recipe.ENTRYPOINT)
    assert json.loads(last("CMD")) == list(recipe.COMMAND)
    assert last("USER") == f"{recipe.USER}:{recipe.USER}"
    assert last("WORKDIR") == last("VOLUME") == recipe.DATA
    assert dict(each.split("=", 1) for each in shlex.split(last("ENV"))) == recipe.ENVIRONMENT
    assert f"--uid {recipe.USER} --gid {recipe.USER} arrears" in last("RUN")


def test_it_stands_on_the_same_packages() -> None:
    (word, system), (_, installed) = stage(0)
    found = rf"docker\.io/library/debian:{recipe.SUITE}-slim@{DIGEST} AS base"
    assert (word, bool(re.fullmatch(found, system))) == ("FROM", True), system
    packages = re.search(r"--no-install-recommends ([^&]*)", installed)
    assert packages is not None
    assert tuple(packages[1].split()) == recipe.PACKAGES
    assert stage(-1)[0] == ("FROM", "base")


def test_it_has_what_papers_are_set_in_and_not_what_tests_read_them_with() -> None:
    listed = (charts.TOP / "deploy/debian.txt").read_text(encoding="utf-8")
    packages = dict(re.findall(r"^([a-z0-9-]+)\s+# (.*)$", listed, flags=re.MULTILINE))
    for name, what_for in packages.items():
        assert (name in recipe.PACKAGES) is not what_for.startswith("tests "), name


def test_it_installs_what_the_same_lock_says_and_the_same_sources() -> None:
    build = stage(1)
    copied = {each for word, rest in build if word == "COPY" for each in rest.split()}
    assert {recipe.LOCK, *recipe.SOURCES} <= copied
    ran = " ".join(rest for word, rest in build if word == "RUN")
    assert f"--require-hashes -r {recipe.LOCK}" in ran
    assert ".venv/bin/python -m deploy.image.lock >running.lock" in ran
    assert "--require-hashes -r running.lock" in ran
    assert [rest for word, rest in stage(-1) if word == "COPY"] == [
        f"--from=build {recipe.HOME} {recipe.HOME}"
    ]


def test_what_runs_is_locked_and_without_the_developers_tools() -> None:
    lock = runtime_lock()
    names = set(re.findall(r"^(\S+)==", lock, flags=re.MULTILINE))
    assert {"fastapi", "aiokafka", "asyncpg", "uvicorn"} <= names
    assert names.isdisjoint(DEVELOPMENT)
    whole = (charts.TOP / recipe.LOCK).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(names)
    assert all(block in whole and "--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize(
    ("dependency", "follows"), [("pyjwt[crypto]", "cryptography"), ("pyjwt", "pyjwt")]
)
def test_what_an_extra_needs_is_needed(dependency: str, follows: str) -> None:
    assert follows in needed([dependency])
    assert ("cryptography" in needed([dependency])) is (follows == "cryptography")


def test_nothing_of_the_history_is_sent_to_the_build() -> None:
    lines = (charts.TOP / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    back = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert not any(one.startswith((".git", "*", ".")) for one in back)
