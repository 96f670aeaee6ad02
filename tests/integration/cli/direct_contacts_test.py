"""Contacts who go direct: what the server sees of it, and that nothing is lost, doubled or out of order when it ends."""

import concurrent.futures
import contextlib
import itertools
import os
import pathlib
import queue
import subprocess
import urllib.request

import direct
import programs
from programs import Person, TIMEOUT, wait_until

DIRECT = "-- direct from now on, without the server"
RELAY = "-- through the server again"


class Chat(direct.Side):
    """A running `chat`."""

    command = "chat"

    def __init__(self, person, peer):
        super().__init__(person, peer.name)
        self.said = person.log

    def end(self):
        self.process.stdin.close()
        return self.process.wait(TIMEOUT)

    def info(self, text, count=1):
        """Until this was said so often."""
        try:
            self.until(lambda _: sum(entry.get("text") == text for entry in self.seen if entry["type"] == "info") >= count)
        except queue.Empty:
            raise AssertionError(f"'{text}' was not said {count} times: {self.said()}") from None

    def udp_sockets(self):
        inodes = set()
        for entry in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                inodes.add(os.readlink(entry))
        lines = [line.split() for table in ("udp", "udp6") for line in
                 pathlib.Path(f"/proc/{self.process.pid}/net/{table}").read_text().splitlines()[1:]]
        return [line[1] for line in lines if f"socket:[{line[9]}]" in inodes]


class Someone(Person):
    """With a configuration of its own, and a log."""

    def __init__(self, folder, name, policy):
        super().__init__(folder, name)
        self.config = pathlib.Path(folder) / f"{name}.conf"
        self.config.write_text(f"[user]\ndirect = {policy}\n")

    def command(self, *arguments):
        return [*super().command(), "--config", str(self.config), *map(str, arguments)]

    def start(self, *arguments, **options):
        with open(self.profile.parent / f"{self.name}.log", "a") as log:
            return subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, stderr=log, text=True,
                                    env={**os.environ, "PQC_CHAT_LOG": "info"}, **options)

    def log(self):
        return (self.profile.parent / f"{self.name}.log").read_text()


