#!/usr/bin/env python3
"""Contacts who go direct (docs/spec/direct.md), behind NATs: who gets a path, and what becomes of texts when it ends.

    contacts_test.py FOLDER_OF_PROGRAMS [unittest arguments]

A real server with its STUN service, real `pqc-chat chat` with `direct = contacts`, NATs as in lab.py. All meet at once.
"""

import concurrent.futures
import contextlib
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import unittest

import lab

lab.enter()
BIN = lab.programs(sys.argv.pop(1))
WAIT = 60
BURST = 40
DIRECT = "-- direct from now on, without the server"
RELAY = "-- through the server again"
OPEN, INDEPENDENT, SYMMETRIC = "open", "endpoint-independent", "symmetric"


class Server:
    def __init__(self, net):
        self.net, self.host = net, net.public_host()
        self.start()

    def start(self):
        read_end, write_end = os.pipe()
        self.process = self.net.start(
            self.host, [BIN / "pqc-chat-server", "--data", self.net.folder / "server", "run", "--listen", ":8443", "--name", "test",
                        "--stun", "3478", "--ready-fd", write_end], pass_fds=[write_end], stdout=-3, stderr=-3)
        os.close(write_end)
        with os.fdopen(read_end) as ready:
            self.fingerprint = dict(line.split("=", 1) for line in ready.read().splitlines())["fingerprint"]

    def restart(self):
        self.process.terminate()
        self.process.wait(WAIT)
        self.start()


class Person:
    """Somebody with an account, and a running chat."""

    def __init__(self, net, host, server, name):
        self.net, self.host, self.name = net, host, name
        self.profile, self.config = net.folder / name, net.folder / f"{name}.conf"
        self.config.write_text("[user]\ndirect = contacts\n")
        self.arriving, self.seen, self.process = queue.Queue(), [], None
        self("register", name, "--server", f"{server.host.ipv4}:8443", "--fingerprint", server.fingerprint)

    def command(self, *arguments):
        return [BIN / "pqc-chat", "--json", "--profile", self.profile, "--config", self.config, *arguments]

    def __call__(self, *arguments):
        done = self.host.run(self.command(*arguments), timeout=WAIT)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments}: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def chat(self, peer):
        with open(f"{self.profile}.log", "ab") as log:
            self.process = self.net.start(self.host, self.command("chat", peer.name), stdin=-1, stdout=subprocess.PIPE, stderr=log,
                                          text=True, env=dict(os.environ, PQC_CHAT_LOG="info"))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.arriving.put(json.loads(line))

    def until(self, matches):
        for entry in self.seen:
            if matches(entry):
                return
        while True:
            try:
                self.seen.append(self.arriving.get(timeout=WAIT))
            except queue.Empty:
                raise AssertionError(f"{self.name}, {self.host.kind}: {self.seen[-5:]} {self.log()}") from None
            if matches(self.seen[-1]):
                return

    def log(self):
        with open(f"{self.profile}.log", encoding="utf-8") as log:
            return log.read()

    def text(self, text, status="received"):
        self.until(lambda entry: entry["type"] == "message" and entry["text"] == text and entry["status"] == status)

    def told(self, text, count=1):
        self.until(lambda _: sum(entry.get("text") == text for entry in self.seen if entry["type"] == "info") >= count)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def path(self):
        return [entry["path"] for entry in self("contacts")]


