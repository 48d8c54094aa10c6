"""A Postfix of the test's own: Debian's package, unpacked, with its own configuration and queue on
a high port. Nothing of it is installed.

It takes mail for `example.com` and `hospital.example`, knows the mailboxes it is told, delivers
into Maildirs, and returns what is for anybody else; it knows neither 8BITMIME nor SMTPUTF8.
"""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.debian import program
from tests.support.missing import give_up
from tests.support.processes import free_ports

_OWNER, _GROUP, _MAIL = "uucp", "mail", "mail"
"""Users and groups that every Debian has: of its queue, of its files, and of the mailboxes."""
_SECONDS_MAX = 30
_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {root}/usr/sbin
daemon_directory = {root}/usr/lib/postfix/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {root}/etc/postfix
mail_owner = {owner}
setgid_group = {group}
import_environment = LD_LIBRARY_PATH MAIL_CONFIG
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.example.com
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
default_transport = error:5.4.4 no way there
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_discard_ehlo_keywords = 8bitmime, smtputf8
smtputf8_enable = no
recipient_delimiter = +
virtual_mailbox_domains = example.com, hospital.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{{boxes}}}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""


@dataclass(frozen=True)
class Postfix:
    """A running server."""

    folder: Path
    port: int

    def maildir(self, address: str) -> Path:
        """Where an address's mail is."""
        return self.folder / "mail" / address

    def mails(self, address: str) -> list[EmailMessage]:
        """What was delivered to an address, as a mail client shows it."""
        found = sorted((self.maildir(address) / "new").iterdir())
        return [message_from_bytes(one.read_bytes(), policy=policy.default) for one in found]

    def wait_for(self, address: str, number: int) -> list[EmailMessage]:
        """The mails of an address, once there are so many."""
        give_up = time.monotonic() + _SECONDS_MAX
        while len(found := self.mails(address)) < number:
            assert time.monotonic() < give_up, (self.folder / "log").read_text()
            time.sleep(0.05)
        return found


@contextmanager
def postfix(*addresses: str) -> Iterator[Postfix]:
    """A server that knows these addresses.

    Its folder is not the test's: it reads as other users, and every pytest that starts closes the
    folders of all to them.
    """
    with (
        TemporaryDirectory(prefix="arrears-postfix-") as folder,
        _running(Path(folder), addresses) as server,
    ):
        yield server


@contextmanager
def _running(folder: Path, addresses: tuple[str, ...]) -> Iterator[Postfix]:
    root = program("postfix", "usr/sbin/postfix").parents[2]
    if os.geteuid() != 0:
        give_up("Postfix starts as root alone")
    server = Postfix(folder, free_ports(1)[0])
    _configure(server, root, addresses)
    given = os.environ | {
        "LD_LIBRARY_PATH": f"{root}/usr/lib/postfix",
        "MAIL_CONFIG": str(folder / "conf"),
    }
    check = [f"{root}/usr/sbin/postfix", "-c", str(folder / "conf"), "check"]
    subprocess.run(check, env=given, check=True, capture_output=True)
    master = subprocess.Popen(
        [f"{root}/usr/lib/postfix/sbin/master", "-c", str(folder / "conf"), "-d"],
        env=given,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait(server, master)
        yield server
    finally:
        with suppress(ProcessLookupError):  # it ended by itself, as `_wait` says
            os.killpg(master.pid, signal.SIGTERM)
        master.wait()


def _configure(server: Postfix, root: Path, addresses: tuple[str, ...]) -> None:
    folder, mail = server.folder, pwd.getpwnam(_MAIL)
    for one in ("conf", "queue", "data", "mail"):
        (folder / one).mkdir(parents=True)
    shutil.chown(folder / "data", _OWNER)
    os.chown(folder / "mail", mail.pw_uid, grp.getgrnam(_MAIL).gr_gid)
    for address in addresses:
        for each in ("new", "cur", "tmp"):
            (server.maildir(address) / each).mkdir(parents=True)
        box = server.maildir(address)
        for path in (box, *box.iterdir()):
            os.chown(path, mail.pw_uid, grp.getgrnam(_MAIL).gr_gid)
    folder.chmod(0o711)
    (folder / "conf/master.cf").write_text(_SERVICES.format(port=server.port))
    (folder / "conf/main.cf").write_text(
        _MAIN.format(
            folder=folder,
            root=root if str(root) != "/" else "",
            owner=_OWNER,
            group=_GROUP,
            boxes=", ".join(f"{one}={one}/" for one in addresses),
            uid=mail.pw_uid,
            gid=grp.getgrnam(_MAIL).gr_gid,
        )
    )


def _wait(server: Postfix, master: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + _SECONDS_MAX
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port), 1) as connection:
                if connection.recv(3) == b"220":
                    return
        except OSError:
            pass
        assert master.poll() is None, "Postfix ended"
        assert time.monotonic() < give_up, "Postfix does not answer"
        time.sleep(0.05)
