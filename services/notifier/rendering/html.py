"""The text of an e-mail set as a page, for readers that show one: the same words, nothing added."""

import re
from html import escape

_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1a1a1a;\
font:16px/1.6 'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif">
<div style="max-width:640px;margin:0 auto">
<h1 style="margin:0 0 24px;font-size:20px;line-height:1.4">{title}</h1>
{paragraphs}
</div>
</body>
</html>
"""
_PARAGRAPH = '<p style="margin:0 0 16px">{lines}</p>'


def page(subject: str, body: str, language: str = "") -> str:
    """A page of a subject and a plain text; its paragraphs are what empty lines part.

    It loads nothing, links nowhere and needs no style sheet: mail programs drop these.
    """
    paragraphs = (one for one in _PARAGRAPHS.split(body.strip()) if one)
    return _PAGE.format(
        language=escape(language or "und"),
        title=escape(subject),
        paragraphs="\n".join(_PARAGRAPH.format(lines=_lines(one)) for one in paragraphs),
    )


def _lines(paragraph: str) -> str:
    return "<br>\n".join(escape(line.rstrip()) for line in paragraph.splitlines())
