"""A pack in words and as a diagram: every rule is there, with its clause, in the field's words."""

import re
from typing import Any, get_args

import pytest
import yaml
from pydantic import TypeAdapter

from contracts.words.vocabulary import Channel, Document, Purpose
from services.dunning.policy import available, diagram, explain, figures, get, with_parameters
from services.dunning.policy.actions import Action
from services.dunning.policy.conditions import Condition, Single
from services.dunning.policy.explain import words as put
from services.dunning.policy.explain.actions import clauses
from services.dunning.policy.explain.conditions import condition
from services.dunning.policy.explain.timing import trigger
from services.dunning.policy.triggers import SingleTrigger, Trigger
from services.dunning.policy.vocabulary import TaskKind
from tests.dunning.domain.packs import CALL, SMS, STOP, braced, pack, steps
from tests.dunning.policy import mermaid

NAMES = sorted({one.id for one in available()})
FIELD_NAME = re.compile(r"[a-z]+_[a-z_]+|\b(True|False|None)\b|[{}]")


@pytest.mark.parametrize("name", NAMES)
class TestEveryPack:
    def test_reads_without_a_name_of_the_format(self, name: str) -> None:
        assert FIELD_NAME.findall(explain(get(name))) == []

    def test_names_the_clause_of_every_rule(self, name: str) -> None:
        text = explain(get(name))
        for entry in get(name).entries:
            assert f". [{entry.source}]" in text, entry.id

    def test_says_every_rule_in_a_sentence_of_its_own(self, name: str) -> None:
        ruled = [line for line in explain(get(name)).splitlines() if line.endswith("]")]
        assert len(ruled) == len(get(name).entries)

    def test_has_a_diagram_that_can_be_drawn(self, name: str) -> None:
        chart = mermaid.read(diagram(get(name)))
        assert FIELD_NAME.findall(" ".join(chart.nodes.values())) == []

    def test_has_every_rule_in_its_diagram(self, name: str) -> None:
        drawn = {node.partition("_")[2] for node in mermaid.read(diagram(get(name))).nodes}
        assert {entry.id for entry in get(name).entries} <= drawn

    def test_lists_its_figures_and_marks_those_left_open(self, name: str) -> None:
        lines = figures(get(name)).splitlines()
        for figure, parameter in get(name).parameters.items():
            (line,) = [one for one in lines if one[4:].startswith(f"{figure} = ")]
            assert line.startswith("  * ") == parameter.vague
            assert f"[{parameter.source}]" in line


def said(body: str) -> str:
    return explain(pack(body))


