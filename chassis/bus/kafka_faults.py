"""Which failures of Kafka may pass, and which say that the set-up is wrong."""

import contextlib
from collections.abc import Iterator

from aiokafka import errors

from chassis.errors import Malformed, Misconfigured, Transient

_SET_UP = (
    errors.AuthenticationFailedError,
    errors.AuthenticationMethodNotSupported,
    errors.ClusterAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.IncompatibleBrokerVersion,
    errors.SaslAuthenticationFailed,
    errors.TopicAuthorizationFailedError,
    errors.UnsupportedCodecError,
    errors.UnsupportedSaslMechanismError,
    errors.UnsupportedVersionError,
)

_TOO_LARGE = (
    errors.MessageSizeTooLargeError,
    errors.RecordListTooLargeError,
    errors.RecordTooLargeError,
)


@contextlib.contextmanager
def kafka_faults() -> Iterator[None]:
    """Turn the client's errors into the project's; what is not known to be final is `Transient`."""
    try:
        yield
    except _TOO_LARGE as error:
        raise Malformed(f"Kafka refuses the message for its size: {error}") from error
    except _SET_UP as error:
        raise Misconfigured(f"Kafka refuses the client: {error!r}") from error
    except (errors.KafkaError, OSError) as error:  # OSError includes TimeoutError
        raise Transient(f"Kafka did not answer: {error!r}") from error
