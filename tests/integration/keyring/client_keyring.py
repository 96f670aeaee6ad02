#!/usr/bin/env python3
"""pqc-chat with a real secret service: the keyring opens a profile's keys, and losing it never loses the account.

    client_keyring.py FOLDER_OF_PROGRAMS DBUS_DAEMON GNOME_KEYRING GDBUS
"""

import contextlib
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from pqc_programs import COMMAND_SECONDS, Failure, Programs, need  # noqa: E402

LOCKED = 48
WRONG_KEY = 45
# No service folders: nothing starts by itself.
BUS = """<busconfig><type>session</type><auth>EXTERNAL</auth><listen>unix:path={}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


class Session:
    """A desktop session: a message bus, and on it, while a keyring is unlocked, gnome-keyring's secret service."""

    def __init__(self, programs, dbus_daemon, gnome_keyring, gdbus):
        self.programs, self.gnome_keyring, self.gdbus = programs, gnome_keyring, gdbus
        address = programs.root / "bus"
        configuration = programs.root / "bus.conf"
        configuration.write_text(BUS.format(address))
        bus = programs.spawn([dbus_daemon, f"--config-file={configuration}", "--nofork", "--nopidfile", "--print-address"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        need(bus.stdout.readline(), "the bus does not start")
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={address}"

    @contextlib.contextmanager
    def keyring(self, home):
        """The secret service of this home, ready and unlocked."""
        folder = self.programs.root / home
        for name in ("data", "run"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_RUNTIME_DIR": str(folder / "run")}
        service = self.programs.spawn([self.gnome_keyring, "--foreground", "--unlock", "--components=secrets"], env=environment,
                                      stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        service.stdin.write(b"password of the test's keyring")
        service.stdin.close()
        subprocess.run([self.gdbus, "wait", "--session", "--timeout=30", "org.freedesktop.secrets"], check=True, timeout=COMMAND_SECONDS)
        yield
        service.kill()
        service.wait()


class Anna:
    """A registered profile with a passphrase."""

    def __init__(self, programs):
        self.programs = programs
        self.passphrase = self._secret("passphrase", "a passphrase of the test")
        self.wrong_passphrase = self._secret("wrong", "a guess")
        programs.register("anna", "--passphrase", "--passphrase-file", self.passphrase)

    def _secret(self, name, text):
        path = self.programs.root / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def ways(self, action):
        return self.programs.run("anna", "keyring", action, "--passphrase-file", self.passphrase)[0]["ways"]

    def opens(self, code=0, *options):
        """Whether the keys open again after they were locked; without options only the keyring can do it."""
        self.programs.run("anna", "lock")
        self.programs.run("anna", "whoami", *options, code=code)

    def passphrase_opens(self):
        self.opens(0, "--passphrase-file", self.passphrase)

    def in_keyring(self, command, secret=b""):
        vault_id = (self.programs.root / "anna" / "keys" / "vault").read_bytes()[10:26].hex()
        return subprocess.run([self.programs.bin / "pqc-chat-keyring", command, vault_id], input=secret, capture_output=True,
                              timeout=COMMAND_SECONDS)


def check(programs, session):
    programs.start_server()
    anna = Anna(programs)
    anna.opens(LOCKED)
    with session.keyring("home"):
        need(anna.ways("enable") == ["passphrase", "keyring"], "the keyring is not enabled")
        anna.opens()
        need(len(anna.in_keyring("lookup").stdout) == 32, "the keyring keeps something else than the spec says")
    # The service is gone, then another one answers: of another machine, with nothing, and with a wrong secret.
    anna.opens(LOCKED)
    anna.passphrase_opens()
    with session.keyring("another-home"):
        anna.opens(LOCKED)
        need(anna.in_keyring("store", b"x" * 32).returncode == 0, "the secret is not stored")
        anna.opens(LOCKED)
        anna.passphrase_opens()
        anna.opens(WRONG_KEY, "--passphrase-file", anna.wrong_passphrase)
        anna.passphrase_opens()
    with session.keyring("home"):
        anna.opens()
        need(anna.ways("disable") == ["passphrase"], "the keyring is not disabled")
        need(anna.in_keyring("lookup").returncode == 1, "the keyring still keeps the secret")
        anna.opens(LOCKED)
    anna.passphrase_opens()
    print("the keyring opens the keys; lost, switched and wrong ones lose nothing")


def main():
    try:
        with Programs(pathlib.Path(sys.argv[1]).resolve()) as programs:
            check(programs, Session(programs, *sys.argv[2:5]))
    except Failure as failure:
        sys.exit(f"client_keyring: {failure}")


main()
