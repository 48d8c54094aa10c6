"""The world of the service's own tests."""

from tests.dunning.app.conftest import world

__all__ = ["world"]
