"""Bytes to messages and back: CloudEvents 1.0 over Kafka, structured and binary mode in, structured
mode out.

A structured message is decoded and checked in one pass: one struct per type, chosen by `type`,
holds the envelope and the data's twin. Only what that pass refuses is looked at again, to name what
is wrong.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache, reduce
from hashlib import blake2b
from operator import attrgetter, or_
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import msgspec

from contracts import refusal
from contracts.base import FIRST_YEAR, LAST_YEAR, OUT_OF_YEARS, Contract
from contracts.characters import refuse_controls, refuse_halves
from contracts.errors import MalformedMessage
from contracts.registry import FOREIGN, MODELS
from contracts.twins import quick_twin, twin
from contracts.words.identifiers import CHARACTERS, IDENTIFIER

CONTENT_TYPE = "application/cloudevents+json"
"""What `encode` writes: structured mode."""
SIZE_MAX = 256 * 1024
"""The size limit of a message, in bytes."""
NO_ACCOUNT = "*"
"""The subject of a message about the creditor as a whole."""

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
_Source = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
_Short = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
_Creditor = Annotated[str, msgspec.Meta(pattern=rf"^{IDENTIFIER}\Z")]
_Subject = Annotated[str, msgspec.Meta(pattern=rf"^({IDENTIFIER}|\*)\Z")]
_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Message(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="type"):
    """A message as it was read; there is a struct of it for each type.

    `data` has the attributes of the model that `type` names; `subject` is the account, or `*` for
    the creditor as a whole; `time` is aware, in UTC.
    """

    type: ClassVar[str]
    specversion: Literal["1.0"]
    id: _Id
    source: _Source
    subject: str = NO_ACCOUNT
    time: _Time
    creditor: _Short
    data: Any
    correlationid: _Id | None = None
    causationid: _Id | None = None
    traceparent: _Id | None = None


class _Attributes(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The envelope as `encode` writes it, without the data."""

    specversion: str
    id: _Id
    source: _Source
    type: str
    subject: _Subject
    time: _Time
    datacontenttype: str
    creditor: _Creditor
    correlationid: _Id | None = None
    causationid: _Id | None = None
    traceparent: _Id | None = None


class _Decoding(NamedTuple):
    """What is to be known of a type's struct: the identifiers whose characters are still to be
    looked at (a text with a place for each, and what reads them), whether the data may name an
    account, and whether it comes from others.

    Of a payment, `places` is "%s%s%s" and `identifiers` reads payment_id, account_id and method:
    with the creditor they make one text such as "P-1A-7cashacme", whose characters are looked at
    together.
    """

    places: str
    identifiers: Callable[[Any], Any]
    account: bool
    foreign: bool


def _message(model: type[Contract], data: type[msgspec.Struct], creditor: Any) -> type[Message]:
    struct: Any = msgspec.defstruct(
        f"{model.__name__}Message",
        [("creditor", creditor), ("data", data)],
        bases=(Message,),
        namespace={"type": model.TYPE},
        tag=model.TYPE,
        frozen=True,
        gc=False,
        kw_only=True,
    )
    message: type[Message] = struct
    return message


def _decoder(messages: Iterable[type[Message]]) -> Callable[[bytes], Any]:
    """The decoder of a union: it finds `type`, and with it the struct, wherever it stands."""
    union: Any = reduce(or_, messages)
    return msgspec.json.Decoder(union).decode


def _nothing(_data: Any) -> tuple[()]:
    return ()


def _quick() -> tuple[Callable[[bytes], Any], dict[type, _Decoding]]:
    decodings: dict[type, _Decoding] = {}
    for model in MODELS.values():
        data, identifiers = quick_twin(model)
        message = _message(model, data, _Short)
        read = attrgetter(*identifiers) if identifiers else _nothing
        has_account = "account_id" in model.model_fields
        foreign = model.TOPIC == FOREIGN
        decodings[message] = _Decoding("%s" * len(identifiers), read, has_account, foreign)
    return _decoder(decodings), decodings


@cache
def _strict() -> Callable[[bytes], Any]:
    """The decoder that checks everything by itself and so names what does not fit."""
    return _decoder([_message(model, twin(model), _Creditor) for model in MODELS.values()])


_decode_any, _DECODINGS = _quick()
_encode_canonical = msgspec.json.Encoder(order="deterministic").encode
_encode_attributes = msgspec.json.Encoder().encode


