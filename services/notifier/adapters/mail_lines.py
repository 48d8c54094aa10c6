"""Connections to a mail server, kept while one mail follows another."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import aiosmtplib

_IDLE_SECONDS = 2
_MAILS_MAX = 100
"""Servers hang up on who stays idle or never leaves: we go before."""
_FAREWELL_SECONDS_MAX = 5


@dataclass
class Line:
    """One connection; `begun` where it has taken the sender of the next mail already."""

    client: aiosmtplib.SMTP
    begun: bool = False
    mails: int = 0
    idle: "asyncio.Task[None] | None" = None

    async def leave(self) -> None:
        """Say goodbye, and hang up."""
        try:
            with suppress(aiosmtplib.SMTPException, OSError):
                await self.client.quit(timeout=_FAREWELL_SECONDS_MAX)
        finally:
            self.client.close()


@dataclass
class Lines:
    """Each connection serves one mail at a time; only one that took its last mail is kept."""

    make: Callable[[], aiosmtplib.SMTP]
    mails_max: int = _MAILS_MAX
    idle_seconds: float = _IDLE_SECONDS
    _kept: list[Line] = field(default_factory=list)

    async def get(self, sender: str) -> Line:
        """A kept connection that takes this sender, else a new one, which was told nothing yet.

        What a kept one answers to the sender is no verdict on the mail: it may be gone, or have
        had enough of us. Nothing was handed over then.
        """
        if self._kept:
            line = self._pop()
            if await _takes(line, sender):
                return line
            self._drop()
        line = Line(self.make())
        try:
            await line.client.connect()
        except BaseException:
            line.client.close()
            raise
        return line

    async def keep(self, line: Line) -> None:
        """Keep the connection for the next mail, for a short while and not for ever."""
        line.mails += 1
        if line.mails >= self.mails_max:
            await line.leave()
            return
        line.begun = False
        line.idle = asyncio.create_task(self._leave_when_idle(line))
        self._kept.append(line)

    def _pop(self) -> Line:
        line = self._kept.pop()
        if line.idle is not None:
            line.idle.cancel()
        return line

    def _drop(self) -> None:
        """Where one is gone, the others are not asked one by one."""
        while self._kept:
            self._pop().client.close()

    async def _leave_when_idle(self, line: Line) -> None:
        """Cancelled where the next mail takes it, or where all of the notifier ends."""
        try:
            await asyncio.sleep(self.idle_seconds)
        except asyncio.CancelledError:
            if line in self._kept:
                self._kept.remove(line)
                line.client.close()
            raise
        self._kept.remove(line)
        await line.leave()


async def _takes(line: Line, sender: str) -> bool:
    try:
        await line.client.mail(sender)
        line.begun = True
    except (aiosmtplib.SMTPException, OSError):
        return False
    finally:
        if not line.begun:
            line.client.close()
    return True
