"""Every aggregate there is, by the service and the name it has in stored streams."""

from collections.abc import Mapping
from typing import Any

from chassis.store.aggregate import Aggregate
from services.dunning.domain.aggregates import AGGREGATES as DUNNING
from services.ledger.domain.aggregates import AGGREGATES as LEDGER
from services.legal.domain.aggregates import AGGREGATES as LEGAL
from services.notifier.domain.aggregates import AGGREGATES as NOTIFIER

_BY_SERVICE: Mapping[str, tuple[Aggregate[Any, Any], ...]] = {
    "dunning": DUNNING,
    "ledger": LEDGER,
    "legal": LEGAL,
    "notifier": NOTIFIER,
}
AGGREGATES: Mapping[tuple[str, str], Aggregate[Any, Any]] = {
    (service, aggregate.name): aggregate
    for service, aggregates in _BY_SERVICE.items()
    for aggregate in aggregates
}
