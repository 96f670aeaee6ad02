"""Two processes of the example talk to each other, and one talks to pqc-chat where that is built."""

import contextlib
import os
import pathlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

BIN = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path("build/release/bin")
TIMEOUT = 60


class Side:
    def __init__(self, *command):
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(ValueError):
            for line in self.process.stdout:
                self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def until(self, part):
        while True:
            line = self.lines.get(timeout=TIMEOUT)
            if line is None:
                raise AssertionError(f"ended without {part!r}: {self.process.stderr.read()}")
            if part in line:
                return line

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(TIMEOUT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()


class DirectChat(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pqc-example-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(self.end_agents)

    def end_agents(self):
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
                if arguments[0] == b"pqc-chat-keyd" and os.fsdecode(arguments[2]).startswith(str(self.folder)):
                    os.kill(int(entry.name), signal.SIGTERM)

    def side(self, *command):
        side = Side(*command)
        self.addCleanup(side.stop)
        return side

    def example(self, name, *arguments):
        return self.side(BIN / "example-direct-chat", self.folder / name, name, *arguments)

    def pair(self):
        listening = self.example("bob", "listen", "127.0.0.1:0")
        where = listening.until("listening at ").split()[-1]
        return self.example("alice", "connect", where), listening

    def test_two_people(self):
        for _ in range(2):  # the second time their identities are there
            connecting, listening = self.pair()
            ours, theirs = connecting.until("bob "), listening.until("alice ")
            self.assertRegex(ours, "^bob [0-9]{60}$")
            self.assertEqual(ours.split()[1], theirs.split()[1])
            connecting.say("hello\nyou")
            listening.until("alice: hello")
            listening.until("alice: you")
            listening.say("good evening")
            connecting.until("bob: good evening")
            connecting.process.stdin.close()
            for side in (connecting, listening):
                self.assertEqual(side.process.wait(TIMEOUT), 0)

    def test_with_pqc_chat(self):
        if not (BIN / "pqc-chat").exists():
            self.skipTest("pqc-chat is not built")
        command = [BIN / "pqc-chat", "--profile", self.folder / "carol"]
        subprocess.run([*command, "identity", "create", "carol"], check=True, capture_output=True, timeout=TIMEOUT)
        listening = self.example("bob", "listen", "127.0.0.1:0")
        where = listening.until("listening at ").split()[-1]
        connecting = self.side(*command, "p2p", "connect", where, "--transport", "udp")
        listening.until("carol ")
        connecting.say("across")
        listening.until("carol: across")
        connecting.say("/quit")
        self.assertEqual(connecting.process.wait(TIMEOUT), 0)
        self.assertEqual(listening.process.wait(TIMEOUT), 0)

    def test_refusals(self):
        self.assertEqual(self.side(BIN / "example-direct-chat").process.wait(TIMEOUT), 2)
        self.assertEqual(self.example("alice", "connect", "nowhere").process.wait(TIMEOUT), 26)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
