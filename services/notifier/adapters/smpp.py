"""Text messages over SMPP 3.4.

A message centre cannot be asked for a message by a key of ours: what is silent is in doubt.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from smpp34 import SmppError, Smsc, SubmitSmResp

from services.notifier.adapters.gateway import Lookup, Parcel
from services.notifier.adapters.smpp_link import Link
from services.notifier.adapters.smpp_receipts import ReceiptIds, as_answered
from services.notifier.domain.commands import AttemptResult
from services.notifier.domain.parts import ascii_or_ucs2, cut_as

_UCS2 = 8
_HAS_HEADER = 0x40
_INTERNATIONAL, _TELEPHONE = 1, 1
_FINAL_RECEIPT = 1
_LATER = frozenset({0x14, 0x58})
"""Its queue is full, or we are too fast."""


@dataclass
class SmppGateway:
    """Submits messages over a link; `timeout_seconds` is the longest wait for an answer."""

    link: Link
    source: str
    receipt_ids: ReceiptIds = "same"
    timeout_seconds: float = 15

    async def send(self, parcel: Parcel) -> AttemptResult:
        """Submit the message in parts. Once a part may have been taken nothing is tried again."""
        try:
            bound = await self.link.bound()
        except (SmppError, OSError) as error:
            return AttemptResult("unavailable", reason=f"smpp.{type(error).__name__}")
        submits = (self._submit(bound, parcel.to, *one) for one in _messages(parcel))
        answers = await asyncio.gather(*submits, return_exceptions=True)
        return self._result(answers)

    async def find(self, parcel: Parcel) -> Lookup:
        """Nobody can be asked: the channel's written rule decides."""
        return Lookup("cannot_tell")

    async def forget(self, creditor: str, channel: str, notice_id: str) -> None:
        """The centre deletes by its own contract; nothing is kept here."""

    def _result(self, answers: Sequence[SubmitSmResp | BaseException]) -> AttemptResult:
        for answer in answers:
            if isinstance(answer, SmppError | OSError):
                return AttemptResult("unknown", reason=f"smpp.{type(answer).__name__}")
            if isinstance(answer, BaseException):
                raise answer
        given = [one for one in answers if not isinstance(one, BaseException)]
        refused = [one for one in given if not one.is_success]
        if refused:
            return _refused(refused[0], is_begun=len(refused) < len(given))
        ids = tuple(as_answered(one.message_id or "", self.receipt_ids) for one in given)
        return AttemptResult("accepted", reference=ids[0], parts=ids)

    async def _submit(self, bound: Smsc, to: str, short: bytes, coding: int) -> SubmitSmResp:
        has_header = short[:1] == b"\x05"
        submit = bound.submit_sm(
            to.lstrip("+"),
            short,
            source_addr=self.source,
            dest_addr_ton=_INTERNATIONAL,
            dest_addr_npi=_TELEPHONE,
            esm_class=_HAS_HEADER if has_header else 0,
            registered_delivery=_FINAL_RECEIPT,
            data_coding=coding,
        )
        return await asyncio.wait_for(submit, self.timeout_seconds)


def _messages(parcel: Parcel) -> list[tuple[bytes, int]]:
    """What is submitted; all processes number a notice's parts alike, and notices differ."""
    alphabet = ascii_or_ucs2(parcel.body)
    coding, encoding = (_UCS2, "utf-16-be") if alphabet == "ucs2" else (0, "ascii")
    parts = cut_as(parcel.body, alphabet)
    if len(parts) == 1:
        return [(parcel.body.encode(encoding), coding)]
    named = crc32(parcel.notice_id.encode()) % 256
    return [
        (bytes((5, 0, 3, named, len(parts), at)) + part.encode(encoding), coding)
        for at, part in enumerate(parts, start=1)
    ]


def _refused(answer: SubmitSmResp, *, is_begun: bool) -> AttemptResult:
    reason = f"smpp_{answer.command_status:#x}"
    if is_begun:
        return AttemptResult("unknown", reason=reason)
    if answer.command_status in _LATER:
        return AttemptResult("unavailable", reason=reason)
    return AttemptResult("refused", reason=reason)
