"""What a text may be made of, so that none takes long or fills the memory: whoever proposes it need
not be trusted as an operator is.
"""

from collections.abc import Iterator

from jinja2 import nodes

FILTERS = frozenset(
    {
        "abs", "capitalize", "count", "d", "default", "first", "int", "join", "last", "length",
        "list", "lower", "map", "max", "min", "reject", "rejectattr", "select", "selectattr",
        "sort", "sum", "title", "trim", "truncate", "unique", "upper",
    }
)  # fmt: skip
_CALLED = frozenset({"amount", "super"})
_OF_LOOPS = frozenset({"cycle", "changed"})
_NOT_AT_ALL = {
    nodes.With: "with",
    nodes.CallBlock: "call",
    nodes.AssignBlock: "set without a value",
    nodes.ScopedEvalContextModifier: "autoescape",
}

Fault = tuple[int, str]


def unbounded(tree: nodes.Template) -> Iterator[Fault]:
    """What makes a text grow beyond its length and its values: line and what is wrong."""
    for kind, name in _NOT_AT_ALL.items():
        yield from ((one.lineno, f"{name} may not be used") for one in tree.find_all(kind))
    yield from _loops(tree)
    yield from _chains(tree)
    yield from _calls(tree)
    for one in tree.find_all(nodes.Filter):
        if one.name not in FILTERS:
            yield one.lineno, f"the filter {one.name} may not be used"
    for used in tree.find_all(nodes.Name):
        if used.name == "self":
            yield used.lineno, "self may not be used"


def _loops(tree: nodes.Template) -> Iterator[Fault]:
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            yield loop.lineno, "a loop may not be recursive"
        yield from ((one.lineno, "a loop within a loop") for one in loop.find_all(nodes.For))
    for macro in tree.find_all(nodes.Macro):
        yield from ((one.lineno, "a loop within a macro") for one in macro.find_all(nodes.For))


def _chains(tree: nodes.Template) -> Iterator[Fault]:
    """Names that are made of names: each could double the one before."""
    given = list(tree.find_all(nodes.Assign))
    stored = {
        name.name
        for one in given
        for name in (one.target, *one.target.find_all(nodes.Name))
        if isinstance(name, nodes.Name)
    }
    for one in given:
        value = one.node
        used = {value, *value.find_all(nodes.Name)}
        if any(isinstance(name, nodes.Name) and name.name in stored for name in used):
            yield one.lineno, "set may not use what was set"


def _calls(tree: nodes.Template) -> Iterator[Fault]:
    imported = {one.target for one in tree.find_all(nodes.Import)}
    macros = {one.name for one in tree.find_all(nodes.Macro)}
    taken = {
        one if isinstance(one, str) else one[1]
        for found in tree.find_all(nodes.FromImport)
        for one in found.names
    }
    inner = {
        id(call) for macro in tree.find_all(nodes.Macro) for call in macro.find_all(nodes.Call)
    }
    for call in tree.find_all(nodes.Call):
        known = _CALLED | taken if id(call) in inner else _CALLED | taken | macros
        if not _may_be_called(call.node, known, imported):
            yield call.lineno, "only macros may be called, and no macro by another"


def _may_be_called(what: nodes.Expr, known: frozenset[str] | set[str], imported: set[str]) -> bool:
    if isinstance(what, nodes.Name):
        return what.name in known
    if not isinstance(what, nodes.Getattr) or not isinstance(what.node, nodes.Name):
        return False
    of = what.node.name
    return of in imported or (of == "loop" and what.attr in _OF_LOOPS)
