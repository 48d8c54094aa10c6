"""How noisy the machine was is told apart from what was measured."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from bench.noise import Noise, repeat_work, spread

_BUSY = "print(sum(range(20_000_000)), flush=True); input()"


@contextmanager
def busy_process() -> Iterator[None]:
    """A process that has used the processor and lives on."""
    with subprocess.Popen(
        [sys.executable, "-c", _BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate(b"\n")


def test_even_repetitions_are_no_noise() -> None:
    assert spread([2.0] * 10) == 0


def test_a_slow_tenth_is_noise() -> None:
    assert spread([1.0] * 8 + [3.0] * 3) == pytest.approx(2.0)


def test_every_repetition_is_timed() -> None:
    assert len(repeat_work(3)) == 3


def test_what_another_process_used_is_seen() -> None:
    with ExitStack() as ends, Noise(repetitions=2) as noise:
        ends.enter_context(busy_process())
    assert noise.figures()["machine_busy_elsewhere_percent"] > 0
