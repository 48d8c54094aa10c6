"""The desk of the service's own tests."""

from tests.dunning.app.conftest import desk

__all__ = ["desk"]
