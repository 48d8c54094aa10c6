"""What is wrong with a text is said when it is saved: where, and what."""

from pathlib import Path

import pytest

from services.notifier.domain.texts import Place
from services.notifier.rendering.checking import Checker
from services.notifier.rendering.civility import words_for
from services.notifier.rendering.templates import BUILT_IN, Templates
from services.notifier.settings import NotifierSettings
from tests.notifier.conftest import Open
from tests.notifier.templates.test_in_use import PATH, draft, propose
from tests.notifier.world import World

GOOD = "{{ name }}：账户{{ account }}欠费{{ total }}，请于{{ pay_by }}前缴清。"
CHECKER = Checker(Templates(), lambda _creditor: words_for(), sms_parts_max=8)


def check(text: str, *, name: str = "demand", group: str = "sms") -> list[str]:
    place = Place("*", "zh", name, group)
    return [f"{one.severity} {one}" for one in CHECKER.check("acme", place, text)]


def test_the_built_in_texts_keep_to_what_is_asked_of_a_creditors() -> None:
    paths = sorted(BUILT_IN.rglob("[a-z]*.j2"))
    assert len(paths) > 40
    for path in paths:
        name, group, _ = path.name.split(".")
        place = Place("*", path.parent.name, name, group)
        assert CHECKER.check("acme", place, path.read_text()) == [], path


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (GOOD + "\n{{ total", "error line 2: syntax"),
        (GOOD + "\n{% if x %}", "error line 2: "),
        (GOOD + "\n{{ discount }}", "error line 2: unknown variable discount"),
        (
            GOOD + "\n{% for one in items %}\n{{ one.amonut }}{% endfor %}",
            "error line 3: unknown variable one.amonut",
        ),
        (GOOD + "\n{{ (items | first).amonut }}", "error line 2: sample person"),
        (GOOD + "\n{{ 7 // (items | length - 12) }}", "error line 2: sample person_many"),
        (GOOD + "\n{% include 'en/_parts.j2' %}", "error line 2: only zh/"),
        (GOOD + "\n{% include policy + '.j2' %}", "error line 2: "),
        (GOOD + "\n您这个老赖", "error line 2: “老赖”: an insult"),
        (GOOD + "{{ '老' }}{{ '赖' }}", "error “老赖” in the text as sent"),
        (GOOD.replace("{{ total }}", ""), "error does not say the amount"),
        (GOOD.replace("{{ account }}", ""), "error does not say the account"),
        (GOOD.replace("{{ pay_by }}", ""), "error does not say the last day"),
        (GOOD + "请" * 480, "warning lists fewer"),
    ],
)
def test_each_fault_is_named_with_its_place(text: str, wanted: str) -> None:
    assert any(one.startswith(wanted) for one in check(text)), check(text)


def test_a_good_text_has_no_faults_and_a_reminder_needs_no_last_day() -> None:
    assert check(GOOD) == []
    assert check(GOOD.replace("{{ pay_by }}", ""), name="reminder") == []


def test_a_text_message_has_so_many_parts_at_most() -> None:
    few = Checker(Templates(), lambda _creditor: {}, sms_parts_max=2)
    place = Place("*", "zh", "demand", "sms")
    assert few.check("acme", place, GOOD) == []
    (found,) = {str(one) for one in few.check("acme", place, GOOD + "请" * 130)}
    assert found.endswith("at most 2 are sent")


def test_words_of_english_are_whole_words_in_any_case() -> None:
    place = Place("*", "en", "demand", "email")
    text = "Demand\n{{ total }} {{ account }} {{ pay_by }}\nPay or\nface JAIL"
    (found,) = CHECKER.check("acme", place, text)
    assert (found.line, "jail" in found.message) == (4, True)
    assert CHECKER.check("acme", place, text.replace("JAIL", "thiefless jailer")) == []


