"""Delivery receipts of message centres, read as bytes: behind `text:` there may be anything."""

import re
from typing import Literal, NamedTuple, TypeAlias

from smpp34 import DeliverSmEvent, Tlv

from contracts.words.vocabulary import DeliveryResult

ReceiptIds: TypeAlias = Literal["same", "decimal", "hexadecimal"]
"""How receipts name a message: as the answer did, or in decimal what was answered in hexadecimal,
or the other way round."""

_MESSAGE_ID, _MESSAGE_STATE = 0x1E, 0x427
_KIND, _RECEIPT = 0x3C, 0x04
_ID = re.compile(rb"\bid:\s*([!-~]{1,65})")
_STATE = re.compile(rb"\bstat:\s*([A-Za-z]+)")
_STATES: dict[bytes, DeliveryResult] = {
    b"DELIVRD": "delivered",
    b"EXPIRED": "failed",
    b"DELETED": "failed",
    b"UNDELIV": "failed",
    b"REJECTD": "failed",
}
_NUMBERS: dict[int, DeliveryResult] = {
    2: "delivered",
    3: "failed",
    4: "failed",
    5: "failed",
    8: "failed",
}


class Receipt(NamedTuple):
    """What became of one part of a message, named as in the answer to it."""

    part: str
    result: DeliveryResult


def read(event: DeliverSmEvent, ids: ReceiptIds) -> Receipt | None:
    """The receipt in an event; None for any other message and for a state that is not final."""
    if event.esm_class & _KIND != _RECEIPT:
        return None
    head, _, _ = event.short_message.partition(b"text:")
    tlvs = {one.tag: one for one in event.tlvs}
    named = _ID.search(head)
    if named is not None:
        part = _converted(named[1].decode("ascii"), ids)
    else:
        part = as_answered(_text(tlvs.get(_MESSAGE_ID)), ids)
    result = _result(head, tlvs.get(_MESSAGE_STATE))
    return Receipt(part, result) if part and result else None


def as_answered(part: str, ids: ReceiptIds) -> str:
    """An answered id in the form it is looked up by."""
    return part if ids == "same" else part.lower().lstrip("0") or "0"


def _converted(part: str, ids: ReceiptIds) -> str:
    try:
        if ids == "decimal":
            return f"{int(part):x}"
        if ids == "hexadecimal":
            return str(int(part, 16))
    except ValueError:
        return as_answered(part, ids)
    return part


def _result(head: bytes, state: Tlv | None) -> DeliveryResult | None:
    told = _STATE.search(head)
    if told is not None:
        return _STATES.get(told[1].upper()[:7])
    number = state.as_int() if state is not None else None
    return None if number is None else _NUMBERS.get(number)


def _text(tlv: Tlv | None) -> str:
    return "" if tlv is None else tlv.value.rstrip(b"\0").decode("ascii", "replace")
