"""Several commands of one profile at once: one owns it, the others go through its socket."""

import signal
import subprocess

import programs
from programs import Case


class Owners(Case):
    def follow(self, person):
        process = person.start("receive", "--follow")
        self.addCleanup(programs.kill, process)
        return process

    def test_everything_works_while_another_command_owns_the_profile(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(bob, alice, "first")
        following = self.follow(alice)
        self.assertIn("first", programs.line_of(following))
        self.assertEqual(self.sent(alice, bob, "from another process")["status"], "sent")
        self.received(bob, "from another process")
        self.sent(bob, alice, "second")
        self.assertIn("second", programs.line_of(following))
        self.assertEqual(len(self.history(alice, bob)), 3)
        self.assertEqual(len(self.expect(alice("contacts"), 0).objects), 1)
        number = self.expect(alice("safety-number", bob.name), 0).objects[0]["safety_number"]
        self.assertEqual(number, self.expect(bob("safety-number", alice.name), 0).objects[0]["safety_number"])
        self.expect(alice("verify", bob.name), 0)
        self.expect(alice("whoami"), 0)
        self.expect(alice("doctor"), 0)
        self.expect(alice("receive"), 0)
        self.expect(alice("send", "nobody-here", "x"), 20, "unknown_peer")

    def test_one_connection_sends_again_and_again(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.follow(alice)
        for number in range(5):
            self.assertEqual(self.sent(alice, bob, str(number))["status"], "sent")
        self.received(bob, *map(str, range(5)))

    def test_a_killed_owner_leaves_the_profile_free(self):
        alice, bob = self.person("alice"), self.person("bob")
        following = alice.start("receive", "--follow")
        self.sent(bob, alice, "hello")
        self.assertIn("hello", programs.line_of(following))
        programs.kill(following)
        self.assertTrue((alice.profile / "socket").exists())
        self.sent(alice, bob, "still here")
        self.received(bob, "still here")

    def test_an_owner_that_is_told_to_stop_ends_well(self):
        alice, bob = self.person("alice"), self.person("bob")
        following = alice.start("receive", "--follow")
        self.sent(bob, alice, "hello")
        programs.line_of(following)
        following.send_signal(signal.SIGTERM)
        following.communicate(timeout=programs.TIMEOUT)
        self.assertEqual(following.returncode, 0)
        self.assertFalse((alice.profile / "socket").exists())

    def test_many_at_once_send_each_their_message_once(self):
        alice, bob = self.person("alice"), self.person("bob")
        processes = [alice.start("send", bob.name, str(number)) for number in range(8)]
        for process in processes:
            _, err = process.communicate(timeout=programs.TIMEOUT)
            self.assertEqual(process.returncode, 0, err)
        texts = []
        while len(texts) < 8:
            texts += self.expect(bob("receive", "--wait", 10), 0).texts
        self.assertEqual(sorted(texts), [str(number) for number in range(8)])

    def test_a_command_takes_over_from_an_owner_that_ends(self):
        alice, bob = self.person("alice"), self.person("bob")
        owner = alice.start("receive", "--follow")
        self.sent(bob, alice, "first")
        programs.line_of(owner)
        chat = alice.start("chat", bob.name, stdin=subprocess.PIPE)
        self.addCleanup(programs.kill, chat)
        self.addCleanup(chat.stdin.close)
        next(line for line in programs.lines_of(chat) if "/help" in line)
        programs.kill(owner)
        self.sent(bob, alice, "second")
        self.assertIn("second", programs.line_of(chat))
        self.sent(alice, bob, "through the new owner")
        self.received(bob, "through the new owner")

    def test_the_socket_lets_only_its_user_in(self):
        alice = self.person("alice")
        bob = self.person("bob")
        following = self.follow(alice)
        self.sent(bob, alice, "hello")
        programs.line_of(following)
        self.assertEqual((alice.profile / "socket").stat().st_mode & 0o777, 0o600)
        # Garbage ends the connection, not the owner.
        garbage = subprocess.run(
            ["python3", "-c",
             "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\ns.sendall(b'\\xff'*100)\n"
             "s.settimeout(10)\nprint(len(s.recv(10)))", str(alice.profile / "socket")],
            capture_output=True, text=True, timeout=programs.TIMEOUT)
        self.assertEqual(garbage.stdout.strip(), "0", garbage.stderr)
        self.expect(alice("whoami"), 0)


if __name__ == "__main__":
    programs.main()
