"""Another user of the machine reads neither notices nor backups, finished or not."""

import os
import shutil
import time
from datetime import date
from pathlib import Path

import pytest

from arrears.backup.unfinished import finish, unfinished
from arrears.billing_import.intake import write_unmatched
from arrears.posting import _put
from chassis import kek
from chassis.documents.files import DatedFiles
from chassis.private import make_folder, make_passage, write_private
from chassis.settings import Settings

DAY = date(2026, 3, 10)


def modes(folder: Path) -> dict[str, int]:
    """What others than the owner may do, by file and folder; those where that is nothing, not."""
    found = {str(path): path.lstat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))}
    return {path: mode for path, mode in found.items() if mode}


@pytest.fixture(autouse=True)
def careless() -> object:
    """The process was started with an umask that forbids nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_nobody_else_reads_a_notice(tmp_path: Path) -> None:
    files = DatedFiles(tmp_path / "data" / "outbox")
    files.put(files.path("acme", DAY, "sms/N-1.txt"), b"To: +8613800000000")
    assert not modes(tmp_path / "data")


def test_what_a_killed_process_left_of_a_notice_is_gone(tmp_path: Path) -> None:
    files = DatedFiles(tmp_path)
    files.put(files.path("acme", DAY, "sms/N-1.txt"), b"text")
    (unfinished_files,) = (one for one in tmp_path.iterdir() if one.name != "acme")
    old, young = unfinished_files / "old", unfinished_files / "young"
    for path in (old, young):
        path.write_bytes(b"To: +8613800000000")
    os.utime(old, (time.time() - 4_000,) * 2)
    DatedFiles(tmp_path)
    assert [one.name for one in unfinished_files.iterdir()] == ["young"]  # another is writing it
    os.utime(young, (time.time() - 4_000,) * 2)
    files.forget("acme", "sms/N-1.*")
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


def test_what_another_process_finishes_meanwhile_keeps_nobody_from_starting(tmp_path: Path) -> None:
    files = DatedFiles(tmp_path)
    files.put(files.path("acme", DAY, "sms/N-1.txt"), b"text")
    (folder,) = (one for one in tmp_path.iterdir() if one.name != "acme")
    (folder / "gone").symlink_to(tmp_path / "nowhere")  # listed, and not there when looked at
    DatedFiles(tmp_path)


def test_a_killed_backup_leaves_no_copy_behind(tmp_path: Path) -> None:
    folder = tmp_path / "backups" / "monday"
    killed = folder.with_name(".sunday.0a0b0c0d")
    make_folder(killed)
    (killed / "making.lock").touch()
    (killed / "ledger.gz").write_bytes(b"names")
    with unfinished(folder.with_name("tuesday")) as other, unfinished(folder) as beside:
        assert not killed.exists()
        assert other.exists()  # somebody is at work there
        listed_and_gone = other.with_name(".wednesday.0a0b0c0d")
        make_folder(listed_and_gone)
        (listed_and_gone / "making.lock").symlink_to(tmp_path / "nowhere")
        with pytest.raises(KeyError), unfinished(folder.with_name("thursday")):
            raise KeyError
        shutil.rmtree(listed_and_gone)
        (beside / "ledger.gz").write_bytes(b"names")
        finish(beside, folder)
        finish(other, folder.with_name("tuesday"))
    assert [one.name for one in folder.rglob("*")] == ["ledger.gz"]


def test_a_backup_that_failed_leaves_no_copy_behind(tmp_path: Path) -> None:
    def fail() -> None:
        with unfinished(tmp_path / "backups" / "monday") as beside:
            (beside / "ledger.gz").write_bytes(b"names")
            raise OSError

    with pytest.raises(OSError):
        fail()
    assert not list((tmp_path / "backups").iterdir())


def test_others_may_pass_through_the_data_folder_and_not_look_into_it(tmp_path: Path) -> None:
    """PostgreSQL, which refuses to be root, has its own folder in there."""
    make_passage(tmp_path / "a" / "data")
    assert set(modes(tmp_path / "a").values()) <= {0o011}


def test_a_key_that_was_copied_carelessly_is_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", kek=None)
    kek.write(settings, settings.kek_file)
    settings.kek_file.chmod(0o644)
    kek.write(settings, settings.kek_next_file)
    settings.kek_next_file.chmod(0o640)
    assert kek.present(settings, make=False)
    assert kek.following(settings)
    assert not {path for path in modes(tmp_path / "data") if path != str(tmp_path / "data")}


def test_a_file_in_the_place_of_one_that_all_could_read_is_for_its_owner_alone(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "lists"
    folder.mkdir(mode=0o700)
    for name in ("slip.pdf", "unmatched.csv", "whole.zip"):
        (folder / name).write_bytes(b"")
        (folder / name).chmod(0o644)
    _put(folder, "slip.pdf", b"To: Ms Li")
    write_unmatched(folder / "unmatched.csv", [], 2)
    write_private(folder / "whole.zip", b"PK")
    assert not modes(folder)
    assert (folder / "whole.zip").read_bytes() == b"PK"
