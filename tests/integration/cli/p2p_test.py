"""Direct chats of two processes, without any server: every encryption, both families, refusals, what is shown."""

import contextlib
import json
import os
import pathlib
import pty
import select
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
import zlib

import direct
import programs
from programs import Person, TIMEOUT


def plain_frame(kind, body):
    return struct.pack(">IB", len(body) + 1, kind) + body


def plain_hello(name):
    """Of an initiator without encryption (docs/spec/p2p.md §3)."""
    return plain_frame(1, b"PQCP" + bytes([1, 1, 3, 3]) + os.urandom(32) + bytes([len(name)]) + name + bytes(5))


def plain_text(text):
    content = b"\x01" + os.urandom(16) + struct.pack(">Q", time.time_ns() // 1_000_000) + len(text).to_bytes(3, "big") + text + b"\x80"
    return plain_frame(3, content + bytes(-len(content) % 64))


class DirectChats(direct.Case):
    def test_ratchet(self):
        alice, bob = self.person("alice"), self.person("bob")
        connecting, listening = self.pair(alice, bob)
        ours, theirs = connecting.of_type("p2p_status"), listening.of_type("p2p_status")
        self.assertEqual(ours["compare"], theirs["compare"])
        self.assertRegex(ours["compare"], r"^[0-9]{60}$")
        self.assertEqual((ours["peer"], theirs["peer"]), ("bob", "alice"))
        self.assertEqual((ours["suite"], ours["level"], ours["quantum_safe"]), ("pq", "QUANTUM_RESISTANT", True))
        self.assertEqual((ours["authenticated"], ours["verified"]), (True, False))
        connecting.say("/status")
        self.assertGreater(connecting.until(lambda entry: "round_trip_us" in entry)["round_trip_us"], 0)
        connecting.say("/verify yes")
        self.talk(connecting, listening)
        # Verified is remembered.
        connecting, listening = self.pair(alice, bob)
        self.assertTrue(connecting.of_type("p2p_status")["verified"])
        self.assertFalse(listening.of_type("p2p_status")["verified"])
        listening.say("hello")
        self.assertTrue(connecting.text("hello", "received")["verified"])

    def test_lines_from_a_pipe_arrive_before_the_end(self):
        alice, bob = self.person("alice"), self.person("bob")
        listening, where = self.listen(bob)
        answer = alice("p2p", "connect", where, stdin="one\n//two\nthrée".encode())
        self.assertEqual(answer.code, 0, answer.err)
        for text in ("one", "/two", "thrée"):
            listening.text(text, "received")
        self.assertEqual(listening.end()[0], 0)

    @unittest.skipUnless(pathlib.Path("/proc/net/if_inet6").exists(), "no IPv6")
    def test_ipv6(self):
        connecting, listening = self.pair(self.person("alice"), self.person("bob"), address="[::1]:0")
        self.assertTrue(connecting.of_type("p2p_status")["remote"].startswith("[::1]:"))
        self.talk(connecting, listening)

    def test_rsa_is_called_not_quantum_safe(self):
        connecting, listening = self.pair(self.person("alice"), self.person("bob"), "--encryption", "rsa")
        ours, theirs = connecting.of_type("p2p_status"), listening.of_type("p2p_status")
        for shown in (ours["encryption"], theirs["encryption"], listening.of_type("p2p_listening")["encryption"]):
            self.assertIn("not quantum-safe", shown)
        self.assertFalse(ours["quantum_safe"] or ours["authenticated"])
        mine = [line.split("  ", 1)[-1].removeprefix("theirs ") for line in ours["compare"].splitlines()]
        others = [line.split("  ", 1)[-1].removeprefix("theirs ") for line in theirs["compare"].splitlines()]
        self.assertEqual(mine, others[::-1])
        connecting.say("marked")
        self.assertIn("not quantum-safe", listening.text("marked", "received")["suite"])
        self.talk(connecting, listening)

    def test_none_needs_to_be_meant(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.assertEqual(alice("p2p", "listen", "127.0.0.1:0", "--encryption", "none").code, 2)
        connecting, listening = self.pair(alice, bob, "--encryption", "none", "--i-know-this-is-not-encrypted")
        self.assertIn("NOT ENCRYPTED", connecting.of_type("p2p_status")["encryption"])
        self.talk(connecting, listening)

    def test_both_have_to_ask_for_the_same_encryption(self):
        alice, bob = self.person("alice"), self.person("bob")
        listening, where = self.listen(bob)
        answer = alice("p2p", "connect", where, "--encryption", "rsa")
        self.assertEqual((answer.code, answer.errors[0]["code"]), (13, "protocol_mismatch"))
        # The listener goes on.
        connecting = self.side(alice, "connect", where)
        self.talk(connecting, listening)

    def test_levels(self):
        alice, bob = self.person("alice", "--suite", "standard"), self.person("bob", "--suite", "pq,standard")
        listening, where = self.listen(bob, "127.0.0.1:0", "--level", "standard")
        answer = alice("p2p", "connect", where)
        self.assertEqual((answer.code, answer.errors[0]["code"]), (25, "level_refused"))
        connecting = self.side(alice, "connect", where, "--level", "standard")
        status = connecting.of_type("p2p_status")
        self.assertEqual((status["level"], status["quantum_safe"]), ("STANDARD", False))
        self.talk(connecting, listening)

    def test_other_keys_under_a_known_name_are_refused(self):
        alice, bob = self.person("alice"), self.person("bob")
        connecting, listening = self.pair(alice, bob)
        self.talk(connecting, listening)
        other = self.person("bob", folder="other")
        _, where = self.listen(other)
        answer = alice("p2p", "connect", where)
        self.assertEqual((answer.code, answer.errors[0]["code"]), (24, "identity_changed"))
        self.assertEqual(alice("identity", "forget", "bob").code, 0)
        self.assertEqual(alice("identity", "forget", "bob").code, 20)
        connecting, listening = self.pair(alice, other)
        self.talk(connecting, listening)

    def test_threat_22_strangers_do_not_keep_the_listener_busy(self):
        alice, bob = self.person("alice"), self.person("bob")
        listening, where = self.listen(bob)
        host, port = where.rsplit(":", 1)
        with contextlib.ExitStack() as sockets:
            silent = [sockets.enter_context(socket.create_connection((host, int(port)))) for _ in range(3)]
            for noise in (b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\5\1PQCP", b"\xff" * 100):
                with socket.create_connection((host, int(port))) as stranger:
                    stranger.sendall(noise)
                    stranger.settimeout(TIMEOUT)
                    with contextlib.suppress(ConnectionError):
                        while stranger.recv(65536):  # its hello, then the end
                            pass
            connecting = self.side(alice, "connect", where)
            connecting.of_type("p2p_status")
            # Whoever was waiting is let go.
            for waiting in silent:
                waiting.settimeout(TIMEOUT)
                with contextlib.suppress(ConnectionError):
                    while waiting.recv(65536):
                        pass
            self.talk(connecting, listening)

    def test_threat_22_for_one_more_handshake_the_oldest_is_given_up(self):
        alice, bob = self.person("alice"), self.person("bob")
        listening, where = self.listen(bob)
        host, port = where.rsplit(":", 1)
        with contextlib.ExitStack() as sockets:
            silent = [sockets.enter_context(socket.create_connection((host, int(port)))) for _ in range(8)]
            for waiting in silent:
                waiting.settimeout(TIMEOUT)
                self.assertTrue(waiting.recv(1))  # its handshake has begun
            self.talk(self.side(alice, "connect", where), listening)

    def test_threat_13_nothing_comes_from_another_connection(self):
        """Two handshakes end in one turn of the listener: the second one's text is not the first one's."""
        bob = self.person("bob")
        options = ("--encryption", "none", "--i-know-this-is-not-encrypted")
        listening, where = self.listen(bob, "127.0.0.1:0", *options)
        host, port = where.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as alice, socket.create_connection((host, int(port))) as mallory:
            for link in (alice, mallory):
                link.settimeout(TIMEOUT)
                self.assertTrue(link.recv(1))  # accepted
            listening.process.send_signal(signal.SIGSTOP)
            alice.sendall(plain_hello(b"alice"))
            mallory.sendall(plain_hello(b"mallory") + plain_text(b"of mallory"))
            listening.process.send_signal(signal.SIGCONT)
            self.assertEqual(listening.of_type("p2p_status")["peer"], "alice")
            with contextlib.suppress(ConnectionError):
                while mallory.recv(65536):
                    pass
            alice.sendall(plain_text(b"of alice"))
            listening.text("of alice", "received")
            self.assertNotIn("of mallory", [entry.get("text") for entry in listening.seen])

    def test_what_was_not_confirmed_is_said(self):
        alice, bob = self.person("alice"), self.person("bob")
        connecting, listening = self.pair(alice, bob)
        listening.of_type("p2p_status")
        listening.process.send_signal(signal.SIGSTOP)
        connecting.say("into the void")
        connecting.text("into the void", "sent")
        listening.process.kill()
        self.assertEqual(connecting.text("into the void", "failed")["failure"], "not_delivered")
        code, errors = connecting.end()
        self.assertEqual((code, errors[0]["code"]), (10, "unreachable"))

    def test_signals_leave_in_good_order(self):
        connecting, listening = self.pair(self.person("alice"), self.person("bob"))
        connecting.of_type("p2p_status")
        connecting.process.send_signal(signal.SIGTERM)
        self.assertEqual(connecting.process.wait(TIMEOUT), 0)
        self.assertEqual(listening.end()[0], 0)

    def test_quic(self):
        alice, bob = self.person("alice"), self.person("bob")
        for options, encryption in (((), "ratchet"), (("--encryption", "rsa"), "rsa, not quantum-safe"),
                                    (("--encryption", "none", "--i-know-this-is-not-encrypted"), "none")):
            with self.subTest(encryption=encryption):
                connecting, listening = self.pair(alice, bob, "--transport", "udp", *options)
                ours, theirs = connecting.of_type("p2p_status"), listening.of_type("p2p_status")
                self.assertTrue(ours["encryption"].startswith(encryption))
                self.assertEqual(ours["transport"], "udp")
                self.assertIn("X25519MLKEM768", ours["transport_security"])
                self.assertEqual(ours["transport_security"], theirs["transport_security"])
                self.assertTrue(ours["remote"].startswith("127.0.0.1:"))
                self.talk(connecting, listening)

    def test_threat_9_quic_without_a_hybrid_group_is_refused(self):
        alice, bob = self.person("alice"), self.person("bob")
        listening, where = self.listen(bob, "127.0.0.1:0", "--transport", "udp")

        def ask(group):
            command = ["openssl", "s_client", "-quic", "-connect", where, "-alpn", "pqc-chat p2p 1", "-groups", group]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

        done = b"Peer signature type: mldsa65"
        asking = [ask("X25519"), ask("secp384r1"), ask("X25519MLKEM768")]
        self.assertIn(done, asking[-1].communicate(timeout=TIMEOUT)[0])
        self.talk(self.side(alice, "connect", where, "--transport", "udp"), listening)
        # Whoever began earlier got nowhere.
        for refused in asking[:-1]:
            refused.terminate()
            self.assertNotIn(done, refused.communicate(timeout=TIMEOUT)[0])

    @unittest.skipUnless(pathlib.Path("/proc/net/if_inet6").exists(), "no IPv6")
    def test_quic_over_ipv6(self):
        connecting, listening = self.pair(self.person("alice"), self.person("bob"), "--transport", "udp", address="[::1]:0")
        self.assertTrue(connecting.of_type("p2p_status")["remote"].startswith("[::1]:"))
        self.talk(connecting, listening)

    def offer(self, person, *arguments):
        side = self.side(person, "ticket", *arguments)
        return side, side.of_type("p2p_ticket")

    def join(self, person, offer, *arguments):
        side = self.side(person, "join", offer["ticket"], *arguments)
        return side, side.of_type("p2p_ticket")

    def test_tickets(self):
        alice, bob = self.person("alice"), self.person("bob")
        for where in ((), ("127.0.0.1:0",)):
            with self.subTest(where=where):
                offering, offer = self.offer(alice, *where)
                joining, answer = self.join(bob, offer, *where)
                self.assertEqual((offer["kind"], answer["kind"]), ("offer", "answer"))
                self.assertLessEqual(max(len(offer["ticket"]), len(answer["ticket"])), 300)
                offering.say(answer["ticket"])
                for side, peer in ((offering, "bob"), (joining, "alice")):
                    status = side.of_type("p2p_status")
                    self.assertEqual((status["peer"], status["transport"], status["quantum_safe"]), (peer, "udp", True))
                    self.assertEqual(status["path"], "direct")
                self.talk(offering, joining)

    def test_what_a_pipe_brings_early_is_said_in_the_chat(self):
        offering, offer = self.offer(self.person("alice"), "127.0.0.1:0")
        joining, answer = self.join(self.person("bob"), offer, "127.0.0.1:0")
        offering.say(answer["ticket"] + "\nfirst\nsecond")
        self.assertEqual(offering.end()[0], 0)
        joining.text("first", "received")
        joining.text("second", "received")
        self.assertEqual(joining.end()[0], 0)

    def file(self, side, direction, status):
        return side.until(lambda entry: entry["type"] == "p2p_file" and entry["direction"] == direction
                          and entry["status"] == status)

    def test_files(self):
        alice, bob = self.person("alice"), self.person("bob")
        source = self.folder / "some file.bin"
        source.write_bytes(os.urandom(1 << 20))
        empty = self.folder / "empty"
        empty.touch()
        for transport in ("tcp", "udp"):
            with self.subTest(transport=transport):
                connecting, listening = self.pair(alice, bob, "--transport", transport)
                target = self.folder / transport
                for sender, receiver, what in ((connecting, listening, source), (listening, connecting, empty)):
                    sender.say(f"/send {what}")
                    offered = self.file(receiver, "incoming", "offered")
                    self.assertEqual((offered["name"], offered["size"]), (what.name, what.stat().st_size))
                    receiver.say(f"/accept {target}-{what.name}")
                    done = self.file(receiver, "incoming", "complete")
                    self.assertEqual(pathlib.Path(done["path"]).read_bytes(), what.read_bytes())
                    self.file(sender, "outgoing", "complete")
                steps = [entry["done"] for entry in listening.seen if entry["type"] == "p2p_file" and entry["status"] == "going"]
                self.assertGreaterEqual(len(steps), 9)  # a tenth each
                self.assertEqual(steps, sorted(steps))
                self.talk(connecting, listening)
        self.assertEqual(list(self.folder.glob("*.part")), [])

    def test_files_only_where_the_user_wants_them(self):
        alice, bob = self.person("alice"), self.person("bob")
        source = self.folder / "file"
        source.write_bytes(b"content")
        connecting, listening = self.pair(alice, bob)
        connecting.of_type("p2p_status")
        connecting.say(f"/send {source}")
        self.file(listening, "incoming", "offered")
        listening.say(f"/accept {source}")
        listening.until(lambda entry: entry["type"] == "info" and "there already" in entry["text"])
        listening.say("/decline")
        self.assertIn("does not take it", self.file(connecting, "outgoing", "failed")["failure"])
        connecting.say("/send /nonexistent")
        connecting.until(lambda entry: entry["type"] == "info" and "/nonexistent" in entry["text"])
        connecting.say("/accept")
        connecting.until(lambda entry: entry["type"] == "info" and "no file" in entry["text"])
        self.talk(connecting, listening)

    def test_who_leaves_finishes_the_file(self):
        alice, bob = self.person("alice"), self.person("bob")
        source = self.folder / "file"
        source.write_bytes(os.urandom(3 << 20))
        connecting, listening = self.pair(alice, bob, "--transport", "udp")
        connecting.of_type("p2p_status")
        connecting.say(f"/send {source}\n/quit")
        self.file(listening, "incoming", "offered")
        listening.say(f"/accept {self.folder / 'copy'}")
        self.file(listening, "incoming", "complete")
        self.assertEqual((self.folder / "copy").read_bytes(), source.read_bytes())
        self.assertEqual(connecting.end()[0], 0)
        self.assertEqual(listening.end()[0], 0)

    def test_wrong_tickets_are_refused_and_the_right_one_still_works(self):
        alice, bob = self.person("alice"), self.person("bob")
        offering, offer = self.offer(alice, "127.0.0.1:0")
        _, other_offer = self.offer(bob, "127.0.0.1:0")
        _, other_answer = self.join(self.person("carol"), other_offer, "127.0.0.1:0")
        joining, answer = self.join(bob, offer, "127.0.0.1:0")
        for line, reason in (("hello?", "not a whole ticket"), (answer["ticket"][:-3], "not a whole ticket"),
                             (other_offer["ticket"], "an offer too"), (other_answer["ticket"], "another one than yours")):
            offering.say(line)
            offering.until(lambda entry: entry["type"] == "info" and reason in entry["text"])
        offering.say(answer["ticket"])
        self.talk(offering, joining)
        self.assertEqual(bob("p2p", "join", "nonsense").code, 28)
        self.assertEqual(bob("p2p", "join", answer["ticket"]).code, 28)
        self.assertEqual(bob("p2p", "join").code, 2)
        self.assertEqual(bob("p2p", "ticket", "--transport", "tcp").code, 2)
        self.assertEqual(bob("p2p", "ticket", "--encryption", "rsa").code, 2)
        self.assertEqual(bob("p2p", "ticket", "127.0.0.1:0", stdin=b"").code, 47)
        self.assertEqual(bob("p2p", "ticket", "--turn", "turn:192.0.2.1").code, 2)
        self.assertEqual(bob("p2p", "listen", "--turn", "turn:192.0.2.1").code, 2)
        self.assertEqual(bob("p2p", "ticket", "--stun", "a:b:c").code, 26)

    def test_usage(self):
        alice = Person(self.folder, "alice")
        self.assertEqual(alice("p2p", "listen").code, 22)
        self.assertEqual(alice("identity", "show").code, 22)
        self.assertEqual(alice("identity", "create", "Not A Name").code, 26)
        self.assertEqual(alice("identity", "create").code, 2)
        self.assertEqual(alice("identity", "create", "alice").code, 0)
        self.assertEqual(alice("identity", "create", "alice").code, 23)
        self.assertEqual(alice("identity", "show").objects[0]["suites"], ["pq"])
        self.assertEqual(alice("p2p", "connect").code, 2)
        self.assertEqual(alice("p2p", "connect", "nonsense").code, 26)
        self.assertEqual(alice("p2p", "connect", f"127.0.0.1:{programs.free_port()}").code, 10)
        self.assertEqual(alice("p2p", "listen", "--encryption", "rot13").code, 2)
        self.assertEqual(alice("p2p", "listen", "--level", "high").code, 2)
        self.assertEqual(alice("p2p", "listen", "--transport", "pigeon").code, 2)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.assertEqual(alice("p2p", "listen", f"127.0.0.1:{taken.getsockname()[1]}").code, 50)

    def test_keys_with_a_passphrase(self):
        secret = self.folder / "passphrase"
        secret.write_text("a good passphrase\n")
        secret.chmod(0o600)
        alice = Person(self.folder, "alice")
        self.assertEqual(alice("--passphrase-file", secret, "identity", "create", "alice", "--passphrase").code, 0)
        programs.end_agents(self.folder)
        programs.wait_until(lambda: str(alice.profile / "p2p" / "keys") not in programs.agents())
        self.assertEqual(alice("identity", "show").code, 48)
        self.assertEqual(alice("--passphrase-file", secret, "identity", "show").code, 0)

    def test_a_terminal_shows_who_it_is_before_the_first_message(self):
        alice, bob = self.person("alice"), self.person("bob")
        listening, where = self.listen(bob)
        child, terminal = pty.fork()
        if child == 0:
            os.execv(programs.BIN / "pqc-chat", ["pqc-chat", "--profile", str(alice.profile), "p2p", "connect", where])
        screen = b""

        def read_until(text):
            nonlocal screen
            deadline = time.monotonic() + TIMEOUT
            while text not in screen:
                self.assertLess(time.monotonic(), deadline, screen)
                if select.select([terminal], [], [], 0.2)[0]:
                    screen += os.read(terminal, 65536)

        read_until(b"> ")
        self.assertIn(b"bob (not verified)", screen)
        self.assertIn(b"Safety number", screen)
        self.assertIn(b"level QUANTUM_RESISTANT", screen)
        os.write(terminal, b"typed\r")
        listening.text("typed", "received")
        listening.say("an \x1b[2J answer")
        read_until(b" answer")
        self.assertNotIn(b"\x1b[2J", screen)
        os.write(terminal, b"/quit\r")
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        self.assertEqual(listening.end()[0], 0)


class StunServer:
    """A STUN server that sees what `sees(address)` says; `drop` requests go unanswered first."""

    def __init__(self, host, sees=lambda address: address, drop=0, garbage=False):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.sees, self.drop, self.garbage, self.requests = sees, drop, garbage, []
        name = f"[{host}]" if ":" in host else host
        self.address = f"{name}:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            request, source = self.socket.recvfrom(2048)
            if request == b"stop":
                return
            self.requests.append(request)
            if len(self.requests) <= self.drop:
                continue
            if self.garbage:
                self.socket.sendto(b"not STUN", source)
            self.socket.sendto(self._answer(request, self.sees(source[:2])), source)

    @staticmethod
    def _answer(request, mapped):
        host, port = mapped
        packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
        mask = request[4:20]
        value = struct.pack("!BBH", 0, 1 if len(packed) == 4 else 2, port ^ 0x2112)
        value += bytes(a ^ b for a, b in zip(packed, mask))
        attributes = struct.pack("!HH", 0x0020, len(value)) + value
        head = struct.pack("!HH", 0x0101, len(attributes) + 8) + request[4:20] + attributes
        return head + struct.pack("!HHI", 0x8028, 4, zlib.crc32(head) ^ 0x5354554E)

    def stop(self):
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"stop", self.socket.getsockname())
        self.thread.join(TIMEOUT)
        self.socket.close()


class Endpoints(unittest.TestCase):
    def server(self, *arguments, **options):
        server = StunServer(*arguments, **options)
        self.addCleanup(server.stop)
        return server

    def endpoint(self, *servers, code=0):
        words = [word for server in servers for word in ("--stun", getattr(server, "address", server))]
        answer = Person("/nonexistent", "nobody")("p2p", "endpoint", *words)
        self.assertEqual(answer.code, code, answer.out + answer.err)
        return answer

    def test_no_nat(self):
        answer = self.endpoint(self.server("127.0.0.1"), self.server("127.0.0.2"))
        first, second = answer.of_type("stun")
        self.assertEqual(first["mapped"], first["local"])
        self.assertEqual(answer.of_type("endpoint"), [{"v": 1, "type": "endpoint", "address": first["mapped"], "nat": "none"}])
        self.assertEqual(second["local"], first["local"])  # both asked from one port

    def test_kinds_of_nat(self):
        same = lambda address: ("192.0.2.7", address[1])
        one, two = self.server("127.0.0.1", same), self.server("127.0.0.2", same)
        other = self.server("127.0.0.3", lambda address: ("192.0.2.7", address[1] ^ 1))
        again = self.server("127.0.0.1", same)
        for servers, nat in (((one, two), "endpoint_independent"), ((one, other), "address_dependent"), ((one,), "unknown"),
                             ((one, again), "unknown")):
            with self.subTest(nat=nat):
                found = self.endpoint(*servers).of_type("endpoint")[0]
                self.assertEqual(found["nat"], nat)
                self.assertTrue(found["address"].startswith("192.0.2.7:"))

    @unittest.skipUnless(pathlib.Path("/proc/net/if_inet6").exists(), "no IPv6")
    def test_ipv6(self):
        self.assertTrue(self.endpoint(self.server("::1")).of_type("endpoint")[0]["address"].startswith("[::1]:"))

    def test_repeats_what_was_lost_and_passes_over_what_is_no_answer(self):
        server = self.server("127.0.0.1", drop=1, garbage=True)
        self.assertTrue(self.endpoint(server).of_type("stun")[0]["answered"])
        self.assertEqual(len(server.requests), 2)
        self.assertEqual(server.requests[0], server.requests[1])
        self.assertEqual(len(server.requests[0]), 28)

    def test_goes_on_to_other_servers(self):
        silent = self.server("127.0.0.3", drop=100)
        one, two = self.server("127.0.0.1"), self.server("127.0.0.2")
        unasked = self.server("127.0.0.4")
        answer = self.endpoint(silent, "no-such-host.invalid", one, two, unasked)
        self.assertEqual([entry["answered"] for entry in answer.of_type("stun")], [False, False, True, True])
        self.assertEqual(unasked.requests, [])

    def test_refusals(self):
        self.assertEqual(self.endpoint(self.server("127.0.0.1", drop=100), code=14).errors[0]["code"], "timed_out")
        self.endpoint(code=2)
        self.endpoint("a:b:c", code=26)


if __name__ == "__main__":
    programs.main()
