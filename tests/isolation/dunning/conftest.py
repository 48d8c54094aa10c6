"""Dunning on a real store and a real bus."""

from tests.dunning.app.conftest import world

__all__ = ["world"]
