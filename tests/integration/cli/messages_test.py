"""Two people write to each other: both ways, while away, at the same time, through restarts and lost state."""

import pathlib
import pty
import os
import select
import shutil
import sqlite3
import time

import programs
from programs import Case


class Messages(Case):
    def test_both_ways_and_while_away(self):
        alice, bob = self.person("alice"), self.person("bob")
        first = self.sent(alice, bob, "hello bob")
        self.assertEqual(first["status"], "sent")
        self.sent(alice, bob, "Grüße – 你好")
        got = self.received(bob, "hello bob", "Grüße – 你好")
        self.assertEqual(got[0]["id"], first["id"])
        self.assertEqual(got[0]["from"], f"{alice.name}@test")
        self.assertEqual((got[0]["suite"], got[0]["device"], got[0]["verified"], got[0]["v"]), ("pq", 1, False, 1))
        self.sent(bob, alice, "hello alice")
        self.received(alice, "hello alice")
        # What was printed is not printed again.
        self.assertEqual(self.expect(bob("receive"), 0).objects, [])
        self.assertEqual([m["text"] for m in self.history(bob, alice)], ["hello bob", "Grüße – 你好", "hello alice"])

    def test_standard_input_is_a_text(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.expect(alice("send", bob.name, "-", stdin="from a pipe\n".encode()), 0)
        self.expect(alice("send", bob.name, stdin=b"two\nlines\n"), 0)
        self.received(bob, "from a pipe", "two\nlines")

    def test_many_turns(self):
        alice, bob = self.person("alice"), self.person("bob")
        for turn in range(4):
            self.sent(alice, bob, f"ping {turn}")
            self.received(bob, f"ping {turn}")
            self.sent(bob, alice, f"pong {turn}")
            self.received(alice, f"pong {turn}")
        self.assertEqual({m["status"] for m in self.history(alice, bob) if m["direction"] == "out"}, {"delivered"})

    def test_a_stranger_gets_no_receipt_until_it_is_accepted(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "do you read me?")
        self.received(bob, "do you read me?")
        self.expect(alice("receive"), 0)
        self.assertEqual(self.history(alice, bob)[0]["status"], "sent")
        self.assertEqual(self.expect(bob("contacts"), 0).objects[0]["state"], "stranger")
        self.expect(bob("verify", alice.name), 0)
        self.expect(bob("receive"), 0)
        self.expect(alice("receive"), 0)
        self.assertEqual(self.history(alice, bob)[0]["status"], "delivered")

    def test_delivery_is_waited_for(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(bob, alice, "hi")  # alice is a contact of bob's from now on
        self.received(alice, "hi")
        following = bob.start("receive", "--follow")
        self.addCleanup(programs.kill, following)
        answer = self.expect(alice("send", bob.name, "confirm this", "--wait-delivered", 20), 0)
        self.assertEqual(answer.messages[0]["status"], "delivered")

    def test_kept_connected_it_leaves_the_messages_for_receive(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(bob, alice, "hi")
        self.received(alice, "hi")
        keeping = bob.start("receive", "--follow", "--keep")
        self.addCleanup(programs.kill, keeping)
        answer = self.expect(alice("send", bob.name, "for later", "--wait-delivered", 20), 0)
        self.assertEqual(answer.messages[0]["status"], "delivered")
        self.received(bob, "for later")
        keeping.terminate()
        out, err = keeping.communicate(timeout=programs.TIMEOUT)
        self.assertEqual((keeping.returncode, out), (0, ""), err)

    def test_both_begin_at_once(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "a1")
        self.sent(bob, alice, "b1")
        self.sent(alice, bob, "a2")
        self.received(bob, "a1", "a2")
        self.received(alice, "b1")
        for turn in range(3):
            self.sent(alice, bob, f"a{turn + 3}")
            self.sent(bob, alice, f"b{turn + 2}")
            self.received(bob, f"a{turn + 3}")
            self.received(alice, f"b{turn + 2}")
        self.expect(alice("receive"), 0)
        self.assertEqual({m["status"] for m in self.history(alice, bob) if m["direction"] == "out"}, {"delivered"})

    def test_a_message_is_kept_until_the_server_is_back(self):
        server = programs.Server(self.folder / "away")
        try:
            alice, bob = self.person("alice", server=server), self.person("bob", server=server)
            self.sent(alice, bob, "before")
            server.stop()
            # With a session already there, and for somebody who was never written to.
            for text in ("one", "two"):
                answer = self.expect(alice("send", bob.name, text), 15, "queued")
                self.assertEqual(answer.messages[0]["status"], "queued")
            self.expect(bob("send", alice.name, "no session yet"), 15, "queued")
            self.expect(bob("receive"), 10, "unreachable")
            server.start()
            self.expect(alice("receive"), 0)
            self.received(bob, "before", "one", "two")
            self.received(alice, "no session yet")
        finally:
            server.stop()

    def test_waiting_survives_a_restart_of_the_server(self):
        server = programs.Server(self.folder / "restarted")
        try:
            alice, bob = self.person("alice", server=server), self.person("bob", server=server)
            waiting = bob.start("receive", "--wait", "30")
            server.stop()
            server.start()
            self.sent(alice, bob, "after the restart")
            out, err = waiting.communicate(timeout=programs.TIMEOUT)
            self.assertIn("after the restart", out, err)
            self.assertEqual(waiting.returncode, 0, err)
        finally:
            server.stop()

    def test_a_lost_state_heals(self):
        """bob's profile goes back to an older copy, so it cannot read what alice's ratchet says by now."""
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(bob, alice, "hi")
        self.received(alice, "hi")
        copy = pathlib.Path(f"{bob.profile}.copy")
        shutil.copytree(bob.profile, copy, ignore=shutil.ignore_patterns("agent.sock"))
        for turn in range(2):
            self.sent(alice, bob, f"ping {turn}")
            self.received(bob, f"ping {turn}")
            self.sent(bob, alice, f"pong {turn}")
            self.received(alice, f"pong {turn}")
        shutil.rmtree(bob.profile)
        copy.rename(bob.profile)
        self.sent(alice, bob, "can you read this?")
        notices = self.expect(bob("receive"), 0).of_type("notice")
        self.assertTrue({"profile_cloned", "message_unreadable"} <= {n["kind"] for n in notices}, notices)
        notices = self.expect(alice("receive"), 0).of_type("notice")
        self.assertEqual([n["kind"] for n in notices], ["session_restarted"])
        # It comes again, in the new session, and only what was not confirmed.
        self.received(bob, "can you read this?")
        self.sent(bob, alice, "yes")
        self.received(alice, "yes")

    def test_killed_senders_lose_nothing_and_repeat_nothing(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "0")
        accepted = ["0"]
        for number in range(1, 25):
            process = alice.start("send", bob.name, str(number))
            time.sleep(0.004 * number)  # the moment of death, not a synchronisation
            programs.kill(process) if process.poll() is None else process.communicate()
            if process.returncode == 0:
                accepted.append(str(number))
        self.expect(alice("receive"), 0)
        texts = []
        while True:
            answer = self.expect(bob("receive"), 0)
            if not answer.messages:
                break
            texts += answer.texts
        self.assertEqual(len(texts), len(set(texts)), texts)
        self.assertEqual([t for t in texts if t in accepted], accepted)
        # In order, and everything that was stored before the kill came through.
        self.assertEqual(texts, sorted(texts, key=int))
        self.assertEqual(texts, [m["text"] for m in self.history(alice, bob)])

    def test_killed_receivers_lose_nothing_and_repeat_nothing(self):
        alice, bob = self.person("alice"), self.person("bob")
        for number in range(20):
            self.sent(alice, bob, str(number))
            process = bob.start("receive")
            time.sleep(0.005 * (number % 10))
            programs.kill(process) if process.poll() is None else process.communicate()
        self.expect(bob("receive"), 0)
        self.assertEqual([m["text"] for m in self.history(bob, alice)], [str(n) for n in range(20)])


class Chat(Case):
    def test_lines_from_a_pipe(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "earlier")
        # In the history before the chat begins: lines from a pipe may be through before the server has delivered.
        self.received(bob, "earlier")
        answer = bob("chat", alice.name, stdin=b"an answer\n/verify\n//slash\n/nonsense\n/quit\n")
        self.expect(answer, 0)
        self.assertIn("earlier", answer.texts)
        self.assertTrue(any("/help" in info["text"] for info in answer.of_type("info")))
        self.expect(bob("receive"), 0)
        self.received(alice, "an answer", "/slash")

    def test_an_arrival_does_not_garble_what_is_typed(self):
        alice, bob = self.person("alice"), self.person("bob")
        child, terminal = pty.fork()
        if child == 0:
            os.execv(programs.BIN / "pqc-chat", ["pqc-chat", "--profile", str(bob.profile), "chat", alice.name])
        screen = b""

        def read_until(text):
            nonlocal screen
            deadline = time.monotonic() + 20
            while text not in screen:
                self.assertLess(time.monotonic(), deadline, screen)
                if select.select([terminal], [], [], 0.2)[0]:
                    screen += os.read(terminal, 65536)

        read_until(b"> ")
        os.write(terminal, b"half a li")
        read_until(b"half a li")
        self.sent(alice, bob, "an arrival")
        read_until(b"an arrival")
        screen = screen.split(b"an arrival", 1)[1]
        read_until(b"> half a li")  # drawn again below it
        os.write(terminal, b"ne\r")
        read_until(b"you: half a line" if b"you: half a line" in screen else b"half a line")
        os.write(terminal, b"/quit\r")
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        self.expect(bob("receive"), 0)
        self.received(alice, "half a line")


class Database(Case):
    def test_neither_profile_nor_server_shows_a_text(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "a canary nobody may read")
        self.received(bob, "a canary nobody may read")
        for file in self.folder.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"canary", file.read_bytes(), file)
        with sqlite3.connect(f"file:{self.server.database}?mode=ro", uri=True) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM account").fetchone()[0], 2)


class Rates(Case):
    def test_what_the_server_does_not_take_now_is_queued_at_once(self):
        config = self.folder / "rate.conf"
        config.write_text("[server]\nmessages_per_day = 12\n")
        server = programs.Server(self.folder / "rate", "--config", config)
        self.addCleanup(server.stop)
        alice, bob = self.person("alice", server=server), self.person("bob", server=server)
        texts = [f"message {number}" for number in range(5)]
        codes = []
        for text in texts:
            begun = time.monotonic()
            answer = alice("send", bob.name, text)
            codes.append(answer.code)
            if answer.code != 0:
                self.expect(answer, 15, "queued")
                self.assertEqual(answer.messages[0]["status"], "queued")
                self.assertIn("slow down", answer.errors[0]["message"])
                self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual(sorted(codes), codes)
        self.assertEqual((codes[0], codes[-1]), (0, 15))
        # None is lost, and their order stays.
        server.stop()
        config.write_text("")
        server.start()
        self.expect(alice("receive"), 0)
        self.received(bob, *texts)


if __name__ == "__main__":
    programs.main()
