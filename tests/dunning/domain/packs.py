"""Small packs for tests, each as little as a rule needs."""

from services.dunning.policy import Pack
from services.dunning.policy.load import loads

HEAD = """
id: test
version: 1
title: {zh: 测试, en: Test}
for: tests
description: a pack for tests
source: none
"""


def pack(body: str) -> Pack:
    """A pack from its steps, reactions and other parts."""
    return loads(HEAD + body)


def steps(*lines: str) -> str:
    """Steps s1, s2, … each given as `when | do` (and `| if: …`)."""
    text = "steps:\n"
    for number, line in enumerate(lines, start=1):
        when, do, *rest = (part.strip() for part in line.split("|"))
        text += f"  - id: s{number}\n    source: rule {number}\n    when: {{{when}}}\n"
        text += "".join(f"    {part}\n" for part in rest)
        text += f"    do: [{do}]\n"
    return text


SMS = "notice: {purpose: reminder, channels: [sms]}"
LETTER = "notice: {purpose: demand, channels: [letter]}"
CALL = "task: {kind: phone_call, owner: collector}"
VISIT = "task: {kind: visit, owner: collector}"
VERIFY = "task: {kind: verify_debt, owner: finance}"
STOP = "restrict: {service: all_service}"
COURT = "legal: {document: complaint}"


def braced(*actions: str) -> str:
    """Several actions in one step."""
    return ", ".join(f"{{{action}}}" for action in actions)


SIMPLE = pack(
    steps(
        f"day: 1 | {braced(SMS)}",
        f"day: 10 | {braced(LETTER)}",
        f"day: 20 | {braced(STOP)}",
        f"day: 40 | {braced(COURT)}",
    )
)
