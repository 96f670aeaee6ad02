#!/usr/bin/env python3
"""Two people with tickets behind every pair of NATs: who gets through directly and who through which relay, as a table.

    matrix_test.py FOLDER_OF_PROGRAMS ROOT_OF_THE_TREE [soak] [unittest arguments]

Real `pqc-chat p2p ticket` and `p2p join`, two real coturns (each STUN and TURN server of one side, over UDP, TCP and TLS), texts and
files. Large files and lost packets on three pairs each; with `soak` only these, on all of them.
"""

import concurrent.futures
import hashlib
import itertools
import json
import os
import pathlib
import queue
import statistics
import subprocess
import sys
import threading
import time
import unittest

import coturn
import lab
from eavesdropper import Eavesdropper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import known_leaks

lab.enter()
BIN = lab.programs(sys.argv.pop(1))
ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
SOAK = sys.argv[1:2] == ["soak"]
if SOAK:
    sys.argv.pop(1)
WAIT = 60
AT_ONCE = 8
LARGE, LOSSY = 50 << 20, 2 << 20
LONG_WAIT = 600
known_leaks.name(__file__, whole_stacks=True)

# By NATs that filter by address and port (RFC 4787 §5). A pair is written in the order of lab.KINDS.
OPEN, INDEPENDENT, DEPENDENT, SYMMETRIC, BLOCKED, HTTPS, IPV6 = lab.KINDS
DIRECT = {(OPEN, OPEN), (OPEN, INDEPENDENT), (OPEN, DEPENDENT), (OPEN, SYMMETRIC), (OPEN, IPV6), (INDEPENDENT, INDEPENDENT), (IPV6, IPV6)}
NO_NAT = {OPEN, IPV6}
PAIRS = list(itertools.combinations_with_replacement(lab.KINDS, 2))


# How they reach a relay, as the status names it.
OVER = {"turn": {"udp": "UDP", "tcp": "TCP"}, "turns": {"tcp": "TLS"}}
ALL_OVER = {"UDP", "TCP", "TLS"}
# What their network allows; elsewhere UDP is preferred, but another may be there first.
RELAY_OVER = {BLOCKED: {"TCP", "TLS"}, HTTPS: {"TLS"}}


def path_of(pair):
    return "direct" if pair in DIRECT else "relay"


def over(status):
    """By what this side reaches the relay of its own on the path; nothing where it uses none."""
    if not status["relay"]:
        return None
    scheme, rest = status["relay"].split(":", 1)
    return OVER[scheme][rest.rsplit("=", 1)[1]]


def class_of(pair):
    if pair not in DIRECT:
        return "through a relay"
    return "direct, no NAT" if set(pair) <= NO_NAT else "direct, through NATs"


class Side:
    """A running chat: its objects as they come, lines to its standard input."""

    def __init__(self, net, host, name, relay, number):
        self.net, self.host, self.name = net, host, name
        self.profile = net.folder / f"{name}{number}"
        user, password = coturn.credentials(who=f"{name}{number}")
        secret = net.folder / f"{name}{number}.password"
        secret.write_text(password + "\n")
        secret.chmod(0o600)
        address = f"[{relay.ipv6}]" if host.ipv4 is None else relay.ipv4
        # One trusts the key of its relay, the other one who vouches for its address.
        pin = f"?pin={relay.pin}" if name == "alice" else ""
        self.environment = dict(os.environ, SSL_CERT_FILE=str(relay.certificate) if name == "bob" else "/dev/null")
        self.servers = ["--stun", relay.ipv4, "--turn", f"turn:{address}?transport=udp", "--turn", f"turn:{address}?transport=tcp",
                        "--turn", f"turns:{address}:{coturn.TLS_PORT}{pin}", "--turn-user", user, "--turn-password-file", secret]
        self.process = None
        self.seen, self.arriving = [], queue.Queue()

    def command(self, *arguments):
        return [BIN / "pqc-chat", "--json", "--profile", self.profile, *arguments]

    def command_done(self, *arguments):
        done = self.host.run(self.command(*arguments), timeout=WAIT)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def start(self, *arguments):
        self.command_done("identity", "create", self.name)
        with open(f"{self.profile}.err", "wb") as err:
            self.process = self.net.start(self.host, self.command("p2p", *arguments, *self.servers), stdin=-1, stdout=-1, stderr=err,
                                          text=True, env=self.environment)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.arriving.put((time.monotonic(), json.loads(line)))
        self.arriving.put((time.monotonic(), None))

    def until(self, matches, wait=WAIT):
        """The first object that matches, of those that nobody waited for yet, and when it came."""
        while True:
            when, entry = self.arriving.get(timeout=wait)
            if entry is None:
                raise AssertionError(f"{self.name} behind {self.host.kind} ended: {self.seen[-5:]} "
                                     + pathlib.Path(f"{self.profile}.err").read_text())
            self.seen.append(entry)
            if matches(entry):
                return when, entry

    def of_type(self, kind):
        return self.until(lambda entry: entry["type"] == kind)[1]

    def text(self, text):
        return self.until(lambda entry: entry["type"] == "message" and entry["text"] == text and entry["direction"] == "in")[0]

    def file(self, status, wait=WAIT):
        return self.until(lambda entry: entry["type"] == "p2p_file" and entry["status"] in (status, "failed"), wait)[1]

    def status(self):
        self.say("/status")
        return self.until(lambda entry: entry["type"] == "p2p_status" and "round_trip_us" in entry)[1]

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


