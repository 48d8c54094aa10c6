"""The machine's assertions are told in full."""

import pytest

pytest.register_assert_rewrite("tests.properties.machine")
