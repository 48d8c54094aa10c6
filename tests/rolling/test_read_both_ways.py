"""While a version replaces the one before, each reads what the other says and stores."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chassis.store.forms import revision_of
from tests.rolling.conftest import ROOT
from tests.rolling.reading import failed, forms

NEW: frozenset[str] = frozenset(
    {
        "dunning.call.planned.v1",
        "dunning.contact.reported.v1",
        "dunning.retention.ended.v1",
        "notifier.call.unanswered.v1",
        "notifier.notice.rerouted.v1",
        "notifier texts text_decided",
        "notifier texts text_proposed",
    }
)
"""What the version before cannot read: it is not said or stored before every instance is new, and
the list is emptied with the next release.
"""


@pytest.fixture(scope="module")
def said(before: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What the version before cannot read, and the forms of its states."""
    script = Path(__file__).with_name("reading.py")
    answer = subprocess.run(
        [sys.executable, str(script), str(ROOT)],
        env={**os.environ, "PYTHONPATH": str(before), "PYTHONSAFEPATH": "1"},
        cwd=before,
        capture_output=True,
        text=True,
        check=True,
    )
    unread, states = json.loads(answer.stdout)
    return unread, states


def test_what_the_version_before_says_and_stored_is_read(before: Path) -> None:
    assert failed(before) == {}


def test_the_version_before_reads_what_is_said_and_stored_today(
    said: tuple[dict[str, str], dict[str, str]],
) -> None:
    unread, _ = said
    assert unread.keys() == NEW, unread


def test_a_state_of_another_form_is_of_a_later_revision(
    said: tuple[dict[str, str], dict[str, str]],
) -> None:
    _, earlier = said
    changed = {name: form for name, form in forms().items() if earlier.get(name, form) != form}
    not_raised = [n for n, form in changed.items() if revision_of(form) <= revision_of(earlier[n])]
    assert not not_raised, "raise the `revision` of these aggregates"