class Pair:
    """Two contacts who have compared their safety numbers and chat."""

    def __init__(self, net, hosts, server, number):
        self.one, self.other = (Person(net, host, server, f"{who}{number}") for host, who in zip(hosts, ("alice", "bob")))

    def meet(self):
        self.one.chat(self.other)
        self.other.chat(self.one)
        for sender, receiver in self.turns():
            sender.say("hello")
            receiver.text("hello")
        for side in (self.one, self.other):
            side.say("/verify yes")
        # A client that would go direct says so in what it sends from now on (§2).
        for sender, receiver in self.turns():
            sender.say("compared")
            receiver.text("compared")
            sender.text("compared", "delivered")

    def turns(self):
        return (self.one, self.other), (self.other, self.one)

    def go_direct(self):
        """Seconds from the first text that says it would go direct to the path."""
        start = time.monotonic()
        self.meet()
        for side in (self.one, self.other):
            side.told(DIRECT)
        return time.monotonic() - start

    def burst(self, name, meanwhile):
        """Texts both ways, and in the middle of them something else; all of them arrive, once and in order."""
        texts = [f"{name} {number}" for number in range(BURST)]
        for number, text in enumerate(texts):
            if number == BURST // 2:
                meanwhile()
            for side in (self.one, self.other):
                side.say(text)
        for sender, receiver in self.turns():
            receiver.text(texts[-1])
            sender.text(texts[-1], "delivered")
            got = [entry["text"] for entry in receiver("history", sender.name, "--limit", 1000)
                   if entry["type"] == "message" and entry["direction"] == "in" and entry["text"].startswith(name)]
            if got != texts:
                raise AssertionError(f"{receiver.name} has {got}")


class Contacts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(lab.Lab())
        cls.server = Server(cls.net)
        cls.numbers = itertools.count(1)
        cls.pool = cls.enterClassContext(concurrent.futures.ThreadPoolExecutor(4))

    def pair(self, *kinds):
        return Pair(self.net, [self.net.host(kind) for kind in kinds], self.server, next(self.numbers))

    def test_contacts_behind_nats(self):
        running = {what: self.pool.submit(what, self.pair(*kinds)) for what, kinds in (
            (self.path_is_cut, (INDEPENDENT, INDEPENDENT)), (self.a_side_is_stopped, (OPEN, SYMMETRIC)),
            (self.no_way, (SYMMETRIC, SYMMETRIC)))}
        for what, done in running.items():
            with self.subTest(what=what.__name__):
                print(f"{what.__name__}: {done.result()}")

    def test_the_server_starts_again(self):
        """A path ends with the connection to the server (§5); texts wait for it, and a path comes again."""
        pair = self.pair(INDEPENDENT, OPEN)
        pair.go_direct()
        pair.burst("restart", self.server.restart)
        for side in (pair.one, pair.other):
            side.told(RELAY)
        # Any text brings them together again, from a second after the last attempt on.
        texts = (f"and again {number}" for number in itertools.count())
        end = time.monotonic() + WAIT
        while pair.one.path() != ["direct"] and time.monotonic() < end:
            text = next(texts)
            pair.one.say(text)
            pair.other.text(text)
        for side in (pair.one, pair.other):
            side.told(DIRECT, 2)

    def path_is_cut(self, pair):
        took = pair.go_direct()
        self.assertEqual((pair.one.path(), pair.other.path()), (["direct"], ["direct"]))
        start = time.monotonic()
        pair.burst("cut", lambda: self.net.cut_udp(pair.one.host))
        self.assertEqual((pair.one.path(), pair.other.path()), (["relay"], ["relay"]))
        return f"direct after {took:.1f} s, all texts through the server {time.monotonic() - start:.1f} s after the path was cut"

    def a_side_is_stopped(self, pair):
        """Who sends gives the path up; what the other one has not stored waits at the server."""
        pair.go_direct()
        start = time.monotonic()

        def stop():
            pair.other.process.send_signal(signal.SIGSTOP)
            pair.one.say("is anybody there?")
            pair.one.told(RELAY)
            pair.other.process.send_signal(signal.SIGCONT)

        try:
            pair.burst("stopped", stop)
        finally:
            with contextlib.suppress(OSError):
                pair.other.process.send_signal(signal.SIGCONT)
        return f"given up and gone on after {time.monotonic() - start:.1f} s"

    def no_way(self, pair):
        pair.meet()
        pair.burst("relayed", lambda: None)
        self.assertEqual((pair.one.path(), pair.other.path()), (["relay"], ["relay"]))
        # Both did try.
        for side in (pair.one, pair.other):
            self.assertIn("direct.", side.log())
        return "through the server, as ever"


unittest.main()
