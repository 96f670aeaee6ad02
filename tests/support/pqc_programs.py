"""Starts a server and runs clients for tests of whole programs (Python's standard library only).

Everything lives in one temporary folder and in process groups of its own; leaving the `with` block ends all of it.
"""

import contextlib
import json
import os
import pathlib
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time

READY_SECONDS = 30
COMMAND_SECONDS = 60
ADDRESS = re.compile(rb"127\.0\.0\.1:([1-9][0-9]*)\b")


class Failure(Exception):
    """A test failed: the text says how."""


def need(condition, text):
    if not condition:
        raise Failure(text)


class Programs:
    """The programs of one build, with a server's data and clients' profiles below one temporary folder."""

    def __init__(self, folder_of_programs):
        self.bin = pathlib.Path(folder_of_programs)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="pqc-test-"))
        self.running = []
        self.server = None
        self.port = None
        self.fingerprint = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            kill(process)
        end_agents(self.root)
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def data(self):
        return self.root / "server"

    @property
    def server_log(self):
        return self.root / "server.log"

    def spawn(self, arguments, **how):
        """A process in a group of its own that ends with the `with` block."""
        process = subprocess.Popen([str(argument) for argument in arguments], start_new_session=True,
                                   stdin=how.pop("stdin", subprocess.DEVNULL), **how)
        self.running.append(process)
        return process

    def start_server(self):
        """On the port it had before, or a free one; returns when it says that it listens."""
        with open(self.server_log, "ab") as log:
            begin = log.tell()
            self.server = self.spawn([self.bin / "pqc-chat-server", "run", "--data", self.data, "--listen",
                                      f"127.0.0.1:{self.port or 0}"], stdout=log, stderr=log)
        self.port = self._wait_for_port(begin)
        if self.fingerprint is None:
            printed = subprocess.run([self.bin / "pqc-chat-server", "fingerprint", "--data", self.data],
                                     capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True)
            self.fingerprint = printed.stdout.split()[0]

    def _wait_for_port(self, begin):
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            text = self.server_log.read_bytes()[begin:]
            found = ADDRESS.search(text[: text.rfind(b"\n") + 1])
            if found:
                return int(found[1])
            need(self.server.poll() is None, "the server does not come up: " + text.decode(errors="replace"))
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.wait(0.005)
        raise Failure("the server does not say where it listens")

    def stop_server(self):
        self.server.send_signal(signal.SIGTERM)
        need(self.server.wait(READY_SECONDS) == 0, "the server does not stop in good order")

    def client(self, profile, *arguments):
        return [self.bin / "pqc-chat", "--profile", self.root / profile, *arguments]

    def run(self, profile, *arguments, code=0):
        """Runs a command to its end and returns its objects; `code` is the exit code wanted, None for any."""
        result = subprocess.run([str(word) for word in self.client(profile, *arguments, "--json")],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_SECONDS)
        if code is not None:
            need(result.returncode == code, f"{profile} {' '.join(map(str, arguments))}: exit code {result.returncode}, "
                                            f"{result.stderr}{result.stdout}")
        return [json.loads(line) for line in result.stdout.splitlines()]

    def register(self, name, *options):
        self.run(name, "register", name, "--server", f"127.0.0.1:{self.port}", "--fingerprint", self.fingerprint, *options)


def end_agents(folder, how=signal.SIGTERM):
    """The key agents that the clients of these profiles started, and that outlive them for a while; how many there were."""
    ended = 0
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            arguments = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else [b""]
            if arguments[0] == b"pqc-chat-keyd" and os.fsdecode(arguments[2]).startswith(str(folder)):
                os.kill(int(entry.name), how)
                ended += 1
    return ended


def kill(process):
    """SIGKILL to the process and all it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def lines_of(process, until, seconds):
    """Reads the standard output of a process line by line until `until(line)`; fails when the time is over."""
    end = time.monotonic() + seconds
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        rest = b""
        while time.monotonic() < end:
            if not ready.select(end - time.monotonic()):
                break
            chunk = os.read(process.stdout.fileno(), 65536)
            need(chunk, "the process ended")
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if until(line):
                    return
    raise Failure("what is waited for does not come")
