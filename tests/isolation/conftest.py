"""What the tests of isolation share: the toy service of the chassis on a real store and bus."""

from tests.chassis.conftest import bus, clock, open_toy

__all__ = ["bus", "clock", "open_toy"]
