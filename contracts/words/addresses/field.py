"""What fields have in common: characters of any width, several entries, remarks in brackets."""

import re
from collections.abc import Callable
from unicodedata import category, normalize

_ROUND = str.maketrans("[{【〔〖《「『]}】〕〗》」』", "((((((((" + "))))))))")
_INNERMOST = re.compile(r"\(([^()]*)\)")
_UNCLOSED = re.compile(r"\([^()]*$")
_BREAKS = re.compile(r"[\r\n\t\v\f\u2028\u2029]+")


def plain(raw: str) -> str:
    """The text in one width, without invisible characters; a line break separates entries."""
    text = normalize("NFKC", _BREAKS.sub(";", raw))
    return "".join(char for char in text if category(char) not in ("Cf", "Cc"))


def without_remarks(
    text: str, belongs: Callable[[re.Match[str]], bool] = lambda _: False
) -> tuple[str, str]:
    """What stands outside brackets and what stands in them; `belongs` tells brackets that are part
    of an entry. A remark separates entries.
    """
    remarks: list[str] = []

    def taken_out(found: re.Match[str]) -> str:
        if belongs(found):
            return found[0]
        remarks.append(found[1])
        return ";"

    text, before = text.translate(_ROUND), ""
    while text != before:
        before, text = text, _INNERMOST.sub(taken_out, text)
    remarks += [one[0][1:] for one in _UNCLOSED.finditer(text)]
    return _UNCLOSED.sub("", text), ";".join(remarks)
