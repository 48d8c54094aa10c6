"""All messages by their CloudEvents type."""

from collections.abc import Iterator
from types import ModuleType

from contracts import billing, dunning, ledger, legal, notifier
from contracts.base import Contract

TOPICS: tuple[str, ...] = ("billing", "ledger", "dunning", "notifier", "legal")
"""The topics, each written by the one of that name; dead letters go to `<topic>.dlq`."""
FOREIGN = "billing"
"""The topic that others write."""


def source_of(service: str) -> str:
    """The CloudEvents source of what a service says."""
    return f"arrears/{service}"


OWNERS: dict[str, str] = {topic: source_of(topic) for topic in TOPICS if topic != FOREIGN}
"""Topic -> the one source of its messages, for those that a service of ours writes alone."""


def _messages(module: ModuleType) -> Iterator[type[Contract]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Contract) and "TYPE" in vars(value):
            yield value


MODELS: dict[str, type[Contract]] = {
    model.TYPE: model
    for module in (billing, ledger, dunning, notifier, legal)
    for model in _messages(module)
}
"""CloudEvents type -> model."""
