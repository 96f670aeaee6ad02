"""People who chat directly, each a process that runs. Shared by the tests of this folder."""

import contextlib
import json
import pathlib
import queue
import subprocess
import tempfile
import threading
import unittest

import programs
from programs import Person, TIMEOUT


class Side:
    """A running chat: its objects as they come, lines to its standard input."""

    command = "p2p"

    def __init__(self, person, *arguments):
        self.process = person.start(self.command, *arguments, stdin=subprocess.PIPE)
        self.seen = []
        self.arriving = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.arriving.put(json.loads(line))
        self.arriving.put(None)

    def until(self, matches):
        """The first object that matches, of those seen before too."""
        for entry in self.seen:
            if matches(entry):
                return entry
        while True:
            entry = self.arriving.get(timeout=TIMEOUT)
            if entry is None:
                raise AssertionError(f"the chat ended: {self.seen} {self.said()}")
            self.seen.append(entry)
            if matches(entry):
                return entry

    def said(self):
        return self.process.stderr.read()

    def of_type(self, kind):
        return self.until(lambda entry: entry["type"] == kind)

    def text(self, text, status):
        return self.until(lambda entry: entry["type"] == "message" and entry["text"] == text and entry["status"] == status)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        """Closes standard input, and waits; answers exit code and errors."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        code = self.process.wait(TIMEOUT)
        errors = [json.loads(line) for line in self.process.stderr.read().splitlines() if line.startswith("{")]
        return code, errors

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(TIMEOUT)
        self.reader.join(TIMEOUT)
        for stream in filter(None, (self.process.stdin, self.process.stdout, self.process.stderr)):
            with contextlib.suppress(OSError):
                stream.close()


class Case(unittest.TestCase):
    """Every test has its own people."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pqc-p2p-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.addCleanup(programs.end_agents, self.folder)

    def person(self, name, *arguments, folder=""):
        made = Person(self.folder / folder, name)
        answer = made("identity", "create", name, *arguments)
        self.assertEqual(answer.code, 0, answer.err)
        self.assertEqual(answer.objects[0]["name"], name)
        return made

    def side(self, person, *arguments):
        side = Side(person, *arguments)
        self.addCleanup(side.stop)
        return side

    def listen(self, person, address="127.0.0.1:0", *options):
        side = self.side(person, "listen", address, *options)
        return side, side.of_type("p2p_listening")["address"]

    def pair(self, alice, bob, *options, address="127.0.0.1:0"):
        listening, where = self.listen(bob, address, *options)
        connecting = self.side(alice, "connect", where, *options)
        return connecting, listening

    def talk(self, connecting, listening):
        """Texts both ways, in order and confirmed; both leave in good order."""
        for turn in range(3):
            connecting.say(f"ping {turn}")
            listening.text(f"ping {turn}", "received")
            connecting.text(f"ping {turn}", "delivered")
            listening.say(f"pong {turn}")
            connecting.text(f"pong {turn}", "received")
        connecting.say("/quit")
        self.assertEqual(connecting.end()[0], 0)
        self.assertEqual(listening.end()[0], 0)
