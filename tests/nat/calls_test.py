#!/usr/bin/env python3
"""Two people call each other behind every pair of NATs: who hears whom directly and who through which relay, as a table; and what
becomes of a call whose network changes.

    calls_test.py FOLDER_OF_PROGRAMS ROOT_OF_THE_TREE [unittest arguments]

A real `pqc-chat-server` that names two real coturns (UDP, TCP and TLS, by names in /etc/hosts), real `pqc-chat call` and `pqc-chat
answer`, WAV files for microphones and loudspeakers.
"""

import concurrent.futures
import itertools
import json
import os
import pathlib
import queue
import re
import signal
import socket
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
import waves

lab.enter()
BIN = lab.programs(sys.argv.pop(1))
ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
WAIT = 60
TALK = 2.5     # seconds of sound each way
COMPARED = (0.4, 1.6)  # of these: from where on, and how much
LIKE = 0.7
known_leaks.name(__file__, whole_stacks=True)

OPEN, INDEPENDENT, DEPENDENT, SYMMETRIC, BLOCKED, HTTPS, IPV6 = lab.KINDS
# As in matrix_test.py.
DIRECT = {(OPEN, OPEN), (OPEN, INDEPENDENT), (OPEN, DEPENDENT), (OPEN, SYMMETRIC), (OPEN, IPV6), (INDEPENDENT, INDEPENDENT), (IPV6, IPV6)}
PAIRS = list(itertools.combinations_with_replacement(lab.KINDS, 2))
# What their network allows, where it does not allow all.
RELAY_OVER = {BLOCKED: {"tcp", "tls"}, HTTPS: {"tls"}}
COUPLES = 7


def rounds():
    """The pairs, in rounds of as many as there are couples."""
    count = len(lab.KINDS)
    for step in range(count // 2 + 1):
        yield [tuple(sorted((lab.KINDS[i], lab.KINDS[(i + step) % count]), key=lab.KINDS.index)) for i in range(count)]


class Person:
    """An account; its programs run on the host that it is given."""

    def __init__(self, net, name):
        self.net, self.name, self.host = net, name, None
        self.profile = net.folder / name

    def command(self, *arguments):
        return [BIN / "pqc-chat", "--json", "--profile", self.profile, *arguments]

    def run(self, *arguments):
        done = self.host.run(self.command(*arguments), timeout=WAIT)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {done.stderr}{done.stdout}")

    def start(self, *arguments):
        return Program(self, arguments)


class Program:
    """Objects of a running program as they come."""

    def __init__(self, person, arguments):
        self.person, self.errors = person, pathlib.Path(f"{person.profile}.err")
        with open(self.errors, "wb") as err:
            self.process = person.net.start(person.host, person.command(*arguments), stdout=-1, stderr=err, text=True,
                                            env=dict(os.environ, PQC_CHAT_LOG="debug"))
        self.seen, self.arriving = [], queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.arriving.put(json.loads(line))
        self.arriving.put(None)

    def until(self, matches, wait=WAIT):
        end = time.monotonic() + wait
        while True:
            entry = self.arriving.get(timeout=max(0.01, end - time.monotonic()))
            if entry is None:
                raise AssertionError(f"{self.person.name} behind {self.person.host.kind} ended: {self.seen[-3:]} {self.errors.read_text()[-2000:]}")
            self.seen.append(entry)
            if matches(entry):
                return entry

    def phase(self, phase, wait=WAIT):
        return self.until(lambda entry: entry["type"] == "call" and entry["phase"] in (phase, "over"), wait)

    def talk(self, seconds):
        """The last word on the call after so long."""
        last, end = None, time.monotonic() + seconds
        while time.monotonic() < end:
            last = self.phase("active")
            if last["phase"] == "over":
                raise AssertionError(last)
        return last

    def log(self, event):
        """The lines of its log about this."""
        return [line for line in self.errors.read_text().splitlines() if event in line]

    def candidates(self):
        """(type, address) of all that the other side told."""
        return {(re.search(r"\btype=(\S+)", line)[1], re.search(r"\bip=(\S+)", line)[1].strip('"')) for line in self.log("call.candidate")}

    def wait_for_log(self, event):
        end = time.monotonic() + WAIT
        while not self.log(event):
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f"no {event}: {self.errors.read_text()[-2000:]}")
            time.sleep(0.05)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(WAIT)
        while (entry := self.arriving.get(timeout=WAIT)) is not None:
            self.seen.append(entry)
        return code


