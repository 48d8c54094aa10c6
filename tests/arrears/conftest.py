"""What tests of reading statements share."""

from pathlib import Path

import pytest

from arrears.billing_import.mapping import ImportMap, read_map


@pytest.fixture
def mapping(tmp_path: Path) -> ImportMap:
    path = tmp_path / "map.yaml"
    path.write_text("creditor: acme\ncurrency: EUR\ntime_zone: Europe/Amsterdam\n")
    return read_map(path)
