"""Reports of mail servers: after RFC 3464, and as providers write them who do not keep to it."""

from base64 import b64encode

ID = "<n-1%3Aa@hospital.example>"
"""The Message-ID of notice `n-1:a`."""

RETURNED = f"""\
From: notices@hospital.example
To: zhang@example.com
Subject: =?utf-8?b?6LS555So5YKs57y05Ye9?=
Message-ID: {ID}

text
"""


def report(
    *fields: str,
    to: str = "bounces@hospital.example",
    returned: str = RETURNED,
    kind: str = "message/rfc822",
) -> bytes:
    """A delivery report with these fields of a recipient."""
    return "\n".join(
        [
            "Return-Path: <>",
            "From: Mail Delivery System <MAILER-DAEMON@mx.example.com>",
            f"To: {to}",
            "Subject: Undelivered Mail Returned to Sender",
            "Date: Tue, 10 Mar 2026 14:40:00 +0800",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            "I'm sorry to have to inform you ...",
            "",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.example.com",
            "",
            "Final-Recipient: rfc822; zhang@example.com",
            *fields,
            "",
            "--b",
            f"Content-Type: {kind}",
            "",
            returned,
            "--b--",
            "",
        ]
    ).encode()


HARD = ("Action: failed", "Status: 5.1.1", 'Diagnostic-Code: smtp; 550 5.1.1 unknown user "zhang"')
FULL = ("Action: failed", "Status: 5.2.2 (mailbox full)")
LATE = ("Action: delayed", "Status: 4.4.1", "Will-Retry-Until: Fri, 13 Mar 2026 14:40:00 +0800")
EXPIRED = ("Action: failed", "Status: 4.4.7")
DELIVERED = ("Action: delivered", "Status: 2.0.0")

_WORDS = """\
<html><body><p>抱歉，您的邮件被退回来了……</p>
<p>收件人邮件地址（{to}）不存在，邮件无法送达。</p>
<p>host mx.example.com said: {code} (in reply to RCPT TO command)</p></body></html>
"""


def in_chinese(
    code: str, charset: str = "gb18030", sender: str = "Postmaster@qq.example", extra: str = ""
) -> bytes:
    """A provider that returns mail with a page in its own words, and the mail attached."""
    words = _WORDS.format(to="zhang@example.com", code=code).encode(charset)
    lines = [
        f"From: =?gb18030?b?{b64encode('系统管理员'.encode('gb18030')).decode()}?= <{sender}>",
        "To: bounces@hospital.example",
        f"Subject: =?gb18030?b?{b64encode('系统退信'.encode('gb18030')).decode()}?=",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="c"',
        "",
        "--c",
        f"Content-Type: text/html; charset={charset}",
        "Content-Transfer-Encoding: base64",
        "",
        b64encode(words).decode(),
        "--c",
        "Content-Type: message/rfc822",
        "",
        extra or RETURNED,
        "--c--",
        "",
    ]
    return "\n".join(lines).encode()


QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@mail.example.cn
To: bounces@hospital.example
Subject: failure notice

Hi. This is the qmail-send program at mail.example.cn.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<zhang@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{RETURNED}
""".encode()

ANSWER = f"""\
From: Zhang <zhang@example.com>
To: notices@hospital.example
Subject: Re: demand
In-Reply-To: {ID}
Content-Type: text/plain

I paid 550 yesterday, see receipt 5.1.1. Your mail said: message undeliverable?
""".encode()

AWAY = f"""\
From: Zhang <zhang@example.com>
To: notices@hospital.example
Auto-Submitted: auto-replied
Subject: Out of office
In-Reply-To: {ID}

Back on Monday.
""".encode()

NO_REPORT = b"\xff\xfe\x00 not a mail at all\r\n\r\n\x80"
"""Rubbish."""
