"""Text messages over SMPP 3.4.

A message centre cannot be asked for a message by a key of ours: what is silent is in doubt.
"""

import asyncio
from dataclasses import dataclass, field

from smpp34 import Client, SmppError, Smsc, SubmitSmResp

from services.notifier.adapters.gateway import Lookup, Parcel
from services.notifier.domain.commands import AttemptResult
from services.notifier.domain.parts import cut

_UCS2 = 8
_HAS_HEADER = 0x40
_INTERNATIONAL, _TELEPHONE = 1, 1
_LATER = frozenset({0x14, 0x58})
"""Its queue is full, or we are too fast."""


@dataclass
class SmppGateway:
    """Binds when the first message comes, and again after the link was lost."""

    client: Client
    source: str
    _bound: Smsc | None = None
    _binding: asyncio.Lock = field(default_factory=asyncio.Lock)
    _reference: int = 0

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Submit the message in parts. Once a part may have been taken nothing is tried again."""
        try:
            bound = await self._bind()
        except (SmppError, OSError) as error:
            self._bound = None
            return AttemptResult("unavailable", reason=f"smpp.{type(error).__name__}")
        ids: list[str] = []
        for short, coding in self._messages(parcel.body):
            try:
                answer = await self._submit(bound, parcel.to, short, coding)
            except (SmppError, OSError) as error:
                self._bound = None
                return AttemptResult("unknown", reason=f"smpp.{type(error).__name__}")
            if not answer.is_success:
                return _refused(answer, is_begun=bool(ids))
            ids.append(answer.message_id or "")
        return AttemptResult("accepted", reference=ids[0], parts=tuple(ids))

    async def find(self, parcel: Parcel) -> Lookup:
        """Nobody can be asked: the channel's written rule decides."""
        return Lookup("cannot_tell")

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """The centre deletes by its own contract; nothing is kept here."""

    async def _bind(self) -> Smsc:
        async with self._binding:
            if self._bound is None or not await self.client.is_alive():
                self._bound = await self.client.connect()
            return self._bound

    async def _submit(self, bound: Smsc, to: str, short: bytes, coding: int) -> SubmitSmResp:
        has_header = short[:1] == b"\x05"
        return await bound.submit_sm(
            to.lstrip("+"),
            short,
            source_addr=self.source,
            dest_addr_ton=_INTERNATIONAL,
            dest_addr_npi=_TELEPHONE,
            esm_class=_HAS_HEADER if has_header else 0,
            data_coding=coding,
        )

    def _messages(self, text: str) -> list[tuple[bytes, int]]:
        coding = 0 if text.isascii() and not {*text} & {*"`^{}[]~|\\@$_"} else _UCS2
        encoding = "ascii" if coding == 0 else "utf-16-be"
        parts = cut(text, *((160, 153) if coding == 0 else (70, 67)))
        if len(parts) == 1:
            return [(text.encode(encoding), coding)]
        self._reference = (self._reference + 1) % 256
        return [
            (bytes((5, 0, 3, self._reference, len(parts), at)) + part.encode(encoding), coding)
            for at, part in enumerate(parts, start=1)
        ]


def bound_to(
    host: str, port: int, system_id: str, password: str, *, source: str, tls: bool
) -> SmppGateway:
    """A gateway that binds to a message centre as transceiver."""
    client = Client(host, port, system_id, password, bind_type="TRX", tls=tls, window_size=10)
    return SmppGateway(client, source)


def _refused(answer: SubmitSmResp, *, is_begun: bool) -> AttemptResult:
    reason = f"smpp_{answer.command_status:#x}"
    if is_begun:
        return AttemptResult("unknown", reason=reason)
    if answer.command_status in _LATER:
        return AttemptResult("unavailable", reason=reason)
    return AttemptResult("refused", reason=reason)
