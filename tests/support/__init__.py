"""What tests of several services use; its assertions are told in full."""

import pytest

pytest.register_assert_rewrite("tests.support.in_memory", "tests.support.wired")
