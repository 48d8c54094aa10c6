"""Who used the processor and asked the store, by service and stage, told from outside: functions
are wrapped where a profile is made, and nowhere else.

A coroutine's steps are timed one by one: what others do while it waits is theirs. A stage inside
another is not counted with it. A task belongs to the stage in which it was begun, and everything
that a service began belongs to it.
"""

import asyncio
import importlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial, wraps
from inspect import iscoroutine, iscoroutinefunction
from typing import Any, Self

import asyncpg

from chassis.runtime.instance import Instance
from chassis.runtime.round import Round
from chassis.store.aggregate import Aggregate

_ASKING = ("execute", "executemany", "fetch", "fetchrow", "fetchval", "copy_records_to_table")
_BOUNDS = ("BEGIN", "COMMIT", "ROLLBACK")
_service: ContextVar[str] = ContextVar("service", default="")
"""On whose behalf the running task works."""


@dataclass
class Cell:
    """What a stage of a service came to: what it was given, and what it used; waiting is for the
    store's answers.
    """

    batches: int = 0
    messages: int = 0
    cpu_seconds: float = 0.0
    statements: int = 0
    waited_seconds: float = 0.0


Cells = Mapping[tuple[str, str], Cell]
"""By service and stage."""


@dataclass
class Tally:
    """What was counted since `clear`; `given` is the stage that is given the messages, `bounds`
    that of beginning and ending transactions, `client` that of the tasks of a package of this name,
    `other` the one of what belongs to none.
    """

    given: str
    bounds: str
    client: str
    other: str
    cells: dict[tuple[str, str], Cell] = field(default_factory=lambda: defaultdict(Cell))
    _stack: list[tuple[str, list[float]]] = field(default_factory=list)
    """The stages that run, each with the seconds of those inside."""

    def clear(self) -> Cells:
        """Begin anew; returns what was counted so far."""
        counted, self.cells = dict(self.cells), defaultdict(Cell)
        return counted

    def run(self, stage: str, step: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Do something as a part of a stage."""
        inside = [0.0]
        self._stack.append((stage, inside))
        began = time.thread_time()
        try:
            return step(*given, **named)
        finally:
            spent = time.thread_time() - began
            self._stack.pop()
            self.cell(stage).cpu_seconds += spent - inside[0]
            if self._stack:
                self._stack[-1][1][0] += spent

    def cell(self, stage: str) -> Cell:
        """Where a stage of the service at work is counted."""
        return self.cells[_service.get(), stage]

    def stage(self) -> str:
        """The one that runs."""
        return self._stack[-1][0] if self._stack else self.other

    def wrapped(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that does the same and is counted."""
        if not iscoroutinefunction(function):

            @wraps(function)
            def call(*given: Any, **named: Any) -> Any:
                return self.run(stage, function, *given, **named)

            return call

        @wraps(function)
        def begin(*given: Any, **named: Any) -> _Steps:
            return _Steps(self, stage, function(*given, **named))

        return begin

    def consuming(
        self, consume: Callable[..., Coroutine[Any, Any, Any]]
    ) -> Callable[..., Awaitable[Any]]:
        """The method that is given a lane's records, which counts them too."""
        stage = self.given

        @wraps(consume)
        def begin(owner: Any, lane: int, records: Sequence[Any]) -> _Steps:
            cell = self.cell(stage)
            cell.batches += 1
            cell.messages += len(records)
            return _Steps(self, stage, consume(owner, lane, records))

        return begin

    def asking(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A connection's method that counts as a statement of the stage that called it."""

        @wraps(function)
        async def ask(connection: Any, what: str, *given: Any, **named: Any) -> Any:
            stage = self.bounds if what.upper().startswith(_BOUNDS) else self.stage()
            cell, began = self.cell(stage), time.perf_counter()
            try:
                return await function(connection, what, *given, **named)
            finally:
                cell.statements += 1
                cell.waited_seconds += time.perf_counter() - began

        return ask

    def task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **named: Any
    ) -> "asyncio.Task[Any]":
        """A task whose steps belong to the stage that began it, or to the client's if it is a
        client's.
        """
        if isinstance(coroutine, _Steps):
            return asyncio.Task(coroutine, loop=loop, **named)
        is_clients = f"/{self.client}/" in _file_of(coroutine)
        stage = self.client if is_clients else self.stage()
        return asyncio.Task(_Steps(self, stage, coroutine), loop=loop, **named)

    def install(self, stages: Mapping[str, Sequence[str]]) -> None:
        """Wrap the functions of each stage, named `module:function` or `module:Class.method`, and
        the statements of all connections, for as long as this process lives.
        """
        for stage, names in stages.items():
            for owner, name in map(found, names):
                _replace(owner, name, partial(self.wrapped, stage))
        for name in _ASKING:
            _replace(asyncpg.Connection, name, self.asking)
        _replace(Round, "consume", self.consuming)
        _replace(Instance, "start", on_behalf)
        asyncio.get_running_loop().set_task_factory(self.task)

    def install_in(self, aggregates: Iterable[Aggregate[Any, Any]], by: Mapping[str, str]) -> None:
        """Wrap functions of aggregates: the stage of each by its name."""
        for aggregate in aggregates:
            for name, stage in by.items():
                wrapped = self.wrapped(stage, vars(aggregate)[name])
                object.__setattr__(aggregate, name, wrapped)  # it is frozen


class _Steps(Coroutine[Any, Any, Any]):
    """A coroutine each of whose steps is counted."""

    def __init__(self, tally: Tally, stage: str, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._run = partial(tally.run, stage)
        self._coroutine = coroutine

    def send(self, value: Any) -> Any:
        return self._run(self._coroutine.send, value)

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> Any:
        error = kind if value is None else value
        return self._run(self._coroutine.throw, error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self.send(None)


def _file_of(coroutine: Any) -> str:
    """Where a coroutine is written; empty where it is not in Python."""
    return str(coroutine.cr_code.co_filename) if iscoroutine(coroutine) else ""


def _replace(owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    setattr(owner, name, wrap(vars(owner)[name]))


def found(name: str) -> tuple[Any, str]:
    """What has an attribute of that name, and the attribute's name; raises `AttributeError` where
    it is not there any more.
    """
    module, _, path = name.partition(":")
    owner: Any = importlib.import_module(module)
    *classes, attribute = path.split(".")
    for each in classes:
        owner = vars(owner)[each]
    if attribute not in vars(owner):
        raise AttributeError(f"{name} is no more: the stage it belonged to has moved")
    return owner, attribute


def on_behalf(start: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """An instance's `start` whose tasks work on behalf of its service."""

    @wraps(start)
    async def begin(instance: Any, *given: Any, **named: Any) -> None:
        token = _service.set(instance.name)
        try:
            await start(instance, *given, **named)
        finally:
            _service.reset(token)

    return begin