def start_server(net, relay):
    """Ours: it introduces people, and gives them access to this relay over UDP and TLS. Answers where, and its fingerprint."""
    host = net.public_host()
    folder, secret = net.folder / host.name, net.folder / f"{host.name}.secret"
    secret.write_text(coturn.SECRET + "\n")
    secret.chmod(0o600)
    config = net.folder / f"{host.name}.conf"
    config.write_text(f"[turn]\nuris = turn:{relay.ipv4}, turns:{relay.ipv4}:{coturn.TLS_PORT}?pin={relay.pin}\nsecretfile = {secret}\n")
    server = [BIN / "pqc-chat-server", "--config", config, "--data", folder]
    read_end, write_end = os.pipe()
    # At the one port that is let out everywhere.
    net.start(host, [*server, "run", "--listen", ":443", "--name", "introducer.example", "--rendezvous", "--ready-fd", write_end],
              pass_fds=[write_end], stdout=-3, stderr=-3)
    os.close(write_end)
    with os.fdopen(read_end) as ready:
        told = dict(line.split("=", 1) for line in ready.read().splitlines())
    return f"{host.ipv4}:443", told["fingerprint"]


class Meeting:
    """Two who meet by tickets that the test carries, chat, and send a file."""

    def __init__(self, net, hosts, relays, number):
        self.net, self.number = net, number
        self.alice, self.bob = (Side(net, host, name, relay, number)
                                for host, name, relay in zip(hosts, ("alice", "bob"), relays))

    def open(self):
        """Seconds from the moment when both tickets are there to the first text."""
        self.alice.start("ticket")
        self.bob.start("join", self.alice.of_type("p2p_ticket")["ticket"])
        answer = self.bob.of_type("p2p_ticket")["ticket"]
        start = time.monotonic()
        self.alice.say(answer + "\nhello")
        took = self.bob.text("hello") - start
        self.bob.say("hello yourself")
        self.alice.text("hello yourself")
        return took

    def send(self, size, wait=WAIT):
        """A file whole, both ways told; seconds."""
        source, target = (self.net.folder / f"{self.number}.{end}" for end in ("source", "target"))
        content = os.urandom(1 << 20) * (size >> 20)
        source.write_bytes(content)
        self.alice.say(f"/send {source}")
        self.bob.file("offered")
        start = time.monotonic()
        self.bob.say(f"/accept {target}")
        for side in (self.bob, self.alice):
            done = side.file("complete", wait)
            if done["status"] != "complete":
                raise AssertionError(done)
        took = time.monotonic() - start
        if hashlib.sha256(target.read_bytes()).digest() != hashlib.sha256(content).digest():
            raise AssertionError("the file is another one")
        source.unlink()
        target.unlink()
        return took

    def path(self):
        return self.alice.status()["path"]

    def relays(self):
        """By what each side reaches its relay."""
        return over(self.alice.status()), over(self.bob.status())

    def end(self):
        """In good order, on both sides."""
        self.alice.say("/quit")
        return [side.process.wait(WAIT) for side in (self.alice, self.bob)]


