"""E-mail addresses in a field: `Accounts <a@example.com>; b＠example.com（财务）`."""

import re

from email_validator import EmailNotValidError, validate_email

from contracts.words.addresses.field import plain, without_remarks

_QUOTED_NAME = re.compile(r'"[^"]*"\s*(?=<)')
_NAMED = re.compile(r"[^;,、/|<>]*<([^<>]*)>")
_AROUND_AT = re.compile(r"\s*@\s*")
_QUERY = re.compile(r"(@[^\s?;,]*)\?[^\s;,]*")
_SEPARATORS = re.compile(r'[;,、/|:<>"\s]')
_ASCII_NAME = re.compile(r"[!-~]+@\S+")
_TEXT_BEHIND = re.compile(r"(@[A-Za-z0-9.-]+\.[A-Za-z]{2,})[^\x00-\x7f][^.]*$")
_ENDS = ".'`!?…-_*"


def mail_addresses(raw: str) -> list[str]:
    """The valid addresses of a field in the order they stand there, each once, in ASCII.

    Of `Name <address>` it is the address; those in brackets count only where there are no others.
    Nothing is looked up.
    """
    text = _QUOTED_NAME.sub("", plain(raw).replace("。", "."))
    outside, remarks = without_remarks(text)
    return _all(outside) or _all(remarks)


def _all(text: str) -> list[str]:
    text = _QUERY.sub(r"\1", _AROUND_AT.sub("@", _NAMED.sub(r";\1;", text)))
    found = (_address(one) for one in _SEPARATORS.split(text) if "@" in one)
    return list(dict.fromkeys(one for one in found if one))


def _address(word: str) -> str | None:
    """The address in a word that may be grown together with text of another script."""
    bare = _ASCII_NAME.search(_TEXT_BEHIND.sub(r"\1", word))
    try:
        valid = validate_email(
            bare[0].strip(_ENDS) if bare else "",
            allow_smtputf8=False,
            check_deliverability=False,
            test_environment=True,
        )
    except EmailNotValidError:
        return None
    return valid.ascii_email if "." in valid.domain else None