def test_an_operator_adds_words_for_all_and_for_one_creditor(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("滞纳: say late fee\n")
    (tmp_path / "acme.txt").write_text("# ours\n催缴: we ask\n")
    own = NotifierSettings(civility={"*": tmp_path / "all.txt", "acme": tmp_path / "acme.txt"})
    assert {"滞纳", "催缴", "老赖"} <= own.uncivil_words("acme").keys()
    assert "催缴" not in own.uncivil_words("other")
    assert "滞纳" in own.uncivil_words("other")


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in items %}{% for b in items %}x{% endfor %}{% endfor %}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) * 2 }}{% endif %}{% endmacro %}{{ m(60) }}",
        "{% set a = 'xxxxxxxx' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
        "{% set a %}x{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60,
        "{{ name | center(99999999999) }}",
        "{{ 'x' | center(99999999999) }}",
        "{{ name.ljust(99999999999) }}",
        "{% with a = name ~ name %}{% with b = a ~ a %}{{ b }}{% endwith %}{% endwith %}",
        "{% block a %}x{% endblock %}{% block b %}{{ self.a() }}{{ self.a() }}{% endblock %}",
        "{% for a in range(99999) %}x{% endfor %}",
        "{% for a in items recursive %}{{ loop(items) }}{% endfor %}",
    ],
)
def test_what_would_take_long_or_fill_the_memory_is_refused_unseen(text: str) -> None:
    found = check(GOOD + "\n" + text)
    assert found
    assert all(one.startswith("error line 2: ") for one in found), found


async def test_a_faulty_text_is_not_saved(world: World) -> None:
    refused = await propose(world, FAULTY)
    assert refused.status_code == 422
    assert "line 2: unknown variable discount" in refused.json()["detail"]
    async with world.client("manager") as client:
        assert (await client.get(PATH)).json()["items"] == []


FAULTY = "账户{{ account }}欠费{{ total }}\n{{ discount }}"


async def test_a_preview_shows_the_message_its_parts_and_its_faults(open_world: Open) -> None:
    world = await open_world()
    await world.terms()
    await world.debtor()
    await world.owes(830000)
    await world.run()
    text = "{{ name }}，账户{{ account }}欠费{{ total }}。"
    async with world.client("manager") as client:
        sample = (await client.post(f"{PATH}/preview", json=draft(text))).json()
        own = draft(text, account_id="P-1")
        real = (await client.post(f"{PATH}/preview", json=own)).json()
        built_in = {"language": "zh", "name": "demand", "group": "sms", "sample": "company_many"}
        shown = (await client.post(f"{PATH}/preview", json=built_in)).json()
        faulty = (await client.post(f"{PATH}/preview", json=draft(text + "\n老赖"))).json()
        endless = await client.post(f"{PATH}/preview", json=draft(text + "{{ name.ljust(9) }}"))
        nobody = await client.post(f"{PATH}/preview", json=draft(text, account_id="P-9"))
    async with world.client("finance") as client:
        forbidden = await client.post(f"{PATH}/preview", json=own)
    assert (sample["body"][:4], sample["parts"], sample["findings"]) == ("欧阳明轩", 1, [])
    assert sample["characters"] == len(sample["body"])
    assert real["body"] == "张三丰，账户P-1欠费人民币 8,300.00 元。"
    assert (shown["template"], shown["parts"] > 1) == ("", True)
    assert [(one["severity"], one["line"]) for one in faulty["findings"]] == [("error", 2)]
    assert (endless.status_code, nobody.status_code, forbidden.status_code) == (422, 404, 403)


async def test_a_letter_is_previewed_as_pdf(world: World) -> None:
    text = "通知\n\n{{ name }}：账户{{ account }}欠费{{ total }}。"
    async with world.client("manager") as client:
        letter = draft(text, group="paper", name="arrears_notice")
        answer = await client.post(f"{PATH}/preview/pdf", json=letter)
        refused = await client.post(f"{PATH}/preview/pdf", json=draft(text))
    assert answer.content.startswith(b"%PDF-")
    assert refused.status_code == 422