@unittest.skipUnless(coturn.TURNSERVER, "coturn is not here: tools/setup installs it")
class Matrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(lab.Lab())
        cls.relays = [coturn.start(cls.net, ROOT)[0] for _ in range(2)]
        cls.hosts = {kind: (cls.net.host(kind), cls.net.host(kind)) for kind in lab.KINDS}
        cls.numbers = itertools.count(1)
        if not SOAK:
            # They mostly wait, so the others run beside them.
            hosts = {mover: [cls.net.host(OPEN) for _ in range(2)] for mover in ("alice", "bob")}
            pool = cls.enterClassContext(concurrent.futures.ThreadPoolExecutor(3))
            cls.with_accounts = pool.submit(cls.meet_with_accounts)
            cls.moving = {mover: pool.submit(cls.move_in_the_middle, mover, two) for mover, two in hosts.items()}

    @classmethod
    def meeting(cls, pair):
        hosts = [cls.hosts[kind][side] for side, kind in enumerate(pair)]
        return Meeting(cls.net, hosts, cls.relays, next(cls.numbers))

    def meet(self, pair):
        """(seconds to the first text, path, relays of both, seconds for 1 MiB, exit codes)"""
        meeting = self.meeting(pair)
        opened, sent = meeting.open(), meeting.send(1 << 20)
        return opened, meeting.path(), meeting.relays(), sent, meeting.end()

    @unittest.skipIf(SOAK, "the tests have it")
    def test_all_pairs(self):
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            running = {pair: pool.submit(self.meet, pair) for pair in PAIRS}
        results = {pair: meeting.result() for pair, meeting in running.items() if not meeting.exception()}
        print(f"\n{'behind':<22}{'and behind':<22}{'path':<18}{'first text':>11}{'1 MiB':>10}   ({time.monotonic() - start:.0f} s in all)")
        for pair in PAIRS:
            if pair in results:
                opened, path, relays, sent, _ = results[pair]
                through = " + ".join(filter(None, relays))
                print(f"{pair[0]:<22}{pair[1]:<22}{path + ' ' + through:<18}{opened * 1000:>8.0f} ms{sent * 1000:>7.0f} ms")
            else:
                print(f"{pair[0]:<22}{pair[1]:<22}no way: {running[pair].exception()!r}"[:300])
        for name in ("direct, no NAT", "direct, through NATs", "through a relay"):
            times = [result[0] for pair, result in results.items() if class_of(pair) == name]
            if times:
                print(f"first text {name}: p50 {statistics.median(times) * 1000:.0f} ms, most {max(times) * 1000:.0f} ms")
        for pair in PAIRS:
            with self.subTest(pair=pair):
                self.assertIn(pair, results)
                _, path, relays, _, codes = results[pair]
                self.assertEqual((path, codes), (path_of(pair), [0, 0]))
                self.assertEqual(any(relays), path == "relay")
                for kind, relay in zip(pair, relays):
                    self.assertIn(relay, RELAY_OVER.get(kind, {None, *ALL_OVER}))
        self.assertEqual({relay for result in results.values() for relay in result[2] if relay}, ALL_OVER)

    @classmethod
    def move_in_the_middle(cls, mover, two):
        """Who offers sends 1 MiB through a rate of about 300 kB/s; the mover has another address before it is over. Answers the seconds,
        at which address the mover is seen, where it may be, and the exit codes."""
        meeting = Meeting(cls.net, two, cls.relays, next(cls.numbers))
        meeting.open()
        hosts = {"alice": meeting.alice.host, "bob": meeting.bob.host}
        for host in hosts.values():
            cls.net.slow(host)
        moved = threading.Timer(1.5, cls.net.move, [hosts[mover]])
        moved.start()
        took = meeting.send(1 << 20)
        moved.join()
        status = meeting.alice.status()
        seen = status["local" if mover == "alice" else "remote"]
        return took, seen.rsplit(":", 1)[0].strip("[]"), (hosts[mover].ipv4, hosts[mover].ipv6), meeting.end()

    @classmethod
    def meet_with_accounts(cls):
        """By a code, without a relay or STUN server that anybody names. Answers the meeting, and the exit codes."""
        where, fingerprint = start_server(cls.net, cls.relays[0])
        at = ["--server", where, "--fingerprint", fingerprint]
        meeting = cls.meeting((SYMMETRIC, HTTPS))
        for side in (meeting.alice, meeting.bob):
            side.servers = []
            side.command_done("register", side.name, *at)
        meeting.alice.start("rendezvous", "new", *at)
        meeting.bob.start("rendezvous", meeting.alice.of_type("p2p_rendezvous")["code"], *at)
        for side in (meeting.alice, meeting.bob):
            side.of_type("p2p_status")
        meeting.alice.say("hello")
        meeting.bob.text("hello")
        return meeting, meeting.path(), meeting.relays(), meeting.end()

    @unittest.skipIf(SOAK, "the tests have it")
    def test_who_has_an_account_meets_by_a_code_and_through_the_relay_of_its_server(self):
        meeting, path, relays, codes = self.with_accounts.result()
        self.assertEqual((path, relays[1], codes), ("relay", "TLS", [0, 0]))
        known = [f"turn:{self.relays[0].ipv4}:3478?transport=udp", f"turns:{self.relays[0].ipv4}:{coturn.TLS_PORT}?transport=tcp"]
        for side in (meeting.alice, meeting.bob):
            self.assertEqual([entry["relays"] for entry in side.seen if entry["type"] == "p2p_relays"], [known])

    @unittest.skipIf(SOAK, "the tests have it")
    def test_who_moves_in_the_middle_of_a_file_goes_on(self):
        for mover, outcome in self.moving.items():
            took, seen, addresses, codes = outcome.result()
            print(f"{mover} moved in the middle of 1 MiB: whole after {took:.1f} s")
            self.assertIn(seen, addresses)
            self.assertEqual(codes, [0, 0])

    @unittest.skipIf(SOAK, "the tests have it")
    def test_threat_13_who_replays_floods_and_spoofs_changes_nothing(self):
        hosts = [self.net.host(OPEN) for _ in range(2)]
        eavesdroppers = [Eavesdropper(host) for host in hosts]
        try:
            meeting = Meeting(self.net, hosts, self.relays, next(self.numbers))
            meeting.open()
            took = meeting.send(1 << 20)
            meeting.alice.say("the last word")
            meeting.bob.text("the last word")
            self.assertEqual(meeting.path(), "direct")
            self.assertEqual(meeting.end(), [0, 0])
            # Nothing twice.
            texts = [entry["text"] for entry in meeting.bob.seen if entry["type"] == "message" and entry["direction"] == "in"]
            self.assertEqual(texts, ["hello", "the last word"])
        finally:
            for eavesdropper in eavesdroppers:
                eavesdropper.end()
        forged = sum(eavesdropper.sent for eavesdropper in eavesdroppers)
        self.assertGreater(forged, 500)
        # They did reach the programs.
        for host in hosts:
            counters = host.run(["cat", "/proc/net/snmp6"]).stdout.split()
            self.assertEqual(counters[counters.index("Udp6InCsumErrors") + 1], "0")
        print(f"1 MiB whole in {took:.1f} s among {forged} forged packets")

    def send_between(self, pairs, size):
        """At once. Seconds and the path, by pair."""
        def one(pair):
            meeting = self.meeting(pair)
            meeting.open()
            took, path = meeting.send(size, LONG_WAIT), meeting.path()
            self.assertEqual(meeting.end(), [0, 0])
            return took, path

        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            return dict(zip(pairs, pool.map(one, pairs)))

    def test_large_files(self):
        pairs = PAIRS if SOAK else [(OPEN, OPEN), (INDEPENDENT, INDEPENDENT), (IPV6, IPV6)]
        for pair, (took, path) in self.send_between(pairs, LARGE).items():
            print(f"{pair[0]} and {pair[1]}: {LARGE >> 20} MiB in {took:.1f} s, {LARGE * 8e-6 / took:.0f} Mbit/s, {path}")
            self.assertEqual(path, path_of(pair))

    def test_loss(self):
        pairs = [pair for pair in PAIRS if OPEN in pair] if SOAK else [(OPEN, OPEN), (OPEN, SYMMETRIC), (OPEN, IPV6)]
        lossy = self.hosts[OPEN][0]
        self.net.lose(lossy, 5)
        self.addCleanup(self.net.lose, lossy, 0)
        for pair, (took, path) in self.send_between(pairs, LOSSY).items():
            print(f"{pair[0]} and {pair[1]}, 5 % lost each way: {LOSSY >> 20} MiB in {took:.1f} s, {path}")
        # What the kernel counted: it was lost.
        self.assertGreater(min(self.net.lost(lossy)), 20)


unittest.main()
