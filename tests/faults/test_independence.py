"""The judgment on a run knows nothing of what it judges."""

import ast
from pathlib import Path

FOLDER = Path(__file__).parent
JUDGES = (
    *("conduct", "erasing", "invariants", "listening", "model", "observed", "packed", "reading"),
    *("recording", "traffic", "watching"),
)
OURS = {"arrears", "chassis", "contracts", "samples", "services"}


def _imported(name: str) -> set[str]:
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    found = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def test_the_judges_import_nothing_of_the_system() -> None:
    for name in JUDGES:
        for module in _imported(name):
            assert module.split(".")[0] not in OURS, f"{name} imports {module}"


def test_the_judges_import_of_the_tests_only_one_another() -> None:
    for name in JUDGES:
        of_tests = {module for module in _imported(name) if module.startswith("tests.")}
        for module in of_tests - {"tests.faults"}:
            assert module.split(".")[2] in JUDGES, f"{name} imports {module}"