class TestProse:
    def test_of_a_hospital(self) -> None:
        text = explain(get("county-hospital"))
        for words in (
            "An invoice that names no due date falls due 7 days after its issue.",
            "2. On day 7, a demand goes out by letter, with a last day 10 days later. [第十三条]",
            "3. On day 10, the creditor withholds all care that is no emergency.",
            "When a dispute is opened",
            "On day 5 of the month, the finance department reports to those above; the report",
            "the report “arrears register” is stored. [第十条]",
        ):
            assert words in text

    def test_of_what_a_task_asks(self) -> None:
        task = "task: {kind: phone_call, owner: sales, asks: [term, way of paying]}"
        text = said(steps(f"day: 1 | {braced(task)}"))
        assert "the sales department calls the debtor (term, way of paying)" in text

    def test_of_approvals_and_conditions(self) -> None:
        body = steps(
            f"day: 1 | {braced(SMS)}",
            f"day: 9 | {braced(STOP)} | if: {{replied: false}} | approval: {{for: stop}}",
        )
        assert (
            "2. On day 9, provided that the debtor has not replied, the manager is asked for the "
            "approval “stop”; once it is given, the creditor withholds all service. [rule 2]"
        ) in said(body)

    def test_of_any_all_and_not(self) -> None:
        either = "any: [{replied: true}, {not: {all: [{overdue: true}, {disputed: false}]}}]"
        body = steps(f"day: 1 | {braced(CALL)} | if: {{{either}}}")
        words = "the debtor has replied or nothing is overdue or a dispute was raised"
        assert words in said(body)

    def test_of_a_step_that_money_brings_forward(self) -> None:
        text = explain(get("mobile"))
        assert "On day 30, or as soon as CNY 500.00 of principal is overdue," in text

    def test_of_what_holds_a_step_back(self) -> None:
        assert (
            "but not before 7 days after the phone call ends with the result “agreed” and 7 days "
            "after the approval “conditions” is given, the collector visits the debtor."
        ) in explain(get("unicom-handset"))

    def test_of_a_repeated_task(self) -> None:
        assert "takes photographs as evidence, at once and every day, 3 times in all" in explain(
            get("mall-abnormal")
        )

    def test_of_what_waits_for_the_step_time(self) -> None:
        assert (
            "When the list of what was left behind is done, at the next step time, the "
            "administration stores what was listed"
        ) in explain(get("property-group"))

    def test_of_applications_that_wait_too_long(self) -> None:
        assert "“relief” or “deferral” is undecided after 20 days, the alert" in explain(
            get("tax-arrears")
        )

    def test_of_grades_limitation_and_commission(self) -> None:
        text = explain(get("clearing-office"))
        for words in (
            "“medium”: the oldest overdue item is less than 365 days past due.",
            "The period is 3 years from the due date; a delivered demand, a promise or a part",
            "90 days before its end, the alert “limitation near” is raised; a demand goes out by",
            "8 %: after the limitation period ended by less than 3 years.",
            "12 %: everything else.",
            "There is none in a collector's first 2 months.",
            "“evidence demand” and “evidence insolvency” were all observed",
        ):
            assert words in text

    def test_of_credit_and_segments(self) -> None:
        assert "Arrears may be up to 5 % of what was invoiced" in explain(get("post-office"))
        assert "Enterprise customers: the department “enterprise centre”." in explain(
            get("telecom-segments")
        )
        assert "recovered from the referral on" in explain(get("luquan-telecom"))

    def test_of_amounts_in_another_currency(self) -> None:
        mobile = get("mobile")
        assert "or as soon as JPY 50,000 of principal is overdue," in explain(mobile, "JPY")
        assert "or as soon as EUR 500.00 of principal is overdue" in diagram(mobile, "EUR")
        assert "* stop_amount = 50000 (KWD 50.000)  [" in figures(mobile, "KWD")
        assert "CNY 500.00" in explain(mobile)

    def test_of_a_report_that_works_with_an_amount(self) -> None:
        assert "is stored (large amount: CNY 10,000.00)" in explain(get("luquan-telecom"))

    def test_of_a_figure_that_was_changed(self) -> None:
        changed = with_parameters(get("mobile"), {"restrict_day": 9})
        assert "3. On day 9, provided that" in explain(changed)
        assert "* restrict_day = 9 days (default 8)" in figures(changed)


class TestCharge:
    def charged(self, fee: str) -> str:
        return said(steps(f"day: 1 | {braced(f'charge: {{item: fee, {fee}, due_in_days: 10}}')}"))

    def test_a_fixed_amount_is_explained_as_one(self) -> None:
        assert "the amount decided, else CNY 5.00, due 10 days later" in self.charged("amount: 500")

    def test_a_share_is_explained_as_one(self) -> None:
        assert "else 10 % of the overdue principal" in self.charged("ratio: 0.1")


class TestDiagram:
    @pytest.fixture
    def chart(self) -> mermaid.Flowchart:
        return mermaid.read(diagram(get("mall-abnormal")))

    def test_waits_stand_on_the_arrows(self, chart: mermaid.Flowchart) -> None:
        assert mermaid.Edge("due", "step_demand", "on day 1") in chart.edges
        assert mermaid.Edge("step_demand", "step_report_up", "on day 10") in chart.edges

    def test_a_class_leads_to_its_track(self, chart: mermaid.Flowchart) -> None:
        assert mermaid.Edge("step_still_abnormal", "track1_class", "") in chart.edges

    def test_marks_in_a_text_are_no_markup(self) -> None:
        task = """task: {kind: visit, owner: sales, asks: ['a "b" <c> #d; [e]']}"""
        text = diagram(pack(steps(f"day: 1 | {braced(task)}")))
        assert "a #quot;b#quot; #lt;c#gt; #35;d; [e]" in text
        mermaid.read(text)

    @pytest.mark.parametrize(
        ("line", "fault"),
        [
            ("a --> b", "'b', which is no box"),
            ('end["x"]', "reserved"),
            ('c["say "no""]', "neither a box"),
            ('subgraph d["x"]', "not closed"),
            ("end", "twice"),
        ],
    )
    def test_what_mermaid_could_not_draw_is_noticed(self, line: str, fault: str) -> None:
        with pytest.raises(ValueError, match=fault):
            mermaid.read(f'flowchart TD\n  a["x"]\n  {line}\n')


