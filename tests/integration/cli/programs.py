"""A server and people with profiles, each command a process of its own. Shared by the tests of this folder."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BIN = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path("build/release/bin")
TIMEOUT = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, folder, *arguments, port=0):
        self.folder, self.arguments, self.port = pathlib.Path(folder), arguments, port
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [BIN / "pqc-chat-server", "--data", self.folder, "run", "--listen", f"127.0.0.1:{self.port}", "--name", "test",
             *self.arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = next(line for line in lines_of(self.process) if line.startswith("listening "))
        self.port = int(line.rsplit(":", 1)[1])

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(TIMEOUT)
            self.process.stdout.close()
            self.process = None

    def tool(self, *arguments):
        result = subprocess.run([BIN / "pqc-chat-server", "--data", self.folder, *arguments], capture_output=True, text=True,
                                timeout=TIMEOUT, check=True)
        return result.stdout.split()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def fingerprint(self):
        return self.tool("fingerprint")[0]

    @property
    def database(self):
        return next(self.folder.glob("*.db"))


def agents():
    """The key agents that run: process id by key folder."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if arguments[0] == b"pqc-chat-keyd" and arguments[1:2] == [b"--folder"]:
            found[os.fsdecode(arguments[2])] = int(entry.name)
    return found


def agent_of(person):
    return agents().get(str(person.profile / "keys"))


def end_agents(folder):
    for keys, process in agents().items():
        if keys.startswith(str(folder)):
            os.kill(process, signal.SIGTERM)


def lines_of(process, stream=None):
    """What a process that goes on prints, as it comes. Where what is waited for does not come in time, the process is killed.
    That, and its own end, is a failure, with what it printed."""
    stream = stream or process.stdout
    printed = []
    late = threading.Event()

    def give_up():
        late.set()
        process.kill()

    watch = threading.Timer(TIMEOUT, give_up)
    watch.start()
    try:
        for line in stream:
            printed.append(line)
            yield line
        end = "was killed, for what is waited for did not come" if late.is_set() else "ended"
    finally:
        watch.cancel()
    printed += [other.read() for other in (process.stdout, process.stderr) if other and other is not stream]
    raise AssertionError(f"{' '.join(map(str, process.args))} {end}: {''.join(printed)}")


def line_of(process, stream=None):
    """The next line that it prints."""
    return next(lines_of(process, stream))


def wait_until(condition):
    end = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("what is waited for does not happen")
        time.sleep(0.005)


class Answer:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        self.objects = [json.loads(line) for line in out.splitlines()]
        self.errors = [json.loads(line) for line in err.splitlines() if line.startswith("{")]

    def of_type(self, kind):
        return [entry for entry in self.objects if entry["type"] == kind]

    @property
    def messages(self):
        return self.of_type("message")

    @property
    def texts(self):
        return [message["text"] for message in self.messages]


class Person:
    """A profile. Calling it runs a command: alice("send", "bob", "hello")."""

    def __init__(self, folder, name):
        self.name, self.profile = name, pathlib.Path(folder) / name

    def command(self, *arguments):
        return [str(BIN / "pqc-chat"), "--json", "--profile", str(self.profile), *map(str, arguments)]

    def __call__(self, *arguments, stdin=b"", environment=None, preexec=None):
        result = subprocess.run(self.command(*arguments), input=stdin, capture_output=True, timeout=TIMEOUT, preexec_fn=preexec,
                                env={**os.environ, **(environment or {})})
        return Answer(result.returncode, result.stdout.decode(), result.stderr.decode())

    def start(self, *arguments, **options):
        return subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def register(self, server, *arguments, **options):
        return self("register", self.name, "--server", server.address, "--fingerprint", server.fingerprint, *arguments, **options)


class Case(unittest.TestCase):
    """One server for all tests of a class; every test has its own people, whose names are made different."""

    server_arguments = ()
    counter = 0

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="pqc-chat-cli-")
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.server = Server(cls.folder / "server", *cls.server_arguments)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        end_agents(cls.folder)
        cls.temporary.cleanup()

    def person(self, name, *arguments, server=None, register=True):
        Case.counter += 1
        someone = Person(self.folder, f"{name}{Case.counter}")
        if register:
            answer = someone.register(server or self.server, *arguments)
            self.assertEqual(answer.code, 0, answer.err)
        return someone

    def expect(self, answer, code, name=None):
        self.assertEqual(answer.code, code, answer.out + answer.err)
        if code != 0:
            self.assertEqual(len(answer.errors), 1, answer.err)
            self.assertEqual(answer.errors[0]["exit"], code)
            self.assertEqual(answer.errors[0]["v"], 1)
            self.assertGreater(len(answer.errors[0]["message"]), 20)
            if name:
                self.assertEqual(answer.errors[0]["code"], name)
        return answer

    def sent(self, sender, recipient, text, *arguments):
        return self.expect(sender("send", recipient.name, text, *arguments), 0).messages[0]

    def received(self, person, *texts):
        """Receives until as many messages came; they have to be these, in order."""
        found = []
        while len(found) < len(texts):
            answer = self.expect(person("receive", "--wait", 20), 0)
            self.assertTrue(answer.messages, f"{person.name} got {found}, not {texts}")
            found += answer.messages
        self.assertEqual([message["text"] for message in found], list(texts))
        return found

    def history(self, person, peer):
        return self.expect(person("history", peer.name), 0).messages


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(TIMEOUT)
    process.stdout.close()
    process.stderr.close()


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[1:], verbosity=2)
