"""What direct chats say of themselves is true, levels do not go down, and somebody between the two is noticed."""

import contextlib
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

import direct
import programs
from programs import Person, TIMEOUT

HELLO, HANDSHAKE, SEALED = 1, 2, 3
NOT_ENCRYPTED = ("--encryption", "none", "--i-know-this-is-not-encrypted")
ANY_LEVEL = ("--level", "standard")


class Between:
    """Carries the frames of one TCP link; `change` says what goes on in place of each: (to who listens?, type, body) to frames."""

    def __init__(self, address, change):
        host, port = address.rsplit(":", 1)
        self.change, self.lock = change, threading.Lock()
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._serve, daemon=True)]
        self.threads[0].start()

    def _serve(self):
        with contextlib.suppress(OSError):
            near, _ = self.listener.accept()
            far = socket.create_connection(self.target)
            back = threading.Thread(target=self._carry, args=(far, near, False), daemon=True)
            back.start()
            self._carry(near, far, True)
            back.join(TIMEOUT)
            near.close()
            far.close()

    @staticmethod
    def _whole(source, size):
        data = b""
        while len(data) < size:
            more = source.recv(size - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data

    def _carry(self, source, target, forward):
        with contextlib.suppress(OSError):
            while True:
                frame = self._whole(source, struct.unpack("!I", self._whole(source, 4))[0])
                with self.lock:
                    for there, kind, body in self.change(forward, frame[0], frame[1:]):
                        to = target if there == forward else source
                        to.sendall(struct.pack("!IB", len(body) + 1, kind) + body)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def stop(self):
        self.listener.close()
        self.threads[0].join(TIMEOUT)


class Truth(direct.Case):
    def test_status_names_the_path_and_what_protects_it(self):
        alice, bob = self.person("alice"), self.person("bob")
        for transport in ("tcp", "udp"):
            with self.subTest(transport=transport):
                listening, where = self.listen(bob, "127.0.0.1:0", "--transport", transport)
                connecting = self.side(alice, "connect", where, "--transport", transport)
                connecting.of_type("p2p_status")
                connecting.say("/status")
                status = connecting.until(lambda entry: "round_trip_us" in entry)
                self.assertEqual((status["transport"], status["remote"], status["peer"]), (transport, where, "bob"))
                self.assertTrue(0 < status["round_trip_us"] < 10_000_000)
                security = "TLS 1.3 X25519MLKEM768 TLS_CHACHA20_POLY1305_SHA256" if transport == "udp" else ""
                self.assertEqual(status["transport_security"], security)
                self.assertEqual((status["suite"], status["level"]), ("pq", "QUANTUM_RESISTANT"))
                if transport == "tcp":
                    self.assertEqual(listening.of_type("p2p_status")["remote"], status["local"])
                self.talk(connecting, listening)

    def test_verify_shows_what_to_compare_and_remembers_what_was(self):
        alice, bob = self.person("alice"), self.person("bob")
        for options, lasts, said in (((), True, "bob is verified"),
                                     (("--encryption", "rsa"), False, "verified until this chat ends"),
                                     (NOT_ENCRYPTED, False, "nothing to compare")):
            with self.subTest(options=options):
                for again in (False, True):
                    connecting, listening = self.pair(alice, bob, *options)
                    first = connecting.of_type("p2p_status")
                    self.assertEqual(first["verified"], again and lasts)
                    connecting.say("/verify")
                    if first["compare"]:
                        connecting.until(lambda entry: entry["type"] == "info" and "Compare it by voice" in entry["text"])
                        shown = [entry for entry in connecting.seen if entry["type"] == "p2p_status"][-1]
                        self.assertEqual(shown["compare"], first["compare"])
                    connecting.say("/verify yes")
                    connecting.until(lambda entry: entry["type"] == "info" and said in entry["text"])
                    self.talk(connecting, listening)

    def test_what_the_level_means_stands_before_the_first_message(self):
        people = [Person(self.folder, name) for name in ("alice", "bob")]
        for person in people:
            self.assertEqual(person("identity", "create", person.name, "--suite", "standard").code, 0)
        alice, bob = people
        for options, meaning in ((ANY_LEVEL, "once there are large quantum computers; the name is proved for today"),
                                 (("--encryption", "rsa"), "once there are large quantum computers; nothing proves the name"),
                                 (NOT_ENCRYPTED, "Everybody on the way reads and changes")):
            self.meaning_is(alice, bob, options, meaning)
        self.meaning_is(self.person("carol"), self.person("dave"), (), "cannot read it later, not even with a quantum computer")

    def meaning_is(self, alice, bob, options, meaning):
        listening, where = self.listen(bob, "127.0.0.1:0", *options)
        with subprocess.Popen([programs.BIN / "pqc-chat", "--profile", alice.profile, "p2p", "connect", where, *options],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            self.assertIn(meaning, listening.of_type("p2p_status")["meaning"])
            listening.say("the first message")
            before = []
            for line in programs.lines_of(process):
                if "the first message" in line:
                    break
                before.append(line)
            self.assertIn(meaning, "".join(before))
            process.stdin.close()
            self.assertEqual(process.wait(TIMEOUT), 0)
        self.assertEqual(listening.end()[0], 0)


class Threat9(direct.Case):
    def test_threat_9_the_level_of_a_contact_does_not_go_down(self):
        alice, bob = self.person("alice", "--suite", "pq,standard"), self.person("bob", "--suite", "pq,standard")
        # Both would take the lowest, and get the best.
        connecting, listening = self.pair(alice, bob, *ANY_LEVEL)
        self.assertEqual(connecting.of_type("p2p_status")["level"], "QUANTUM_RESISTANT")
        self.talk(connecting, listening)
        # Alice has new keys, of the lowest level only; bob, who forgot her, would take that. What she knows of bob holds.
        (alice.profile / "p2p" / "identity").unlink()
        self.assertEqual(alice("identity", "create", "alice", "--suite", "standard").code, 0)
        self.assertEqual(bob("identity", "forget", "alice").code, 0)
        _, where = self.listen(bob, "127.0.0.1:0", *ANY_LEVEL)
        answer = alice("p2p", "connect", where, *ANY_LEVEL, stdin=b"never said")
        self.assertEqual((answer.code, answer.errors[0]["code"]), (25, "level_refused"))
        self.assertEqual(answer.objects, [])

    def refused(self, change, *options):
        """Both notice, and neither is told that the chat is open."""
        alice, bob = self.person("alice", "--suite", "pq,standard"), self.person("bob", "--suite", "pq,standard")
        listening, where = self.listen(bob, "127.0.0.1:0", *options)
        between = Between(where, change)
        answer = alice("p2p", "connect", between.address, *options, stdin=b"never said")
        self.assertIn(answer.code, (10, 28), answer.err)
        self.assertEqual(answer.objects, [])
        between.stop()
        # Who listens goes on, and was shown nobody.
        connecting = self.side(alice, "connect", where, *options)
        self.talk(connecting, listening)
        self.assertEqual(len([entry for entry in listening.seen if entry["type"] == "p2p_status"]), 1)

    def test_threat_9_a_minimum_that_is_lowered_on_the_way(self):
        def lower(forward, kind, body):
            return [(forward, kind, body[:7] + b"\1" + body[8:] if kind == HELLO else body)]

        self.refused(lower)

    def test_threat_9_stripped_post_quantum_keys(self):
        # The record of who listens with every byte of its second half gone, its length kept: where the keys of `pq` are.
        def strip(forward, kind, body):
            if kind == HELLO and not forward:
                begin = 40 + 1 + body[40] + 3
                size = int.from_bytes(body[begin - 3:begin], "big")
                body = body[:begin + size // 2] + bytes(size - size // 2) + body[begin + size:]
            return [(forward, kind, body)]

        self.refused(strip, *ANY_LEVEL)


class Threat13(direct.Case):
    def between(self, change, *options):
        folder = options[-1] if options else ""
        alice, bob = self.person("alice", folder=folder), self.person("bob", folder=folder)
        listening, where = self.listen(bob, "127.0.0.1:0", *options)
        between = Between(where, change)
        self.addCleanup(between.stop)
        connecting = self.side(alice, "connect", between.address, *options)
        connecting.of_type("p2p_status")
        listening.of_type("p2p_status")
        return connecting, listening

    def ended_by_refusal(self, side):
        code = side.process.wait(TIMEOUT)
        self.assertEqual(code, 28, side.process.stderr.read())

    @staticmethod
    def texts(side):
        side.reader.join(TIMEOUT)
        while not side.arriving.empty():
            if entry := side.arriving.get():
                side.seen.append(entry)
        return [entry["text"] for entry in side.seen if entry["type"] == "message" and entry["direction"] == "in"]

    def test_threat_13_replayed(self):
        for options in ((), ("--encryption", "rsa")):
            with self.subTest(options=options):
                def twice(forward, kind, body):
                    return [(forward, kind, body)] * (2 if forward and kind == SEALED else 1)

                connecting, listening = self.between(twice, *options)
                connecting.say("once")
                self.ended_by_refusal(listening)
                self.assertEqual(self.texts(listening), ["once"])

    def test_threat_13_reflected(self):
        for options in ((), ("--encryption", "rsa")):
            with self.subTest(options=options):
                def back(forward, kind, body):
                    return [((not forward) if forward and kind == SEALED else forward, kind, body)]

                connecting, _ = self.between(back, *options)
                connecting.say("to you")
                self.ended_by_refusal(connecting)
                self.assertEqual(self.texts(connecting), [])

    def test_threat_13_reordered_or_left_out(self):
        for options in ((), ("--encryption", "rsa")):
            with self.subTest(options=options):
                held = []

                def swap(forward, kind, body):
                    if not (forward and kind == SEALED):
                        return [(forward, kind, body)]
                    held.append((forward, kind, body))
                    return held[::-1] if len(held) == 2 else []

                connecting, listening = self.between(swap, *options)
                connecting.say("first\nsecond")
                self.ended_by_refusal(listening)
                self.assertEqual(self.texts(listening), [])


class Threat21(direct.Case):
    def test_threat_21_who_is_refused_is_not_answered_again_and_again(self):
        listening, where = self.listen(self.person("bob"), "127.0.0.1:0", "--transport", "udp")
        with tempfile.TemporaryFile() as trace:
            command = ["openssl", "s_client", "-quic", "-connect", where, "-alpn", "pqc-chat p2p 1", "-groups", "X25519", "-trace"]
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=trace, stderr=trace) as stranger:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    stranger.wait(2)  # long enough for tens of thousands of packets
                stranger.terminate()
            trace.seek(0)
            received = trace.read().count(b"Received Datagram")
        self.assertTrue(0 < received < 50, received)
        self.talk(self.side(self.person("alice"), "connect", where, "--transport", "udp"), listening)


if __name__ == "__main__":
    programs.main()