CONDITIONS = {
    "replied": "true",
    "disputed": "false",
    "disputed_ever": "true",
    "notice_sent": "reminder",
    "notice_delivered": "reminder",
    "attribute": "holds_equity",
    "classified": "abnormal",
    "observed": "[fraud, absconded]",
    "observed_in_case": "fraud",
    "restricted": "all_service",
    "referred": "agency",
    "asked": "stop",
    "overdue": "true",
    "overdue_at_least": "500",
    "overdue_within_days": "90",
}
ACTIONS = {
    "notice": "{purpose: demand, channels: [ems], recipients: each_other}",
    "task": "{kind: visit, owner: segment, then: [{alert: {kind: seen}}]}",
    "restrict": "{service: all_service}",
    "restore": "{}",
    "refer": "{to: agency}",
    "legal": "{document: complaint}",
    "approval": "{for: stop_all, then: [{write_off: {}}]}",
    "classify": "{first_of: [{as: lost, if: {observed: insolvent}}, {as: good}]}",
    "grade": "{}",
    "alert": "{kind: look_here}",
    "charge": "{item: late_charge, amount: 100, due_in_days: 1}",
    "start_late_fee": "{}",
    "write_off": "{}",
    "report": "{name: ageing}",
    "direct_debit": "{}",
}
TRIGGERS = {
    "observation": "[shop_closed]",
    "dispute": "upheld",
    "application": "{for: hardship, outcome: rejected}",
    "approval": "{for: stop_all, outcome: approved}",
    "task": "{kind: phone_call, results: [agreed], times: 2}",
    "plan": "broken",
    "promise": "kept",
    "case": "opened",
    "classified": "long_term",
    "invoice": "without_agreement",
    "limitation": "near",
    "mandate": "withdrawn",
    "delivery": "[no_address, opted_out]",
}


def keys(union: Any) -> set[str]:
    return {part.key for part in get_args(union)}


class TestEveryWord:
    """A word of the format that nothing puts into words is noticed here."""

    def test_of_conditions_both_ways(self) -> None:
        assert set(CONDITIONS) == keys(Single)
        read = TypeAdapter(Condition).validate_python
        for word, value in CONDITIONS.items():
            one = read(yaml.safe_load(f"{word}: {value}"))
            assert condition(one) != condition(one, holds=False)
            assert FIELD_NAME.findall(condition(one) + condition(one, holds=False)) == []

    def test_of_actions(self) -> None:
        assert set(ACTIONS) == keys(get_args(Action)[0])
        for word, value in ACTIONS.items():
            (one,) = TypeAdapter(tuple[Action, ...]).validate_python(
                [yaml.safe_load(f"{word}: {value}")]
            )
            assert FIELD_NAME.findall(clauses((one,))) == []

    def test_of_triggers(self) -> None:
        assert set(TRIGGERS) == keys(SingleTrigger)
        for word, value in TRIGGERS.items():
            one = TypeAdapter(Trigger).validate_python(yaml.safe_load(f"{word}: {value}"))
            assert FIELD_NAME.findall(trigger(one)) == []

    def test_of_tasks_purposes_channels_and_documents(self) -> None:
        for known, wanted in (
            (put.TASKS, TaskKind),
            (put.PURPOSES, Purpose),
            (put.CHANNELS, Channel),
            (put.DOCUMENTS, Document),
        ):
            assert set(known) == set(get_args(wanted))
