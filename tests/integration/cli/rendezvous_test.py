"""Two processes that a server introduces by a code: with the real server, which is ended as soon as they are introduced."""

import signal
import subprocess
import unittest

import direct
import programs
from programs import Server, TIMEOUT, wait_until


class Rendezvous(direct.Case):
    def setUp(self):
        super().setUp()
        self.server = self.serve("--rendezvous")

    def serve(self, *arguments, port=0):
        server = Server(self.folder / f"server{port}{len(arguments)}", *arguments, port=port)
        self.addCleanup(server.stop)
        return server

    def meet(self, person, *arguments, server=None):
        server = server or self.server
        return self.side(person, "rendezvous", *arguments, "--server", server.address)

    def new_code(self, person, *arguments):
        side = self.meet(person, *arguments)
        return side, side.of_type("p2p_rendezvous")["code"]

    def introduced(self, first, second):
        for side in (first, second):
            side.until(lambda entry: entry["type"] == "info" and "introduced" in entry["text"])
            status = side.of_type("p2p_status")
            self.assertEqual((status["transport"], status["quantum_safe"], status["authenticated"]), ("udp", True, True))
        self.assertEqual(first.of_type("p2p_status")["compare"], second.of_type("p2p_status")["compare"])

    def test_a_new_code_and_no_server_afterwards(self):
        first, code = self.new_code(self.person("alice"))
        self.assertRegex(code, r"^([a-z2-7]{4}-){4}[a-z2-7]{4}$")
        self.assertEqual(first.of_type("p2p_rendezvous")["fingerprint"], self.server.fingerprint)
        second = self.meet(self.person("bob"), code.upper().replace("-", ""))
        self.introduced(first, second)
        self.assertNotIn("code", second.of_type("p2p_rendezvous"))
        self.assertEqual((first.of_type("p2p_status")["peer"], second.of_type("p2p_status")["peer"]), ("bob", "alice"))
        self.server.stop()
        self.talk(first, second)

    def test_what_the_other_side_is_to_run_names_the_servers_key(self):
        command = [word for word in self.person("alice").command("p2p", "rendezvous", "--server", self.server.address) if word != "--json"]
        first = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(programs.kill, first)
        self.addCleanup(first.stdin.close)
        said = next(line for line in programs.lines_of(first) if line.startswith("pqc-chat p2p rendezvous "))
        self.assertIn(f"--fingerprint {self.server.fingerprint}", said)
        second = self.side(self.person("bob"), *said.split()[2:])
        second.until(lambda entry: entry["type"] == "info" and "introduced" in entry["text"])

    def test_the_code_from_standard_input_then_lines_for_the_chat(self):
        first, code = self.new_code(self.person("alice"), "new", "127.0.0.1:0")
        second = self.meet(self.person("bob"), "-", "127.0.0.1:0")
        second.say("not a code")
        second.until(lambda entry: entry["type"] == "info" and "no code" in entry["text"])
        second.say(code + "\nfirst line")
        first.text("first line", "received")
        self.talk(first, second)
        self.assertEqual(self.person("carol")("p2p", "rendezvous", "-", "--server", self.server.address).code, 47)

    def test_who_waits_does_so_across_a_restart_of_the_server(self):
        first, code = self.new_code(self.person("alice"))
        self.server.stop()
        self.server.start()
        second = self.meet(self.person("bob"), code)
        self.introduced(first, second)
        self.talk(first, second)

    def test_who_comes_third_is_told(self):
        first, code = self.new_code(self.person("alice"))
        second = self.meet(self.person("bob"), code)
        self.introduced(first, second)
        answer = self.person("mallory")("p2p", "rendezvous", code, "--server", self.server.address)
        self.assertEqual((answer.code, answer.errors[0]["code"]), (28, "refused"))
        self.assertIn("somebody else knows it", answer.errors[0]["message"])
        self.talk(first, second)

    def test_nobody_meets_an_attempt_of_their_own(self):
        alice = self.person("alice")
        first, code = self.new_code(alice)
        answer = alice("p2p", "rendezvous", code, "--server", self.server.address)
        self.assertEqual((answer.code, answer.errors[0]["code"]), (28, "refused"))
        self.assertIn("with yourself", answer.errors[0]["message"])
        self.assertEqual(first.process.wait(TIMEOUT), 28)

    def test_threat_24_another_server_in_its_place_introduces_nobody(self):
        first, code = self.new_code(self.person("alice"))
        other = self.serve("--rendezvous", "--log-level", "info")
        second = self.meet(self.person("bob"), code, server=other)
        second.of_type("p2p_rendezvous")
        answer = self.person("carol")("p2p", "rendezvous", code, "--server", other.address, "--fingerprint",
                                      self.server.fingerprint)
        self.assertEqual((answer.code, answer.errors[0]["code"]), (11, "wrong_server"))
        # One that takes the port of the first while somebody waits there.
        port = self.server.port
        self.server.stop()
        self.serve("--rendezvous", port=port)
        self.assertEqual(first.process.wait(TIMEOUT), 11)

    def test_refusals(self):
        alice = self.person("alice")
        deaf = self.serve()
        self.assertEqual(alice("p2p", "rendezvous", "--server", deaf.address).code, 28)
        self.assertEqual(alice("p2p", "rendezvous", "--server", f"127.0.0.1:{programs.free_port()}").code, 10)
        self.assertEqual(alice("p2p", "rendezvous").code, 2)
        at = ("--server", self.server.address)
        self.assertEqual(alice("p2p", "rendezvous", "aaaa-aaaa-aaaa-aaaa-aaaa", *at).code, 26)
        self.assertEqual(alice("p2p", "rendezvous", *at, "--fingerprint", "nonsense").code, 26)
        self.assertEqual(alice("p2p", "rendezvous", *at, "--transport", "tcp").code, 2)
        self.assertEqual(alice("p2p", "rendezvous", *at, "--encryption", "rsa").code, 2)

    def test_a_signal_ends_the_wait(self):
        first, _ = self.new_code(self.person("alice"))
        first.process.send_signal(signal.SIGINT)
        self.assertEqual(first.process.wait(TIMEOUT), 0)