class Couple:
    """Two who know each other."""

    def __init__(self, net, number, server, hosts):
        self.folder = net.folder
        self.alice, self.bob = (Person(net, f"{name}{number}") for name in ("alice", "bob"))
        for person, host in zip((self.alice, self.bob), hosts):
            person.host = host
            person.run("register", person.name, "--server", server.where, "--fingerprint", server.fingerprint)
        self.bob.run("send", self.alice.name, "hello")

    def files(self, number):
        return {name: self.folder / f"{number}.{name}.wav" for name in ("heard by alice", "heard by bob")}

    def connect(self, number, hosts, said, alice=(), bob=()):
        """A call that is up: the programs of both."""
        self.alice.host, self.bob.host = hosts
        heard = self.files(number)
        answering = self.bob.start("answer", "--auto", "--audio-in", said["bob"], "--audio-out", heard["heard by bob"], *bob)
        calling = self.alice.start("call", self.bob.name, "--audio-in", said["alice"], "--audio-out", heard["heard by alice"], *alice)
        begun = time.monotonic()
        for program in (calling, answering):
            entry = program.phase("active")
            if entry["phase"] == "over":
                raise AssertionError(f"{entry} {program.errors.read_text()[-2000:]}")
        return calling, answering, time.monotonic() - begun

    def likeness(self, number, said, begin=COMPARED[0], seconds=COMPARED[1]):
        heard = self.files(number)
        part = slice(int(begin * waves.RATE), int((begin + seconds) * waves.RATE))
        return tuple(waves.likeness(waves.read(said[who])[part], waves.read(heard[f"heard by {other}"]))
                     for who, other in (("alice", "bob"), ("bob", "alice")))


class Server:
    """Ours: names relays by their names, each over UDP, TCP and TLS, and is a STUN server itself; without relays it has no name."""

    PORT = 443  # the one that is let out everywhere

    def __init__(self, net, relays):
        self.host = net.public_host()
        names = {f"relay{i}.example": relay for i, relay in enumerate(relays)} | {"server.example": self.host}
        hosts, secret, config = (net.folder / f"{self.host.name}.{end}" for end in ("hosts", "secret", "conf"))
        hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{host.ipv4} {name}\n{host.ipv6} {name}\n" for name, host in names.items()))
        if relays:
            subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
        secret.write_text(coturn.SECRET + "\n")
        secret.chmod(0o600)
        uris = [uri for i, relay in enumerate(relays)
                for uri in (f"turn:relay{i}.example", f"turn:relay{i}.example?transport=tcp",
                            f"turns:relay{i}.example:{coturn.TLS_PORT}?pin={relay.pin}")]
        config.write_text(f"[turn]\nuris = {', '.join(uris)}\nsecretfile = {secret}\n" if relays else "")
        read_end, write_end = os.pipe()
        net.start(self.host, [BIN / "pqc-chat-server", "--config", config, "--data", net.folder / self.host.name, "run", "--listen",
                              f":{self.PORT}", "--name", "server.example", "--stun", "3478", "--ready-fd", write_end],
                  pass_fds=[write_end], stdout=-3, stderr=-3)
        os.close(write_end)
        with os.fdopen(read_end) as ready:
            told = dict(line.split("=", 1) for line in ready.read().splitlines())
        self.where, self.fingerprint = f"{'server.example' if relays else self.host.ipv4}:{self.PORT}", told["fingerprint"]


class Wire:
    """Sees the IP packets of a public host: between which addresses, and how large what is in UDP."""

    def __init__(self, host):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((f"b{host.name[1:]}", 0))
        self.socket.settimeout(0.1)
        self.ends, self.ended = set(), False
        self.sizes = []  # (source, first byte, second byte, size) of what is in UDP over IPv4
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.ended:
            try:
                frame = self.socket.recv(65536)
            except TimeoutError:
                continue
            kind = int.from_bytes(frame[12:14], "big")
            if kind == 0x0800:
                source, target = (socket.inet_ntop(socket.AF_INET, frame[at:at + 4]) for at in (26, 30))
                self.ends.add((source, target))
                if frame[23] == socket.IPPROTO_UDP:
                    size = int.from_bytes(frame[38:40], "big") - 8
                    self.sizes.append((source, frame[42], frame[43], size))
            elif kind == 0x86dd:
                self.ends.add(tuple(socket.inet_ntop(socket.AF_INET6, frame[at:at + 16]) for at in (22, 38)))

    def end(self):
        self.ended = True
        self.thread.join()
        self.socket.close()


