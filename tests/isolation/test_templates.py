"""A template that fails, in whatever way, fails one text and nothing else."""

from pathlib import Path

import pytest

from chassis.documents.templates import Templates
from chassis.errors import Malformed

FAULTS = {
    "an endless recursion": "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
    "a text that fills the memory": "{{ 'x' * 10**10 }}",
    "a text multiplied": "{{ 'x' * 1000000000 }}",
    "a text padded": "{{ '%0999999999d' % 1 }}",
    "a text far too long": "{% for n in range(99999) %}{{ 'xxxxxxxxxxxx' }}{% endfor %}",
    "a power": "{{ 9 ** 9 ** 9 }}",
    "a range without end": "{% for n in range(10 ** 10) %}x{% endfor %}",
    "a division by nothing": "{{ 1 / 0 }}",
    "an operation of other types": "{{ 1 + 'x' }}",
    "a missing value": "{{ nothing.there }}",
    "no template": "{% for %}",
    "a door out": "{{ ''.__class__.__mro__ }}",
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_template_that_fails_is_malformed_and_nothing_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "demand.j2").write_text(FAULTS[name])
    with pytest.raises(Malformed, match="template acme en demand"):
        Templates(tmp_path).render("acme", "en", ["demand"], {})
