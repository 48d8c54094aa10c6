"""No id stands for two things: after a restore, what is decided anew is of another epoch."""

from chassis.store.epochs import Epochs


def test_a_store_that_was_never_restored_has_one_epoch() -> None:
    assert Epochs("first").at(1_000_000) == "first"


def test_what_the_backup_has_keeps_its_epoch_and_what_comes_later_has_another() -> None:
    epochs = Epochs("first", [(11, "second"), (21, "third")])
    assert [epochs.at(position) for position in (1, 10, 11, 20, 21)] == [
        *("first", "first", "second", "second", "third")
    ]
