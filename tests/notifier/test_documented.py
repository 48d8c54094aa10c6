"""The documentation of the channels and settings is what the code does."""

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from contracts.words.vocabulary import CHANNELS
from services.legal.settings import LegalSettings
from services.notifier.domain.rules import ATTEMPTS_MAX, IN_DOUBT, retry_after
from services.notifier.rendering.templates import GROUPS
from services.notifier.settings import NotifierSettings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("page", "prefix", "settings"),
    [
        ("notices.md", "ARREARS_NOTIFIER_", NotifierSettings),
        ("documents.md", "ARREARS_LEGAL_", LegalSettings),
    ],
)
def test_the_table_of_settings_is_the_class(
    page: str, prefix: str, settings: type[BaseSettings]
) -> None:
    rows = re.findall(
        rf"^\| `{prefix}(\w+)` \| .* \| (.*) \|$", (DOCS / page).read_text(), re.MULTILINE
    )
    actual = {name.upper(): field.description for name, field in settings.model_fields.items()}
    assert dict(rows) == actual


def test_every_channel_has_its_rule_and_its_texts() -> None:
    assert set(IN_DOUBT) == set(GROUPS) == set(CHANNELS)


def test_retries_end() -> None:
    pauses = [retry_after(number) for number in range(1, ATTEMPTS_MAX + 1)]
    assert pauses[-1] is None
    assert None not in pauses[:-1]