class DirectContacts(programs.Case):
    server_arguments = ("--metrics", "0", "--stun", "0")
    numbers = itertools.count(1)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metrics = next(line.split()[1] for line in programs.lines_of(cls.server.process) if line.startswith("metrics "))

    def someone(self, name, policy):
        made = Someone(self.folder, f"{name}{next(self.numbers)}", policy)
        self.expect(made.register(self.server), 0)
        return made

    def chat(self, person, peer):
        side = Chat(person, peer)
        self.addCleanup(side.stop)
        return side

    def messages_in(self):
        """How many messages senders have given to the server."""
        with urllib.request.urlopen(self.metrics, timeout=TIMEOUT) as answer:
            lines = answer.read().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("pqc_chat_messages_in"))

    def greet(self, one, other):
        """A text each way, delivered: each is a contact of the other then."""
        one.say("hello")
        other.text("hello", "received")
        other.say("hello yourself")  # who answers is no stranger
        one.text("hello yourself", "received")
        one.text("hello", "delivered")
        other.text("hello yourself", "delivered")

    def path(self, person, peer):
        return [entry["path"] for entry in self.expect(person("contacts"), 0).objects if entry["peer"].startswith(peer.name + "@")]

    def pair(self, policies=("on", "on")):
        alice, bob = self.someone("alice", policies[0]), self.someone("bob", policies[1])
        return alice, bob, self.chat(alice, bob), self.chat(bob, alice)

    def texts(self, person, peer):
        return [message["text"] for message in self.expect(person("history", peer.name, "--limit", 1000), 0).messages]

    def test_the_server_sees_nothing_of_what_goes_direct(self):
        alice, bob, one, other = self.pair()
        self.greet(one, other)
        one.info(DIRECT)
        other.info(DIRECT)
        self.assertEqual((self.path(alice, bob), self.path(bob, alice)), (["direct"], ["direct"]))
        one.say("/status")
        one.until(lambda entry: entry["type"] == "info" and entry["text"].startswith("path: direct"))
        before = self.messages_in()
        for turn in range(20):
            for sender, receiver, text in (one, other, f"there {turn}"), (other, one, f"back {turn}"):
                sender.say(text)
                receiver.text(text, "received")
                sender.text(text, "delivered")
        self.assertEqual(self.messages_in(), before)
        # Another command of the same profile takes the same way.
        self.assertEqual(self.expect(alice("send", bob.name, "by a command", "--wait-delivered", 20), 0).messages[0]["status"], "delivered")
        self.assertEqual(self.messages_in(), before)
        self.assertEqual(other.end(), 0)
        one.info(RELAY)
        self.assertEqual(self.path(alice, bob), ["relay"])

    def burst(self, one, count=300):
        for number in range(count):
            one.say(f"number {number}")
        return [f"number {number}" for number in range(count)]

    def all_arrive(self, bob, alice, sender, expected):
        sender.text(expected[-1], "delivered")
        self.assertEqual([text for text in self.texts(bob, alice) if text.startswith("number ")], expected)

    # Any text brings them together again; where the path failed, rather than ended, not before half a minute has passed.
    def meet_again(self, alice, bob, one, again):
        texts = (f"once more {number}" for number in itertools.count())
        def direct():
            text = next(texts)
            one.say(text)
            again.text(text, "received")
            return self.path(alice, bob) == ["direct"]
        wait_until(direct)
        again.info(DIRECT)
        one.info(DIRECT, 2)

    def test_what_ends_paths_and_what_makes_none(self):
        """Each has its own people, and most of it is waiting."""
        each = (self.closed_in_a_burst, self.killed_in_a_burst, lambda: self.off_on_one_side("on", "off"),
                lambda: self.off_on_one_side("contacts", "on", compare=True))
        with concurrent.futures.ThreadPoolExecutor(len(each)) as pool:
            for running in [pool.submit(one) for one in each]:
                with self.subTest():
                    running.result()

    def closed_in_a_burst(self):
        """Nothing is lost, doubled or out of order."""
        alice, bob, one, other = self.pair()
        self.greet(one, other)
        one.info(DIRECT)
        expected = self.burst(one)
        other.text("number 20", "received")
        self.assertEqual(other.end(), 0)
        one.info(RELAY)
        again = self.chat(bob, alice)
        self.all_arrive(bob, alice, one, expected)
        self.meet_again(alice, bob, one, again)

    def killed_in_a_burst(self):
        alice, bob, one, other = self.pair()
        self.greet(one, other)
        other.info(DIRECT)
        expected = self.burst(one)
        other.text("number 20", "received")
        other.process.kill()
        other.process.wait(TIMEOUT)
        again = self.chat(bob, alice)
        self.all_arrive(bob, alice, one, expected)
        one.info(RELAY)
        self.meet_again(alice, bob, one, again)

    def off_on_one_side(self, *policies, compare=False):
        """Neither tells an address. With `compare`, all that is missing is that alice has compared the safety number."""
        alice, bob, one, other = self.pair(policies)
        self.greet(one, other)
        for sender, receiver, text in (one, other, "again"), (other, one, "and again"):
            sender.say(text)
            receiver.text(text, "received")
            sender.text(text, "delivered")
        self.assertEqual((one.udp_sockets(), other.udp_sockets()), ([], []))
        self.assertEqual((self.path(alice, bob), self.path(bob, alice)), (["relay"], ["relay"]))
        self.assertNotIn("direct.", alice.log() + bob.log())
        if not compare:
            return
        one.say("/verify yes")
        one.say("compared")
        one.info(DIRECT)
        self.assertEqual(self.path(alice, bob), ["direct"])
        self.assertTrue(one.udp_sockets())
        one.say("/block")
        one.info(RELAY)


if __name__ == "__main__":
    programs.main()