def decode(value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> Message:
    """Read a message from its Kafka value and headers.

    Raises `MalformedMessage` naming the field that does not fit, and `UnknownType` for a CloudEvent
    no contract describes. Control characters are refused here and not by the published schemas,
    which were taken without that.
    """
    if len(value) > SIZE_MAX:
        raise MalformedMessage("message", f"is {len(value)} bytes, more than {SIZE_MAX}")
    if len(headers) > 1 or (headers and headers[0][1] != _STRUCTURED):
        value = refusal.structured(value, headers)
    try:
        message: Message = _decode_any(value)
        places, identifiers, about_account, foreign = _DECODINGS[type(message)]
        data = message.data
        texts = places % identifiers(data) + message.creditor
        if texts.encode().translate(None, CHARACTERS):
            _strict()(value)  # raises, and names the field
            raise MalformedMessage("message", "has an identifier of other characters")
        if _ESCAPE in value or _DELETE in value or _LEAD_OF_C1 in value:  # else: no control
            refuse_controls(value, message, lines=not foreign)
            refuse_halves(value)
        time = message.time
        if not FIRST_YEAR <= time.year <= LAST_YEAR:
            raise MalformedMessage("time", OUT_OF_YEARS)
        if time.tzinfo is not UTC:
            message = msgspec.structs.replace(message, time=time.astimezone(UTC))
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError) as error:
        raise refusal.explain(value, error, MODELS) from None
    account = data.account_id if about_account else None
    if message.subject != (account or NO_ACCOUNT):
        raise MalformedMessage("subject", _wrong_subject(account))
    return message


_STRUCTURED = CONTENT_TYPE.encode()
_ESCAPE, _DELETE, _LEAD_OF_C1 = 0x5C, 0x7F, 0xC2  # looked for as integers: a quarter of the time


def _wrong_subject(account: str | None) -> str:
    if account is None:
        return f"must be {NO_ACCOUNT} or left out: the message names no account"
    return "must be the account the data names"


def encode(
    data: Contract,
    *,
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    source: str,
    time: datetime,
    creditor: str,
    subject: str,
    correlationid: str | None = None,
    causationid: str | None = None,
    traceparent: str | None = None,
) -> bytes:
    """Write a message in structured mode; the same arguments give the same bytes.

    Envelope and data are written apart, by what is quickest for each, and joined as text:

        {"specversion":"1.0",…,"creditor":"acme"    the envelope, its last brace cut off
        ,"data":
        {"item_id":"I-1","amount":500}              the data
        }

    `data` is a model that pydantic has checked; what is `None` is left out. Raises
    `MalformedMessage` when the envelope does not fit or the message is too large.
    """
    attributes = _Attributes(
        specversion="1.0",
        id=id,
        source=source,
        type=data.TYPE,
        subject=subject,
        time=time.astimezone(UTC),
        datacontenttype="application/json",
        creditor=creditor,
        correlationid=correlationid,
        causationid=causationid,
        traceparent=traceparent,
    )
    _check_envelope(attributes, getattr(data, "account_id", None))
    body = data.__pydantic_serializer__.to_json(data, exclude_none=True, by_alias=True)
    value = b"".join((_encode_attributes(attributes)[:-1], b',"data":', body, b"}"))
    if len(value) > SIZE_MAX:
        raise MalformedMessage("message", f"is {len(value)} bytes, more than {SIZE_MAX}")
    return value


def _check_envelope(attributes: _Attributes, account: str | None) -> None:
    try:
        msgspec.convert(msgspec.structs.asdict(attributes), _Attributes)
    except msgspec.ValidationError as error:
        raise refusal.malformed(error) from None
    if attributes.subject != (account or NO_ACCOUNT):
        raise MalformedMessage("subject", _wrong_subject(account))


class BodyHash:
    """Eight bytes that tell a changed message from a repeated one: of its type, creditor and data,
    however they were written, and of a key where there is one.
    """

    def __init__(self, key: bytes = b"") -> None:
        # A copy of a hash that has read the type is made in a third of the time of a new hash.
        self._begun = {
            name: blake2b(f"{name}\0".encode(), key=key, digest_size=8) for name in MODELS
        }

    def of(self, message: Message) -> bytes:
        """The hash of a message."""
        hashed = self._begun[message.type].copy()
        hashed.update(_encode_canonical((message.creditor, message.data)))
        return hashed.digest()


BARE = BodyHash()
"""Without a key: anybody can compute it."""