class OwnRelays(direct.Case):
    """A profile with an account asks its server for relays; none answers here, which only leaves their addresses out."""

    def setUp(self):
        super().setUp()
        secret, config = self.folder / "secret", self.folder / "server.conf"
        secret.write_text("a shared secret of the test\n")
        secret.chmod(0o600)
        config.write_text(f"[turn]\nuris = turn:127.0.0.1:9, turns:127.0.0.1:9?transport=tcp, turn:127.0.0.1?new=kind\nsecretfile = {secret}\n")
        self.server = Server(self.folder / "server", "--config", config)
        self.addCleanup(self.server.stop)
        self.alice = self.person("alice")
        self.assertEqual(self.alice.register(self.server).code, 0)

    def relays(self, person, *arguments):
        side = self.side(person, "ticket", "127.0.0.1:0", *arguments)
        return side.of_type("p2p_relays")["relays"]

    def test_they_are_shown(self):
        known = ["turn:127.0.0.1:9?transport=udp", "turns:127.0.0.1:9?transport=tcp"]
        self.assertEqual(self.relays(self.alice), known)
        # Also where another process owns the profile, and asks.
        owner = self.alice.start("receive", "--follow")
        self.addCleanup(lambda: (owner.kill(), owner.communicate(timeout=TIMEOUT)))
        wait_until((self.alice.profile / "socket").exists)
        self.assertEqual(self.relays(self.alice), known)

    def test_there_are_none_without_account_or_server_or_where_nobody_wants_them(self):
        self.server.stop()
        for person, arguments, asked in ((self.person("bob"), (), False), (self.alice, ("--no-relay",), False), (self.alice, (), True)):
            with self.subTest(person=person.name, arguments=arguments):
                side = self.side(person, "ticket", "127.0.0.1:0", *arguments)
                side.of_type("p2p_ticket")
                told = [entry for entry in side.seen if entry["type"] == "p2p_relays"]
                self.assertEqual([entry["relays"] for entry in told], [[]] if asked else [])
                self.assertTrue(all(entry["failure"] for entry in told))
        self.assertEqual(self.alice("p2p", "ticket", "--no-relay", "--turn", "turn:a").code, 2)


if __name__ == "__main__":
    programs.main()
