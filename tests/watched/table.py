"""docs/metrics.md: all metrics, and who asks for them; `python -m tests.watched.table` writes."""

from collections import defaultdict
from collections.abc import Mapping

from tests.watched import queries, registry

DOCUMENT = queries.ROOT / "docs/metrics.md"
UNUSED: Mapping[str, str] = {
    "arrears_gateway_spent_minor_units": "how near a gateway is to its limit, for people who look",
    "process_virtual_memory_bytes": "comes with the client library, like the others of the process",
}
"""Metrics nobody asks for, and why they are there all the same."""

_HEAD = """# Metrics

What `GET /metrics` says on each service's port for operations, as Prometheus scrapes it. This table
is made of the registry, the rules and the dashboards by `python -m tests.watched.table`. Every
metric of ours has the label `service`: let Prometheus keep it (`honor_labels`). The port asks for
no token, so let nobody but Prometheus reach it from outside.

Labels come from fixed sets. Of creditors as many have a name of their own as
`ARREARS_METRICS_CREDITORS` says, the first that an instance meets; all others together are `other`.
Amounts are in minor units. What takes a statement is read every half minute, or less often where it
takes long: open dead letters by the owner of their lane, figures of the business and the last
backup by the owner of lane 0, for the whole service.

| metric | kind | labels | says | asked for by |
|---|---|---|---|---|
"""


def asked_by() -> dict[str, set[str]]:
    """By the name of a sample, which alerts and dashboards ask for it."""
    found: dict[str, set[str]] = defaultdict(set)
    for where, query in queries.all_queries():
        for named in queries.named_in(query):
            found[named.metric].add(where.partition(":")[0])
    return found


def render() -> str:
    """The document."""
    asked = asked_by()
    rows = []
    for name, one in sorted(registry.known().items()):
        by = set().union(*(asked.get(each, set()) for each in registry.endings(name, one)))
        labels = " ".join(f"`{label}`" for label in one.labels if label != "service")
        only = "" if len(one.services) > 1 else f" ({one.services[0]})"
        says = one.text or "of the process, as the client library says it"
        told = ", ".join(sorted(by)) or f"nobody: {UNUSED.get(name, 'why?')}"
        rows.append(f"| `{name}` | {one.kind} | {labels} | {says}{only} | {told} |")
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(render(), "utf-8")
