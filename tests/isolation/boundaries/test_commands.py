"""The commands of a person who keeps the boundaries, on a running system."""

from pathlib import Path

from tests.support.processes import System


def test_sources_and_erasures_are_kept_from_the_command_line(tmp_path: Path) -> None:
    system = System(tmp_path)
    with system.running():
        given = ("creditor", "sources")
        added = system.arrears(*given, "add", "acme", "billing-1", "--reason", "agreed")
        assert added.stdout.endswith("acme: only billing-1 may publish\n"), added.stderr
        listed = system.arrears(*given, "list", "acme").stdout
        assert "billing-1 added by arrears: agreed" in listed
        removed = system.arrears(*given, "remove", "acme", "billing-1", "--reason", "gone")
        assert removed.stdout.endswith("acme: every source may publish\n")
        assert system.arrears("erasure", "list", "acme").stdout == "0 erasures\n"
        for word in ("confirm", "refuse"):
            answered = system.arrears("erasure", word, "acme", "A-1", "--reason", "checked")
            assert answered.returncode == 2
            assert "no erasure of this account waits for an answer" in answered.stderr
