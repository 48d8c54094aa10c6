"""What an identifier may look like: 1 to 128 of `A-Z a-z 0-9 . _ : -`."""

import re

LENGTH_MAX = 128
CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-"
CHARACTER = "[A-Za-z0-9_.:-]"
"""One character of an identifier, as a pattern."""
IDENTIFIER = f"{CHARACTER}{{1,{LENGTH_MAX}}}"
"""The pattern of an identifier within a longer one."""
WHOLE = f"^{IDENTIFIER}$"
"""The pattern of an identifier by itself, as published schemas have it."""
FILE_NAME = f"[A-Za-z0-9]{CHARACTER}{{0,{LENGTH_MAX - 1}}}"
"""The pattern of one that can name a file or folder: it begins with a letter or a figure."""
_IDENTIFIER = re.compile(IDENTIFIER)


def is_identifier(text: str) -> bool:
    """Whether a text is an identifier."""
    return _IDENTIFIER.fullmatch(text) is not None
