"""What is looked for is found, and its neighbours are not."""

import pytest

from tests.structure import chains, habits
from tests.structure.sources import Source


def source(text: str, path: str = "services/ledger/one.py") -> Source:
    return Source(path, text)


def test_an_import_under_type_checking_is_found() -> None:
    text = "if TYPE_CHECKING:\n    import this\nif other:\n    import that\n"
    assert list(habits.type_checking(source(text))) == [1]


@pytest.mark.parametrize("text", ["from a import _b", "x = other._b", "import a\na._b()"])
def test_a_private_name_of_others_is_found(text: str) -> None:
    assert len(list(habits.private_names(source(text)))) == 1


@pytest.mark.parametrize(
    "text", ["self._b = 1", "row._asdict()", "a.__doc__", "def _b(): ...\ntype(x)._b()"]
)
def test_a_private_name_of_the_files_own_is_not(text: str) -> None:
    assert list(habits.private_names(source(text))) == []


def test_a_computed_getattr_is_found() -> None:
    text = "getattr(a, b)\ngetattr(a, f'_{b}', None)\ngetattr(a, 'b', None)\n"
    assert list(habits.computed_getattr(source(text))) == [1, 2]


def test_escapes_from_the_type_checker_are_found() -> None:
    text = "a = b  # type: ignore[x]\nc = '# type: ignore'\nd = cast(int, a)\nE(**f(a))\nE(**a)\n"
    given = source(text)
    assert list(habits.type_ignores(given)) == [1]
    assert list(habits.casts(given)) == [3]
    assert list(habits.spread_calls(given)) == [4]


@pytest.mark.parametrize(
    "text", ["Q = 'select a from events'", "Q = f'delete from {x} select y from state where {z}'"]
)
def test_sql_on_tables_of_the_store_is_found_in_services(text: str) -> None:
    assert list(habits.store_sql(source(text))) == [1]
    assert list(habits.store_sql(source(text, "chassis/store/store.py"))) == []


@pytest.mark.parametrize(
    "text",
    ["Q = 'select a from view_events'", "'''Select what is computed from state.'''", "Q = 'state'"],
)
def test_other_texts_are_no_sql_on_tables_of_the_store(text: str) -> None:
    assert list(habits.store_sql(source(text))) == []


def test_circles_and_the_longest_chain() -> None:
    graph = chains.graph_of(
        [
            source("from p import b, f\n", "p/a.py"),
            source("from p.c import X\n", "p/b.py"),
            source("def f():\n    from p import b\nimport p.d\n", "p/c.py"),
            source("import os\n", "p/d.py"),
            source("from p.d import y\n", "p/__init__.py"),
        ]
    )
    assert chains.circles(graph) == [["p.b", "p.c"]]
    assert chains.longest(graph) == ["p.a", "p.b", "p.c", "p.d"]
    assert chains.below(graph, "p/d") == {"p.d": set()}
