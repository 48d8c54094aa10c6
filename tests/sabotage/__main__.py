"""`make sabotage`: each safeguard is taken away in turn; exit 1 unless a test notices each."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.sabotage.mutants import MUTANTS, Mutant
from tests.sabotage.trying import Verdict, copied, mutated, run, try_one

_console = Console(width=200)


def main(words: list[str]) -> int:
    """Try all safeguards, or those whose name has one of the words."""
    wanted = [one for one in MUTANTS if not words or any(w in one.safeguard for w in words)]
    with copied() as folder:
        if not _whole(folder, wanted):
            return 1
        verdicts = []
        for mutant in wanted:
            verdicts.append(try_one(folder, mutant))
            _console.print(
                f"{'caught' if verdicts[-1].caught else 'NOT CAUGHT'}: {mutant.safeguard}"
            )
    _console.print(_table(verdicts))
    caught = sum(one.caught for one in verdicts)
    _console.print(f"{caught} of {len(verdicts)} caught")
    for one in verdicts:
        if not one.caught:
            _console.print(f"{one.mutant.safeguard}: {one.why[:500]}", markup=False)
    return 0 if caught == len(verdicts) else 1


def _whole(folder: Path, wanted: list[Mutant]) -> bool:
    """Whether every text is where it is declared, and the tests pass with all safeguards there."""
    for mutant in wanted:
        mutated(mutant, folder)
    result = run(folder, sorted({one.test for one in wanted}))
    _console.print(f"with every safeguard there: {result.passed} tests pass")
    for said in (*result.failures, *result.errors):
        _console.print(said[:500], markup=False)
    return not result.failures and not result.errors and result.passed >= len(wanted)


def _table(verdicts: list[Verdict]) -> Table:
    table = Table("safeguard", "taken away", "caught by", "result")
    for mutant, caught, _ in verdicts:
        test = mutant.test.rpartition("::")
        by = f"{test[0].partition('::')[0]}\n{test[2]}"
        table.add_row(mutant.safeguard, mutant.taken_away, by, "caught" if caught else "NOT CAUGHT")
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
