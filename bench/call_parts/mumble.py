"""Two people in a channel of Mumble (Debian's mumble and mumble-server), without a screen: as it is shipped, but that it
sends all the time, so that the starts of bursts are not cut off."""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time

from sound import PEOPLE

SECONDS = 40
# Until sound goes by UDP, and echo cancellation and noise suppression have settled.
SETTLING = 8


def missing():
    return [program for program in ("mumble", "mumble-server", "openssl") if shutil.which(program) is None]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class MumbleCall:
    """Both are in the channel in the `with` block; `pids` are their processes."""

    def __init__(self, folder, sound):
        self.folder, self.sound, self.port = folder, sound, _free_port()
        self.folder.mkdir()
        self.log = self.folder / "server.out"
        self.processes = {}

    def _spawn(self, name, command, **how):
        with open(self.folder / f"{name}.out", "w", encoding="utf-8") as out:
            self.processes[name] = subprocess.Popen([str(word) for word in command], stdout=out, stderr=subprocess.STDOUT,
                                                    stdin=subprocess.DEVNULL, start_new_session=True, **how)

    def _wait(self, what, done):
        end = time.monotonic() + SECONDS
        while not done():
            if time.monotonic() > end or any(process.poll() is not None for process in self.processes.values()):
                raise RuntimeError(f"Mumble: {what} does not come")
            time.sleep(0.1)

    def _start_server(self):
        settings = self.folder / "server.ini"
        lines = [f"database={self.folder}/server.sqlite", "host=127.0.0.1", f"port={self.port}", "bonjour=False"]
        # Started by root it becomes another user, who may not write here.
        lines += ["uname=root"] if os.geteuid() == 0 else []
        settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._spawn("server", ["mumble-server", "-ini", settings, "-fg"])
        self._wait("the server", self._certificate)

    def _certificate(self):
        with contextlib.suppress(OSError):
            return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", self.port)))
        return None

    def _trust(self, database):
        """The server's certificate, as if the user had accepted it."""
        with contextlib.closing(sqlite3.connect(database)) as store:
            store.execute("CREATE TABLE `cert` (`id` INTEGER PRIMARY KEY AUTOINCREMENT, `hostname` TEXT, `port` INTEGER, `digest` TEXT)")
            store.execute("INSERT INTO `cert` (`hostname`, `port`, `digest`) VALUES (?, ?, ?)",
                          ("127.0.0.1", self.port, hashlib.sha1(self._certificate()).hexdigest()))
            store.commit()

    @staticmethod
    def _certify(name, home):
        """A certificate of the client's own where it looks for one, so that its wizard does not come."""
        key, certificate = home / "key.pem", home / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "300",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        subprocess.run(["openssl", "pkcs12", "-export", "-inkey", key, "-in", certificate, "-passout", "pass:",
                        "-out", home / "MumbleAutomaticCertificateBackup.p12"], check=True, capture_output=True)

    def _start_client(self, name):
        home = self.folder / name
        home.mkdir()
        self._certify(name, home)
        self._trust(home / "mumble.sqlite")
        settings = {"settings_version": 1, "mumble_has_quit_normally": True,
                    "audio": {"transmit_mode": "Continuous", "input_system": "PulseAudio", "output_system": "PulseAudio"},
                    "audio_backend": {"pulseaudio_input": f"{name}_mic.monitor", "pulseaudio_output": f"{name}_ear"},
                    "misc": {"audio_wizard_has_been_shown": True, "viewed_server_ping_consent_message": True,
                             "database_location": str(home / "mumble.sqlite")},
                    "network": {"check_for_updates": False, "check_for_plugin_updates": False, "send_usage_statistics": False}}
        (home / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        environment = {**self.sound.environment, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "QT_QPA_PLATFORM": "offscreen"}
        self._spawn(name, ["mumble", "-m", "--default-certificate-dir", home, "-c", home / "settings.json",
                           f"mumble://{name}@127.0.0.1:{self.port}/?version=1.2.0"], env=environment)

    def _is_in(self, name):
        return f":{name}(-1)> Authenticated" in self.log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self):
        try:
            self._start_server()
            for name in PEOPLE:
                self._start_client(name)
                self._wait("sound", lambda pid=self.processes[name].pid: self.sound.has_streams(pid))
            self._wait("the login of both", lambda: all(map(self._is_in, PEOPLE)))
            time.sleep(SETTLING)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes.values()):
            process.kill()
            process.wait(SECONDS)

    @property
    def pids(self):
        return {name: self.processes[name].pid for name in PEOPLE}
