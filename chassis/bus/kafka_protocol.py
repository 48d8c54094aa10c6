"""Kafka requests that aiokafka lacks or hides: topics with their ids, offsets committed for show.

Topic ids came with version 10 of the metadata request; aiokafka stops at version 5. Layout of
version 12: Kafka protocol guide, https://kafka.apache.org/protocol#The_Messages_Metadata
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

from aiokafka import errors
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

_RETRY_SECONDS = 0.2
_NOT_YET = (
    errors.GroupLoadInProgressError,
    errors.GroupCoordinatorNotAvailableError,
    errors.NotCoordinatorForGroupError,
)
"""What a broker answers that has just started, or just got the group from another one."""
_NO_TOPIC_ID = uuid.UUID(int=0)


class _Uuid(AbstractType[uuid.UUID]):
    @classmethod
    def encode(cls, value: uuid.UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> uuid.UUID:
        return uuid.UUID(bytes=data.read(16))


class _MetadataResponse(Response):
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString()),
                ("port", Int32),
                ("rack", CompactString()),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", CompactString()),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _MetadataRequestV12(RequestStruct):
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", _Uuid), ("topic", CompactString()), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_MetadataRequestV12]):
    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        no_tags: dict[int, bytes] = {}
        self._topics = [(_NO_TOPIC_ID, topic, no_tags) for topic in topics]

    def build(self, request_struct_class: type[_MetadataRequestV12]) -> _MetadataRequestV12:
        return request_struct_class(self._topics, False, False, {})


class TopicDescription(NamedTuple):
    """`replicas` are those of the partition that has the fewest."""

    id: str
    partitions: int
    replicas: int


async def describe_topics(
    client: AIOKafkaClient, topics: Sequence[str]
) -> dict[str, TopicDescription]:
    """Return those of `topics` that exist; asking creates none, whatever the broker's settings."""
    request = _MetadataRequest(sorted(set(topics)))
    response: Any = await _send(client, client.get_random_node(), request)
    found = {}
    for code, topic, topic_id, _, partitions, *_ in response.topics:
        error = errors.for_code(code)
        if error is errors.NoError:
            replicas = min((len(partition[4]) for partition in partitions), default=0)
            found[topic] = TopicDescription(str(topic_id), len(partitions), replicas)
        elif error is not errors.UnknownTopicOrPartitionError:
            raise error(topic)
    return found


async def _send(client: AIOKafkaClient, node: int, request: Any) -> Any:
    """Send what may be sent twice: a broker that ends a connection together with the token it was
    made by (KIP-368) does so at the next request.
    """
    try:
        return await client.send(node, request)
    except errors.KafkaConnectionError:
        return await client.send(node, request)


async def find_coordinator(client: AIOKafkaClient, group: str) -> int:
    """Return the node that keeps a group's offsets, which a young cluster has yet to appoint."""
    while True:
        try:
            node: int = await client.coordinator_lookup(CoordinationType.GROUP, group)
        except errors.GroupCoordinatorNotAvailableError:
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return node


async def commit_offsets(
    client: AIOKafkaClient, group: str, positions: Mapping[tuple[str, int], int]
) -> None:
    """Commit next offsets as a group without members does; a coordinator that has just got the
    group, or has it no more, is asked again.
    """
    topics = defaultdict(list)
    for (topic, partition), offset in positions.items():
        topics[topic].append((partition, offset, ""))
    request = OffsetCommitRequest(
        group,
        OffsetCommitRequest.DEFAULT_GENERATION_ID,
        "",
        OffsetCommitRequest.DEFAULT_RETENTION_TIME,
        list(topics.items()),
    )
    while refusals := await _refusals(client, group, request):
        if not all(isinstance(one, _NOT_YET) for one in refusals):
            raise next(one for one in refusals if not isinstance(one, _NOT_YET))
        await asyncio.sleep(_RETRY_SECONDS)


async def _refusals(client: AIOKafkaClient, group: str, request: Any) -> list[Exception]:
    """What the coordinator of a group has against a request to commit."""
    response: Any = await _send(client, await find_coordinator(client, group), request)
    return [
        errors.for_code(code)(f"{topic}/{partition}")
        for topic, partitions in response.topics
        for partition, code in partitions
        if code
    ]
