"""What people do with messages besides writing them: reply, react, edit, take back, let disappear, find, export, delete; and
who may write to whom, and learns what."""

import json
import subprocess
import time

import programs
from programs import Case


class Content(Case):
    def friends(self):
        """Two people who are contacts of each other."""
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "hello bob")
        self.received(bob, "hello bob")
        self.sent(bob, alice, "hello alice")
        self.received(alice, "hello alice")
        self.expect(bob("receive"), 0)
        return alice, bob

    def last(self, person, peer):
        return self.history(person, peer)[-1]

    def test_a_reply_names_its_message(self):
        alice, bob = self.friends()
        question = self.sent(alice, bob, "when?")
        self.received(bob, "when?")
        answer = self.expect(bob("reply", question["id"], "at eight"), 0).messages[0]
        got = self.received(alice, "at eight")[0]
        self.assertEqual((got["id"], got["target"], got["target_direction"]), (answer["id"], question["id"], "out"))
        # The first digits are enough, and a text may come from standard input.
        self.expect(bob("reply", question["id"][:8], stdin=b"or nine\n"), 0)
        self.assertEqual(self.received(alice, "or nine")[0]["target"], question["id"])

    def test_reactions_come_and_go(self):
        alice, bob = self.friends()
        message = self.sent(alice, bob, "news!")
        self.received(bob, "news!")
        self.expect(bob("react", message["id"], "👍"), 0)
        event = self.expect(alice("receive", "--wait", 20), 0).messages[0]
        self.assertEqual((event["kind"], event["text"], event["target"]), ("reaction", "👍", message["id"]))
        self.assertEqual(self.last(alice, bob)["their_reaction"], "👍")
        self.assertEqual(self.last(bob, alice)["our_reaction"], "👍")
        self.expect(bob("react", message["id"], "🎉"), 0)
        self.expect(alice("receive", "--wait", 20), 0)
        self.assertEqual(self.last(alice, bob)["their_reaction"], "🎉")
        self.expect(bob("react", message["id"], "--remove"), 0)
        self.expect(alice("receive", "--wait", 20), 0)
        self.assertNotIn("their_reaction", self.last(alice, bob))
        self.expect(bob("react", message["id"], "x" * 65), 32, "text_too_long")

    def test_a_reaction_to_what_was_taken_back_says_so(self):
        alice, bob = self.friends()
        message = self.sent(alice, bob, "news!")
        self.received(bob, "news!")
        self.expect(bob("react", message["id"], "👍"), 0)
        self.expect(alice("unsend", message["id"]), 0)
        event = self.expect(alice("receive", "--wait", 20), 0).messages[0]
        self.assertEqual((event["kind"], event["text"], event["unsent"]), ("reaction", "", True))

    def test_edits_reach_the_other_side_and_the_search(self):
        alice, bob = self.friends()
        message = self.sent(alice, bob, "see you on Mondey")
        self.expect(alice("edit", message["id"], "see you on Monday"), 0)
        self.expect(alice("edit", message["id"], "see you on Tuesday"), 0)
        self.expect(bob("receive"), 0)
        for person, peer in ((alice, bob), (bob, alice)):
            self.assertEqual((self.last(person, peer)["text"], self.last(person, peer)["edited"]), ("see you on Tuesday", True))
            self.assertEqual(len(self.expect(person("search", "tuesday"), 0).messages), 1)
            self.assertEqual(self.expect(person("search", "mondey"), 0).messages, [])

    def test_a_message_is_taken_back_for_everyone(self):
        alice, bob = self.friends()
        message = self.sent(alice, bob, "regrettable words")
        self.received(bob, "regrettable words")
        self.expect(alice("unsend", message["id"]), 0)
        event = self.expect(bob("receive", "--wait", 20), 0).messages[0]
        self.assertEqual((event["kind"], event["target"]), ("unsend", message["id"]))
        for person, peer in ((alice, bob), (bob, alice)):
            self.assertEqual((self.last(person, peer)["text"], self.last(person, peer)["unsent"]), ("", True))
            self.assertEqual(self.expect(person("search", "regrettable"), 0).messages, [])

    def test_only_the_author_may_change_a_message(self):
        alice, bob = self.friends()
        message = self.sent(alice, bob, "mine")
        self.received(bob, "mine")
        self.expect(bob("edit", message["id"], "yours"), 34, "not_yours")
        self.expect(bob("unsend", message["id"]), 34, "not_yours")
        self.expect(bob("reply", "0123456789abcdef", "what?"), 33, "unknown_message")
        self.expect(bob("reply", "0123", "what?"), 2, "usage")
        self.expect(bob("reply", message["id"], "-", stdin=b""), 31, "text_empty")

    def test_taking_back_before_the_server_has_it_sends_no_text(self):
        server = programs.Server(self.folder / "unsent")
        self.addCleanup(server.stop)
        alice, bob = self.person("alice", server=server), self.person("bob", server=server)
        self.sent(bob, alice, "hi")
        self.received(alice, "hi")
        server.stop()
        message = self.expect(alice("send", bob.name, "never mind"), 15, "queued").messages[0]
        self.expect(alice("unsend", message["id"]), 15, "queued")
        server.start()
        self.expect(alice("receive"), 0)
        events = self.expect(bob("receive"), 0).messages
        self.assertEqual([event["kind"] for event in events], ["unsend"])
        self.assertEqual([m["text"] for m in self.history(bob, alice)], ["hi"])

    def test_messages_disappear_from_reading_on(self):
        alice, bob = self.friends()
        self.expect(alice("disappear", bob.name, "2s"), 0)
        notice = self.expect(bob("receive", "--wait", 20), 0).messages[0]
        self.assertEqual((notice["kind"], notice["seconds"]), ("timer", 2))
        self.assertEqual(self.expect(bob("contacts"), 0).objects[0]["disappear"], 2)
        self.sent(alice, bob, "for your eyes only")
        self.expect(bob("disappear", alice.name, "off"), 0)
        # Nobody has read it: it stays.
        keeping = bob.start("receive", "--follow", "--keep")
        self.wait_for(lambda: self.expect(bob("search", "eyes"), 0).messages)
        programs.kill(keeping)
        time.sleep(2.5)  # longer than its time
        got = self.received(bob, "for your eyes only")[0]
        self.assertEqual(got["seconds"], 2)
        self.wait_for(lambda: not self.expect(bob("search", "eyes"), 0).messages)
        self.wait_for(lambda: not self.expect(alice("search", "eyes"), 0).messages)
        # The change back counts for what is written after it, at both ends.
        self.expect(alice("receive"), 0)
        self.assertNotIn("seconds", self.sent(alice, bob, "this stays"))
        self.expect(alice("disappear", bob.name, "soon"), 2, "usage")
        self.expect(alice("disappear", bob.name, "53w"), 2, "usage")

    def wait_for(self, condition):
        deadline = time.monotonic() + programs.TIMEOUT
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def test_search_and_history_by_time_and_conversation(self):
        alice, bob, carol = self.person("alice"), self.person("bob"), self.person("carol")
        self.sent(alice, bob, "the blue house")
        self.sent(alice, carol, "a blue car")
        self.sent(alice, bob, "the red house")
        found = lambda *words: [m["text"] for m in self.expect(alice("search", *words), 0).messages]
        self.assertEqual(found("blue"), ["the blue house", "a blue car"])
        self.assertEqual(found("house THE"), ["the blue house", "the red house"])
        self.assertEqual(found("hou*", "--with", bob.name, "--limit", 1), ["the red house"])
        self.assertEqual(found("green"), [])
        self.assertEqual(found("blue", "--before", "1h"), [])
        self.assertEqual(found("blue", "--since", "1h"), ["the blue house", "a blue car"])
        self.assertEqual(self.expect(alice("history", bob.name, "--before", "2000-01-01"), 0).messages, [])
        self.assertEqual(len(self.expect(alice("history", bob.name, "--since", "2000-01-01T00:00:00Z"), 0).messages), 2)
        self.expect(alice("history", bob.name, "--since", "yesterday"), 2, "usage")
        self.expect(alice("search", "?!"), 2, "usage")
        self.expect(alice("search", "blue", "--with", "nobody"), 20, "unknown_peer")

    def test_the_owner_of_the_profile_answers_for_others(self):
        alice, bob = self.friends()
        owner = alice.start("receive", "--follow", "--keep")
        self.addCleanup(programs.kill, owner)
        message = self.sent(alice, bob, "through the socket")
        self.assertEqual(self.expect(alice("search", "socket"), 0).messages[0]["id"], message["id"])
        self.expect(alice("edit", message["id"], "through its socket"), 0)
        self.assertEqual(self.last(alice, bob)["text"], "through its socket")
        self.expect(alice("settings", "--keep-days", 30), 0)
        self.assertEqual(self.expect(alice("settings"), 0).objects[0]["keep_days"], 30)
        self.expect(alice("delete", message["id"]), 0)
        self.assertEqual(self.expect(alice("search", "socket"), 0).messages, [])

    def test_export_writes_all_once(self):
        alice, bob = self.friends()
        self.sent(alice, bob, "two\nlines")
        file = self.folder / f"{alice.name}.jsonl"
        done = self.expect(alice("export", bob.name, file), 0).objects[0]
        self.assertEqual((done["type"], done["messages"]), ("exported", 3))
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        self.assertEqual([m["text"] for m in lines], ["hello bob", "hello alice", "two\nlines"])
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.expect(alice("export", bob.name, file), 2, "usage")
        text = self.folder / f"{alice.name}.txt"
        self.expect(alice("export", bob.name, text, "--format", "text"), 0)
        self.assertIn("hello alice", text.read_text())
        self.expect(alice("export", bob.name, self.folder / "no" / "folder"), 47, "missing")
        self.assertEqual(list(self.folder.glob("*.new")), [])

    def test_deleted_messages_do_not_come_back(self):
        alice, bob = self.friends()
        message = self.sent(alice, bob, "delete me")
        self.received(bob, "delete me")
        self.expect(bob("delete", message["id"]), 0)
        self.assertEqual([m["text"] for m in self.history(bob, alice)], ["hello bob", "hello alice"])
        self.assertEqual(len(self.history(alice, bob)), 3)  # here only
        self.expect(bob("delete", "--conversation", alice.name), 0)
        self.assertEqual(self.history(bob, alice), [])
        self.expect(bob("delete"), 2, "usage")
        self.expect(bob("delete", message["id"]), 33, "unknown_message")
        # The conversation goes on.
        self.sent(alice, bob, "still there?")
        self.received(bob, "still there?")

    def test_slash_commands_in_a_chat(self):
        alice, bob = self.friends()
        self.expect(alice("chat", bob.name, stdin="/reply sure\n/react 👍\n/edit quite sure\n/disappear 1d\n/search sure\n/quit\n"
                          .encode()), 0)
        self.expect(alice("receive"), 0)
        self.expect(bob("receive"), 0)
        got = self.history(bob, alice)
        self.assertEqual([m["text"] for m in got if m["kind"] == "text"], ["hello bob", "hello alice", "quite sure"])
        self.assertEqual(got[1]["their_reaction"], "👍")
        self.assertEqual(self.expect(bob("contacts"), 0).objects[0]["disappear"], 86400)