@unittest.skipUnless(coturn.TURNSERVER, "coturn is not here: tools/setup installs it")
class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(lab.Lab())
        cls.relays = [coturn.start(cls.net, ROOT)[0] for _ in range(2)]
        cls.server = Server(cls.net, cls.relays)
        cls.hosts = {kind: (cls.net.host(kind), cls.net.host(kind)) for kind in lab.KINDS}
        cls.numbers = itertools.count(1)
        cls.said = {}
        for name, seed in (("alice", 3), ("bob", 4)):
            cls.said[name] = cls.net.folder / f"said by {name}.wav"
            waves.write_speech(cls.said[name], 20, seed)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            cls.couples = list(pool.map(lambda number: Couple(cls.net, number, cls.server, cls.hosts[OPEN]), range(COUPLES)))
        # They mostly wait, so they run side by side.
        pool, couples = cls.enterClassContext(concurrent.futures.ThreadPoolExecutor(COUPLES)), iter(cls.couples)
        cls.lost = pool.submit(cls.lose_the_network, next(couples))
        cls.hidden = {who: pool.submit(cls.hide, who, next(couples)) for who in ("alice", "bob")}
        cls.moving = {mover: pool.submit(cls.move_in_the_middle, mover, kinds, next(couples))
                      for mover, kinds in (("alice", (OPEN, INDEPENDENT)), ("bob", (SYMMETRIC, OPEN)))}
        cls.forged = pool.submit(cls.among_forgeries, next(couples))
        cls.others = [cls.lost, cls.forged, *cls.hidden.values(), *cls.moving.values()]

    def call(self, couple, hosts):
        """(path and relay of each side, likeness of what each heard, seconds until it was up, exit codes)"""
        number = next(self.numbers)
        calling, answering, took = couple.connect(number, hosts, self.said)
        told = [program.talk(TALK) for program in (calling, answering)]
        codes = [calling.end(), answering.end()]
        gathered = max(int(re.search(r"\bms=(\d+)", line)[1]) for program in (calling, answering) for line in program.log("call.gathered"))
        return [(entry["path"], entry.get("relay")) for entry in told], couple.likeness(number, self.said), (gathered, took), codes

    def test_all_pairs(self):
        concurrent.futures.wait(self.others)  # whose people they are
        results, failures = {}, {}
        start = time.monotonic()
        for pairs in rounds():
            with concurrent.futures.ThreadPoolExecutor(COUPLES) as pool:
                # Two of a kind are the first's two hosts, else each kind's first or second one, by its side.
                hosts = [(self.hosts[one][0], self.hosts[other][1]) for one, other in pairs]
                running = {pair: pool.submit(self.call, couple, two) for pair, couple, two in zip(pairs, self.couples, hosts)}
            for pair, outcome in running.items():
                if outcome.exception():
                    failures[pair] = outcome.exception()
                else:
                    results[pair] = outcome.result()
        print(f"\n{'behind':<22}{'and behind':<22}{'path':<22}{'gathered':>10}{'up after':>10}{'heard':>12}   ({time.monotonic() - start:.0f} s in all)")
        for pair in PAIRS:
            if pair in results:
                ends, like, (gathered, took), _ = results[pair]
                path = " ".join([ends[0][0], " + ".join(relay for _, relay in ends if relay)])
                print(f"{pair[0]:<22}{pair[1]:<22}{path:<22}{gathered:>7} ms{took:>8.1f} s{like[1]:>6.2f}{like[0]:>6.2f}")
            else:
                print(f"{pair[0]:<22}{pair[1]:<22}no call: {failures.get(pair)!r}"[:400])
        for pair in PAIRS:
            with self.subTest(pair=pair):
                self.assertIn(pair, results)
                ends, like, _, codes = results[pair]
                expected = "direct" if pair in DIRECT else "relayed"
                self.assertEqual([path for path, _ in ends], [expected] * 2)
                self.assertEqual(codes, [0, 0])
                self.assertGreater(min(like), LIKE)
                self.assertEqual(any(relay for _, relay in ends), expected == "relayed")
                for kind, (_, relay) in zip(pair, ends):
                    self.assertIn(relay, RELAY_OVER.get(kind, {None, "udp", "tcp", "tls"}))
        self.assertLessEqual({"tcp", "tls"}, {relay for result in results.values() for _, relay in result[0]})


    @classmethod
    def hide(cls, who, couple):
        """A call in which this one says --relay-only. Answers the last words of both, what each heard, the exit codes, what the other one was
        told and what the one who hides was, and who sent packets to whom."""
        hosts, number = [cls.net.host(OPEN) for _ in range(2)], next(cls.numbers)
        wire = Wire(hosts[1])
        try:
            programs = couple.connect(number, hosts, cls.said, **{who: ["--relay-only"]})[:2]
            told = [program.talk(TALK) for program in programs]
            codes = [program.end() for program in programs]
        finally:
            wire.end()
        hider, other = programs if who == "alice" else programs[::-1]
        between = {ends for ends in wire.ends if all(set(ends) & {host.ipv4, host.ipv6} for host in hosts)}
        return told, couple.likeness(number, cls.said), codes, other.candidates(), hider.candidates(), between

    def test_relay_only_shows_no_address_but_those_of_relays(self):
        for who, outcome in self.hidden.items():
            with self.subTest(who=who):
                told, like, codes, seen, known, between = outcome.result()
                self.assertEqual([entry["path"] for entry in told], ["relayed", "relayed"])
                self.assertGreater(min(like), LIKE)
                self.assertEqual(codes, [0, 0])
                self.assertEqual({kind for kind, _ in seen}, {"relayed"})
                self.assertLessEqual({ip for _, ip in seen}, {relay.ipv4 for relay in self.relays})
                self.assertIn("host", {kind for kind, _ in known})
                self.assertEqual(between, set())

    def test_relay_only_without_a_relay_calls_nobody(self):
        bare = Server(self.net, [])
        couple = Couple(self.net, "bare", bare, self.hosts[OPEN])
        done = couple.alice.host.run(couple.alice.command("call", couple.bob.name, "--relay-only", "--audio-in", self.said["alice"],
                                                          "--audio-out", couple.folder / "nothing.wav"), timeout=WAIT)
        self.assertEqual(done.returncode, 10, done.stdout + done.stderr)  # unreachable
        self.assertIn("names no relay", done.stdout + done.stderr)

    @classmethod
    def move_in_the_middle(cls, mover, kinds, couple):
        """Answers the seconds until both have gone over to another path, their last words, what each heard after that, the exit codes."""
        hosts, number = [cls.net.host(kind) for kind in kinds], next(cls.numbers)
        calling, answering, _ = couple.connect(number, hosts, cls.said)
        calling.talk(1)
        cls.net.move(hosts[0] if mover == "alice" else hosts[1])
        moved = time.monotonic()
        for program in (calling, answering):
            program.wait_for_log("call.went_over")
        took = time.monotonic() - moved
        last = [program.talk(2 * TALK) for program in (calling, answering)]
        codes = [calling.end(), answering.end()]
        return took, last, couple.likeness(number, cls.said, begin=1 + took + 1, seconds=3), codes

    def test_who_moves_in_the_middle_of_a_call_goes_on(self):
        for mover, outcome in self.moving.items():
            with self.subTest(mover=mover):
                took, last, like, codes = outcome.result()
                print(f"{mover} moved in the middle of a call: another path after {took:.1f} s, {last[0]['path']}, heard {like[1]:.2f} {like[0]:.2f}")
                self.assertEqual({entry["phase"] for entry in last}, {"active"})
                self.assertGreater(min(like), LIKE)
                self.assertEqual(codes, [0, 0])

    @classmethod
    def lose_the_network(cls, couple):
        """For good, at the callee. What the caller is told at first and at last."""
        hosts = [cls.net.host(OPEN) for _ in range(2)]
        calling, answering, _ = couple.connect(next(cls.numbers), hosts, cls.said)
        if hosts[1].run(["ip", "link", "set", "eth0", "down"]).returncode != 0:
            raise RuntimeError("the interface stays up")
        first, last = calling.phase("reconnecting"), calling.phase("over")
        calling.process.wait(WAIT)
        answering.end()  # its profile is to be opened again
        return first, last

    def test_a_call_whose_network_does_not_come_back_ends(self):
        first, last = self.lost.result()
        self.assertEqual(first["phase"], "reconnecting", first)
        self.assertEqual((last["outcome"], "no other" in last["why"]), ("failed", True), last)

    @classmethod
    def among_forgeries(cls, couple):
        """Answers the last words of both, what each heard, the exit codes, how much was forged, and the sizes of one side's voice packets."""
        hosts, number = [cls.net.host(OPEN) for _ in range(2)], next(cls.numbers)
        eavesdroppers, wire = [Eavesdropper(host) for host in hosts], Wire(hosts[1])
        try:
            programs = couple.connect(number, hosts, cls.said)[:2]
            told = [program.talk(TALK) for program in programs]
            codes = [program.end() for program in programs]
        finally:
            wire.end()
            for eavesdropper in eavesdroppers:
                eavesdropper.end()
        sizes = [size for source, first, second, size in wire.sizes if source == hosts[0].ipv4 and first == 0x90 and second & 127 == 111]
        return told, couple.likeness(number, cls.said), codes, sum(eavesdropper.sent for eavesdropper in eavesdroppers), sizes

    def test_threat_13_and_18_who_replays_and_forges_spoils_nothing_and_sees_one_size(self):
        told, like, codes, forged, sizes = self.forged.result()
        self.assertEqual([entry["path"] for entry in told], ["direct"] * 2)
        self.assertGreater(min(like), LIKE)
        self.assertEqual(codes, [0, 0])
        self.assertGreater(forged, 500)
        # Words and pauses have one size, but where the rate changes.
        self.assertGreater(len(sizes), 100)
        self.assertLess(sum(one != other for one, other in itertools.pairwise(sizes)), 10)


if __name__ == "__main__":
    unittest.main()
