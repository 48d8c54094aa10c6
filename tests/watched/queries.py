"""Rules and dashboards as they are shipped, and which metrics and labels their queries name."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import promql_parser as promql
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/helm/arrears"
RULES = sorted((CHART / "rules").glob("*.yaml"))
DASHBOARDS = sorted((CHART / "dashboards").glob("*.json"))

TARGET_LABELS = frozenset({"namespace", "instance", "job", "pod"})
"""What Prometheus adds to whatever it scrapes."""
OF_PROMETHEUS = frozenset({"ALERTS"})
_VALUES_OF = re.compile(r"label_values\((.+), (\w+)\)")
_INTERVALS = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "6h"}
_IN_TEXTS = re.compile(r"\$labels\.(\w+)")
_IN_LEGENDS = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Named(NamedTuple):
    """A metric a query asks for, and the labels by which it selects, sums or joins."""

    metric: str
    labels: frozenset[str]


def alerts() -> dict[str, dict[str, Any]]:
    """Every alert by its name."""
    found = {}
    for path in RULES:
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]:
            for rule in group["rules"]:
                assert rule["alert"] not in found, f"{rule['alert']} is there twice"
                found[rule["alert"]] = rule
    return found


def dashboards() -> dict[str, dict[str, Any]]:
    """Every dashboard by the name of its file."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in DASHBOARDS}


def queries_of(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a dashboard asks, and the query."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = values_of(variable["query"]["query"])
            yield variable["name"], f"count by ({label}) ({selector})"


def values_of(query: str) -> tuple[str, str]:
    """The selector and the label of a variable's query."""
    found = _VALUES_OF.fullmatch(query)
    assert found is not None, query
    return found[1], found[2]


def plain(query: str) -> str:
    """A query of Grafana's as Prometheus would get it, all variables left open."""
    for name, value in _INTERVALS.items():
        query = query.replace(name, value)
    return re.sub(r'"\$\w+"', '".*"', query)


def named_in(query: str) -> list[Named]:
    """The metrics of a query; the labels it sums by are those of every metric below the sum, but
    for those that a join brings along.
    """
    return list(_named(promql.parse(plain(query)), frozenset()))


def _named(node: Any, labels: frozenset[str]) -> Iterator[Named]:
    match node:
        case promql.VectorSelector():
            matchers = {matcher.name for matcher in node.matchers.matchers}
            yield Named(node.name or "", labels | matchers)
        case promql.MatrixSelector():
            yield from _named(node.vector_selector, labels)
        case promql.AggregateExpr():
            by = node.modifier
            if by is not None and by.type != promql.AggModifierType.By:
                raise NotImplementedError("a sum without labels says nothing of those that stay")
            yield from _named(node.expr, frozenset(() if by is None else by.labels))
        case promql.BinaryExpr():
            yield from _of_both(node, labels)
        case promql.Call():
            for argument in node.args:
                yield from _named(argument, labels)
        case promql.ParenExpr() | promql.SubqueryExpr() | promql.UnaryExpr():
            yield from _named(node.expr, labels)
        case promql.NumberLiteral() | promql.StringLiteral():
            return
        case _:
            raise NotImplementedError(type(node).__name__)


def _of_both(node: promql.BinaryExpr, labels: frozenset[str]) -> Iterator[Named]:
    on = frozenset[str]()
    brought = frozenset[str]()
    if node.modifier is not None:
        on = frozenset(node.modifier.matching.labels) if node.modifier.matching else on
        brought = frozenset(node.modifier.group_labels or ())
    yield from _named(node.lhs, (labels - brought) | on)
    yield from _named(node.rhs, labels | brought | on)


def labels_in_texts(rule: dict[str, Any]) -> set[str]:
    """The labels that the texts of an alert show."""
    return set(_IN_TEXTS.findall(" ".join(rule["annotations"].values())))


def labels_in_legends(dashboard: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """A panel's queries, and the labels that the legend of each shows."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"], set(_IN_LEGENDS.findall(target["legendFormat"]))


def kept_by(query: str) -> set[str] | None:
    """The labels that the answer has; None where it has those of its metric."""
    return _kept(promql.parse(plain(query)))


def _kept(node: Any) -> set[str] | None:
    match node:
        case promql.AggregateExpr() if str(node.op).endswith(("topk", "bottomk")):
            return _kept(node.expr)
        case promql.AggregateExpr():
            return set(() if node.modifier is None else node.modifier.labels)
        case promql.BinaryExpr():
            brought = set(node.modifier.group_labels or ()) if node.modifier else set()
            left, right = _kept(node.lhs), _kept(node.rhs)
            if isinstance(node.lhs, promql.NumberLiteral) or _is_time(node.lhs):
                return right
            return None if left is None else left | brought
        case promql.Call():
            return next((_kept(one) for one in node.args if not _is_scalar(one)), set())
        case promql.ParenExpr() | promql.SubqueryExpr():
            return _kept(node.expr)
        case _:
            return None


def _is_time(node: Any) -> bool:
    return isinstance(node, promql.Call) and node.func.name == "time"


def _is_scalar(node: Any) -> bool:
    return isinstance(node, promql.NumberLiteral | promql.StringLiteral)


def all_queries() -> Iterable[tuple[str, str]]:
    """Every query there is, and where it stands."""
    for name, rule in alerts().items():
        yield name, rule["expr"]
    for name, dashboard in dashboards().items():
        for where, query in queries_of(dashboard):
            yield f"{name}: {where}", query
