"""What an attacker could use in the code itself is not there; a new place has to be looked at."""

import ast
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import structlog

from chassis.logging import configure, get_logger

ROOT = Path(__file__).parents[2]
FOLDERS = ("arrears", "chassis", "contracts", "services")
MADE_CODE = {"eval", "exec", "compile", "__import__"}
READS_CODE = {"pickle", "marshal", "shelve", "dill", "jsonpickle", "code", "imp"}
RUNS_COMMANDS = {
    "chassis/servers/jars.py",
    "chassis/servers/kafka.py",
    "chassis/servers/postgres.py",
    "chassis/servers/postgres_host.py",
}
"""The servers that are brought along; what they are given comes from settings."""
XML = {"arrears/billing_import/camt_xml.py"}
"""Reads XML, by `defusedxml`; others may name its types."""
PATTERNS_OF_DATA = {
    "arrears/billing_import/amounts.py",  # marks of numbers, escaped
    "chassis/http/inputs.py",  # a number above
    "contracts/twins.py",  # our own patterns, for another language
    "services/dunning/domain/case/upcasts.py",  # a table above
    "services/notifier/adapters/envelope.py",  # the domain of the settings, escaped
    "services/notifier/rendering/civility/__init__.py",  # a list of words, escaped
}
FORMS_OF_TABLES = {
    "arrears/subject/paper.py": {"_NOTE[self.language]", "_OTHER[language]", "known"},
    "chassis/servers/kafka.py": {"template"},  # a file beside it
    "chassis/store/changed_rows.py": {"found.text"},  # statements of views, for a table's name
    "chassis/store/restored.py": {"statement"},
    "chassis/store/views.py": {"statement", "self.schema"},
    "services/legal/rendering/annex_words.py": {"template"},  # our words, in two languages
    "services/legal/rendering/annexes.py": {
        *("words['total']", "words['sum']", "words['due']", "words['item']"),
        *("words['claimed']", "words['less']", "words[each]"),
    },
    "services/legal/rendering/facts.py": {"template"},
}
"""Where a form that values are put into is no text in place; each comes of the code."""
BUILT_STATEMENTS_MAX = 40
"""Statements that have names of tables and columns put in, which are our own."""


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(
        (file.relative_to(ROOT).as_posix(), ast.parse(file.read_text("utf-8"))) for file in files
    )


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Calls by their dotted names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{each.name}" for each in node.names)


def test_no_code_is_made_of_data() -> None:
    found = [
        (path, name)
        for path, tree in sources()
        for name in [
            *(name for name, _ in calls(tree) if name in MADE_CODE),
            *(name for name in imported(tree) if name.split(".")[0] in READS_CODE),
            *(name for name, _ in calls(tree) if name in {"yaml.load", "yaml.unsafe_load"}),
        ]
    ]
    assert found == []


def test_no_template_reaches_out_of_its_sandbox() -> None:
    found = [
        path
        for path, tree in sources()
        if {"jinja2.Environment", "jinja2.environment.Environment"} & set(imported(tree))
        or any(name in {"Environment", "jinja2.Environment", "Template"} for name, _ in calls(tree))
    ]
    assert found == []


def test_no_command_is_run_but_our_servers_and_none_in_a_shell() -> None:
    runs = {
        path
        for path, tree in sources()
        for name, _ in calls(tree)
        if name.startswith(("subprocess.", "os.system", "os.popen", "os.exec"))
        or "create_subprocess" in name
    }
    assert runs == RUNS_COMMANDS
    shells = [
        (path, name)
        for path, tree in sources()
        for name, call in calls(tree)
        if any(each.arg == "shell" for each in call.keywords) or "shell" in name
    ]
    assert shells == []


def test_xml_is_read_by_a_parser_that_fetches_and_expands_nothing() -> None:
    """`tests/arrears/test_import_statements.py` gives it such a file."""
    reads = {
        path
        for path, tree in sources()
        for name in imported(tree)
        if name.startswith(("defusedxml", "lxml", "xml.sax", "xml.dom", "expat"))
        or name in {"xml.etree.ElementTree.parse", "xml.etree.ElementTree.fromstring"}
    }
    assert reads == XML


def test_no_client_follows_a_redirect() -> None:
    """Another host would be given what was meant for the one in the settings."""
    made = [
        (path, call)
        for path, tree in sources()
        for name, call in calls(tree)
        if name in {"httpx.AsyncClient", "httpx.Client", "AsyncClient", "Client"}
    ]
    assert len(made) > 3
    follows = [
        path
        for path, call in made
        for each in call.keywords
        if each.arg == "follow_redirects" and ast.unparse(each.value) != "False"
    ]
    assert follows == []


def test_expressions_are_ours() -> None:
    """What somebody wrote is never an expression: it could take for ever, or match all."""
    found = {
        path
        for path, tree in sources()
        for name, call in calls(tree)
        if re.fullmatch(r"re\.(compile|match|search|fullmatch|sub|split|findall|finditer)", name)
        and any(isinstance(node, ast.Call | ast.Name) for node in ast.walk(call.args[0]))
        and not all(
            node.id.isupper() or node.id.strip("_").isupper()
            for node in ast.walk(call.args[0])
            if isinstance(node, ast.Name)
        )
    }
    assert found == PATTERNS_OF_DATA


def test_forms_that_values_are_put_into_are_ours() -> None:
    """A form that somebody wrote would reach into what it is given (`{0.__class__}`)."""
    found: dict[str, set[str]] = {}
    for path, tree in sources():
        for _, call in calls(tree):
            match call.func:
                case ast.Attribute(value=ast.Constant(), attr="format" | "format_map"):
                    pass
                case ast.Attribute(value=ast.Name(id=name), attr="format") if name.isupper():
                    pass
                case ast.Attribute(value=form, attr="format" | "format_map"):
                    if (text := ast.unparse(form)) != "msgspec.json":  # no form: it lays JSON out
                        found.setdefault(path, set()).add(text)
    assert found == FORMS_OF_TABLES


def test_statements_have_no_values_put_in() -> None:
    """The linter finds each that is built; it knows those above by a remark beside them."""
    command = [sys.executable, "-m", "ruff", "check", "--select", "S608", "--ignore-noqa"]
    told = subprocess.run(
        [*command, "--output-format", "json", *FOLDERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    built = json.loads(told.stdout)
    assert 0 < len(built) <= BUILT_STATEMENTS_MAX, [one["filename"] for one in built]


@pytest.mark.parametrize("text", ['x\n{"event": "forged"}', "x\r\nforged", "x\u2028forged\x1b[2J"])
def test_nobody_writes_a_line_of_the_log(text: str) -> None:
    lines = io.StringIO()
    configure("security", "info", lines)
    try:
        get_logger("test").warning("access_refused", reason=text)
    finally:
        structlog.reset_defaults()
    line, end = lines.getvalue().split("\n")
    assert end == ""
    assert "\x1b" not in line
    assert json.loads(line)["reason"] == text
