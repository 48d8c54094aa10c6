"""What is shipped for Prometheus and Grafana asks for metrics that exist, and each alert can fire
and has its entry in the runbook.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from arrears.cli import app
from chassis.settings import SERVICES
from tests.support.debian import program
from tests.watched import queries, registry, table

RUNBOOK = (queries.ROOT / "docs/runbook.md").read_text("utf-8")
TESTS = sorted((Path(__file__).parent / "rules").glob("*.yaml"))
SEVERITIES = {"critical", "warning"}


@pytest.fixture(scope="session")
def promtool() -> Path:
    return program("prometheus", "usr/bin/promtool")


def _said(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("service", SERVICES)
def test_prometheus_takes_the_metrics_and_their_names(promtool: Path, service: str) -> None:
    said = registry.scraped(service)
    done = subprocess.run(
        [str(promtool), "check", "metrics"], input=said, capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""
    found = {line.split("{")[0].split()[0] for line in said.splitlines() if line[0] != "#"}
    known = {
        each
        for name, one in registry.known().items()
        if service in one.services
        for each in registry.endings(name, one)
    }
    assert found == known


def test_prometheus_takes_the_rules(promtool: Path) -> None:
    done = _said(promtool, "check", "rules", *queries.RULES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_not_before(promtool: Path, path: Path) -> None:
    done = _said(promtool, "test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_seen_to_fire_and_seen_to_be_quiet() -> None:
    seen: dict[str, set[bool]] = {}
    for path in TESTS:
        for case in yaml.safe_load(path.read_text("utf-8"))["tests"]:
            for check in case["promql_expr_test"]:
                name = re.search(r'alertname="(\w+)"', check["expr"])
                assert name is not None, check
                seen.setdefault(name[1], set()).add(bool(check["exp_samples"]))
    assert seen == {name: {True, False} for name in queries.alerts()}


def test_each_alert_says_how_bad_it_is_and_where_its_entry_stands() -> None:
    headings = set(re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE))
    assert headings == set(queries.alerts())
    for name, rule in queries.alerts().items():
        assert rule["labels"]["severity"] in SEVERITIES, name
        texts = rule["annotations"]
        assert texts["summary"], name
        assert texts["description"].endswith("."), name
        assert texts["runbook_url"] == f"docs/runbook.md#{name.lower()}"


def test_an_entry_of_the_runbook_says_what_it_means_and_what_to_do() -> None:
    for name in queries.alerts():
        entry = RUNBOOK.partition(f"### {name}\n")[2].partition("\n### ")[0]
        parts = re.findall(r"^\*\*(\w+)\.\*\* ", entry, re.MULTILINE)
        assert parts == ["Means", "Look", "Do", "Wake"], name


def _commands(group: Any, before: str = "arrears") -> Iterator[str]:
    for name, command in group.commands.items():
        yield f"{before} {name}"
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before} {name}")


def test_the_runbook_names_commands_and_settings_that_exist() -> None:
    there = set(_commands(typer.main.get_command(app)))
    named = set(re.findall(r"`(?:[^`]*-- )?(arrears [a-z][^`]*)`", RUNBOOK))
    assert len(named) >= 6
    for command in named:
        words = command.split(" --")[0].split()
        assert " ".join(words) in there, command
    documents = "".join(
        (queries.ROOT / "docs" / name).read_text("utf-8") for name in ("settings.md", "notices.md")
    )
    for setting in re.findall(r"`(ARREARS_\w+)`", RUNBOOK):
        assert f"`{setting}`" in documents, setting


def test_the_runbook_names_lines_that_are_logged() -> None:
    code = "".join(
        path.read_text("utf-8")
        for folder in ("chassis", "services")
        for path in (queries.ROOT / folder).rglob("*.py")
    )
    lines = set(re.findall(r"event=(\w+)", RUNBOOK))
    assert lines
    for line in lines:
        assert f'"{line}"' in code, line


def test_the_runbook_names_panels_and_metrics_that_exist() -> None:
    boards = queries.dashboards().values()
    panels = [panel for board in boards for panel in board["panels"]]
    titles = {panel["title"].partition(" (")[0] for panel in panels}
    for sentence in re.findall(r"\*\*Look\.\*\* (.*?)\n\n", RUNBOOK, re.DOTALL):
        for title in re.findall(r'"([A-Z][^"]+)"', sentence.replace("\n", " ")):
            assert title in titles, title
    known = registry.known()
    for name in re.findall(r"`(arrears_\w+)`", RUNBOOK):
        assert name in known, name


def test_queries_name_metrics_and_labels_that_exist() -> None:
    there: dict[str, set[str]] = {}
    for name, one in registry.known().items():
        for each in registry.endings(name, one):
            more = {"le"} if each.endswith("_bucket") else set()
            there[each] = {*one.labels, *more, *queries.TARGET_LABELS}
    for where, query in queries.all_queries():
        for named in queries.named_in(query):
            if named.metric not in queries.OF_PROMETHEUS:
                assert named.metric in there, where
                assert named.labels <= there[named.metric], f"{where}: {query}"


def test_every_metric_is_asked_for_or_says_why_not() -> None:
    asked = table.asked_by()
    unused = {
        name
        for name, one in registry.known().items()
        if not any(each in asked for each in registry.endings(name, one))
    }
    assert unused == set(table.UNUSED)


def test_texts_and_legends_show_labels_that_their_query_keeps() -> None:
    for name, rule in queries.alerts().items():
        kept = queries.kept_by(rule["expr"])
        if kept is not None:
            assert queries.labels_in_texts(rule) <= kept, name
    for name, board in queries.dashboards().items():
        for query, shown in queries.labels_in_legends(board):
            kept = queries.kept_by(query)
            assert kept is None or shown <= kept, f"{name}: {query}"


def test_dashboards_can_be_loaded_side_by_side() -> None:
    boards = queries.dashboards()
    assert set(boards) == {"chain", "service", "business"}
    for name, board in boards.items():
        assert board["uid"] == f"arrears-{name}"
        assert board["templating"]["list"][0]["type"] == "datasource"
        sources = re.findall(r'"uid": "(\$\{\w+\}|[^"]*)"', str(board).replace("'", '"'))
        assert set(sources) == {"${datasource}", board["uid"]}
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))
        places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
        assert len(places) == len(set(places))


def test_the_table_of_metrics_is_that_of_the_registry() -> None:
    said = table.DOCUMENT.read_text("utf-8")
    assert said == table.render(), "run `python -m tests.watched.table`"