class People(Case):
    def test_read_receipts_are_sent_only_when_switched_on(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(bob, alice, "hi")  # alice is a contact of bob's
        self.received(alice, "hi")
        self.sent(alice, bob, "one")
        self.received(bob, "one")
        self.expect(bob("receive"), 0)
        self.expect(alice("receive"), 0)
        self.assertNotIn("read_at", self.history(alice, bob)[-1])
        settings = self.expect(bob("settings", "--read-receipts", "on"), 0).objects[0]
        self.assertEqual((settings["type"], settings["read_receipts"], settings["typing"]), ("settings", True, False))
        self.sent(alice, bob, "two")
        self.received(bob, "two")
        self.expect(bob("receive"), 0)
        self.expect(alice("receive"), 0)
        history = self.history(alice, bob)
        self.assertNotIn("read_at", history[-2])
        self.assertIn("read_at", history[-1])

    def test_threat_16_a_stranger_learns_nothing_of_reading(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.expect(bob("settings", "--read-receipts", "on", "--typing", "on"), 0)
        self.sent(alice, bob, "are you there?")
        self.received(bob, "are you there?")
        self.expect(bob("receive"), 0)
        self.expect(alice("receive"), 0)
        message = self.history(alice, bob)[-1]
        self.assertEqual((message["status"], "read_at" in message), ("sent", False))
        # Nor afterwards of what was read before.
        self.expect(bob("accept", alice.name), 0)
        self.expect(bob("receive"), 0)
        self.expect(alice("receive"), 0)
        message = self.history(alice, bob)[-1]
        self.assertEqual((message["status"], "read_at" in message), ("delivered", False))

    def test_requests_are_accepted_or_declined(self):
        alice, bob, carol = self.person("alice"), self.person("bob"), self.person("carol")
        self.sent(alice, bob, "buy my soap")
        self.sent(carol, bob, "it is me, carol")
        self.expect(bob("receive"), 0)
        requests = self.expect(bob("requests"), 0).objects
        self.assertEqual([(r["peer"], r["messages"]) for r in requests], [(f"{alice.name}@test", 1), (f"{carol.name}@test", 1)])
        self.expect(bob("decline", alice.name), 0)
        self.expect(bob("accept", carol.name), 0)
        self.assertEqual(self.expect(bob("requests"), 0).objects, [])
        self.assertEqual(self.history(bob, alice), [])
        self.expect(bob("decline", carol.name), 2, "usage")
        self.expect(bob("receive"), 0)
        for person, status in ((alice, "sent"), (carol, "delivered")):
            self.expect(person("receive"), 0)
            self.assertEqual(self.history(person, bob)[-1]["status"], status)

    def test_a_blocked_person_gets_and_is_given_nothing(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(bob, alice, "hi")
        self.received(alice, "hi")
        for command in ("block", "unblock", "accept", "block"):
            self.expect(bob(command, "nobody"), 20, "unknown_peer")
        plain = [word for word in bob.command("block", alice.name) if word != "--json"]
        self.assertEqual(subprocess.run(plain, capture_output=True, text=True, check=True).stdout, f"{alice.name}@test is blocked\n")
        self.assertTrue(self.expect(bob("contacts"), 0).objects[0]["blocked"])
        self.sent(alice, bob, "let me in")
        self.assertEqual(self.expect(bob("receive"), 0).objects, [])
        self.expect(bob("send", alice.name, "no"), 29, "blocked")
        self.expect(alice("receive"), 0)
        self.assertEqual(self.history(alice, bob)[-1]["status"], "sent")
        # Unblocked, the conversation goes on; what was dropped stays dropped.
        self.expect(bob("unblock", alice.name), 0)
        self.sent(alice, bob, "thank you")
        self.received(bob, "thank you")
        self.sent(bob, alice, "well then")
        self.received(alice, "well then")

    def test_whom_only_a_queued_message_was_written_to_is_blocked(self):
        server = programs.Server(self.folder / "away")
        self.addCleanup(server.stop)
        alice, bob = self.person("alice", server=server), self.person("bob", server=server)
        server.stop()
        self.expect(bob("send", alice.name, "hi"), 15)
        self.expect(bob("block", alice.name), 0)
        self.assertTrue(self.expect(bob("contacts"), 0).objects[0]["blocked"])
        self.assertEqual(self.history(bob, alice)[-1]["status"], "failed")


if __name__ == "__main__":
    programs.main()
