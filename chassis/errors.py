"""The errors of the domain, one small tree.

    ArrearsError
    ├── Rejected          the rules say no: the sentence says which and why
    ├── Conflict          somebody else was first; trying again from the new state may succeed
    ├── Malformed         input that does not fit its schema; names the field
    ├── NotFound          what the request names does not exist (here, or yet)
    ├── Forbidden         the caller may not do this
    ├── Busy              the same is being done for the caller already; ask again later
    ├── Elsewhere         another database of the service has it: ask an instance on that
    ├── BadAnswer         another service answered what its callers cannot use
    ├── Transient         a dependency did not answer; the same attempt may succeed later
    ├── Misconfigured     the set-up is wrong; trying again will not help
    │   └── WrongSchema   a store is laid out for an earlier or a later version
    └── BrokenInvariant   a fault of our own; the work is stopped rather than done wrong

What HTTP answers is in `chassis.http`, what a consumer does in `chassis.runtime.consumer`; a test
holds every class to be in both.
"""


class ArrearsError(Exception):
    """The root of all errors the project raises on purpose."""


class Rejected(ArrearsError):
    """The rules refuse a command."""


class Conflict(ArrearsError):
    """The state changed under the command."""


class Malformed(ArrearsError):
    """Input does not fit its schema."""


class NotFound(ArrearsError):
    """The thing named is not known."""


class Forbidden(ArrearsError):
    """The caller lacks the role or the creditor scope."""


class Busy(ArrearsError):
    """Too much is asked for at once."""


class Elsewhere(ArrearsError):
    """The lane asked for is in another database of the service."""


class BadAnswer(ArrearsError):
    """Another service of ours did not do what it was asked, and will not by itself."""


class Transient(ArrearsError):
    """A dependency failed in a way that may pass."""


class Misconfigured(ArrearsError):
    """The set-up contradicts itself or the store."""


class WrongSchema(Misconfigured):
    """A schema is older or newer than this version, or not there."""


class BrokenInvariant(ArrearsError):
    """Something that must hold does not."""
