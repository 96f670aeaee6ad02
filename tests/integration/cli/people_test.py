"""Who is who: safety numbers, verified contacts, changed keys, suites and levels, the doctor."""

import sqlite3

import programs
from programs import Case


class People(Case):
    def test_safety_numbers_are_the_same_at_both_ends(self):
        alice, bob, carol = self.person("alice"), self.person("bob"), self.person("carol")
        numbers = {}
        for person, peer in ((alice, bob), (bob, alice), (alice, carol)):
            answer = self.expect(person("safety-number", peer.name), 0).objects[0]
            self.assertRegex(answer["safety_number"], r"^[0-9]{60}$")
            numbers[person.name, peer.name] = (answer["safety_number"], answer["qr"])
        self.assertEqual(numbers[alice.name, bob.name], numbers[bob.name, alice.name])
        self.assertNotEqual(numbers[alice.name, bob.name], numbers[alice.name, carol.name])

    def test_verified_contacts_are_marked(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.assertTrue(self.expect(alice("verify", bob.name), 0).objects[0]["verified"])
        self.sent(bob, alice, "it is me")
        self.assertTrue(self.received(alice, "it is me")[0]["verified"])
        self.expect(alice("verify", "--undo", bob.name), 0)
        self.assertFalse(self.expect(alice("contacts"), 0).objects[0]["verified"])

    def test_changed_keys_are_never_taken_silently(self):
        server = programs.Server(self.folder / "changed")
        self.addCleanup(server.stop)
        alice, bob = self.person("alice", server=server), self.person("bob", server=server)
        self.expect(alice("verify", bob.name), 0)
        self.sent(alice, bob, "to the real bob")
        # Somebody else gets bob's name: to alice it is a bob with other keys.
        server.stop()
        with sqlite3.connect(server.database) as database:
            database.execute("UPDATE account SET name = 'gone' WHERE name LIKE ?", (f"{bob.name}%",))
        server.start()
        other = programs.Person(self.folder / "other", bob.name)
        other.profile.parent.mkdir(exist_ok=True)
        self.expect(other.register(server), 0)
        self.sent(other, alice, "I am bob, believe me")

        answer = self.expect(alice("receive"), 0)
        self.assertEqual(answer.messages, [])
        self.assertEqual([n["kind"] for n in answer.of_type("notice")], ["identity_changed"])
        self.assertTrue(self.expect(alice("contacts"), 0).objects[0]["identity_changed"])
        self.expect(alice("send", bob.name, "secret"), 24, "identity_changed")
        self.expect(alice("verify", bob.name), 24, "identity_changed")

        # Accepting takes the mark away, and what was refused comes again.
        answer = self.expect(alice("verify", "--accept", bob.name), 0)
        self.assertFalse(answer.objects[0]["verified"])
        events = [(line["event"], line.get("peer")) for line in self.expect(alice("audit"), 0).objects]
        peer = f"{bob.name}@test"
        self.assertEqual(events.count(("identity_changed", peer)), 1)
        self.assertLess(events.index(("verified", peer)), events.index(("identity_changed", peer)))
        self.assertLess(events.index(("identity_changed", peer)), events.index(("verification_withdrawn", peer)))
        self.assertIn(("refused", peer), events)
        self.expect(other("receive"), 0)
        self.received(alice, "I am bob, believe me")
        self.sent(alice, bob, "hello, new bob")
        self.received(other, "hello, new bob")

    def test_the_doctor_finds_everything_well(self):
        alice = self.person("alice")
        checks = {c["check"]: c["result"] for c in self.expect(alice("doctor"), 0).objects}
        measures = {f"agent_{name}" for name in ("core_dumps", "locked_memory", "no_new_privileges", "user_namespace",
                                                 "network_namespace", "filesystem", "capabilities", "landlock", "seccomp")}
        self.assertEqual(set(checks), {"core_dumps", "locked_memory", "profile_folder", "key_agent", "security_log",
                                       "roll_back", "profile", "server", "certificate", "key_exchange", "clock"} | measures)
        self.assertTrue(all(checks[name] == "ok" for name in ("key_agent", "security_log", "roll_back", "profile", "server",
                                                              "certificate", "key_exchange", "clock")))


class Suites(Case):
    def test_every_suite_carries_messages(self):
        for suite in ("pq", "pq-falcon", "enhanced", "standard"):
            with self.subTest(suite=suite):
                alice, bob = self.person("alice", "--suite", suite), self.person("bob", "--suite", suite)
                for person in (alice, bob):
                    self.expect(person("--minimum-level", "STANDARD", "whoami"), 0)
                for turn in range(2):
                    self.sent(alice, bob, f"ping {turn}")
                    self.assertEqual(self.received(bob, f"ping {turn}")[0]["suite"], suite)
                    self.sent(bob, alice, f"pong {turn}")
                    self.received(alice, f"pong {turn}")

    def test_a_level_below_the_policy_is_refused_both_ways(self):
        strict, weak = self.person("strict"), self.person("weak", "--suite", "enhanced")
        self.expect(strict("send", weak.name, "hello"), 25, "level_refused")
        self.expect(weak("--minimum-level", "STANDARD", "send", strict.name, "hello"), 25, "level_refused")

    def test_the_best_common_suite_is_taken_and_its_level_pinned(self):
        both, pq = self.person("both", "--suite", "pq,standard"), self.person("pq")
        self.expect(both("--minimum-level", "STANDARD", "send", pq.name, "hello"), 0)
        self.assertEqual(self.received(pq, "hello")[0]["suite"], "pq")
        contact = self.expect(both("contacts"), 0).objects[0]
        self.assertEqual((contact["suite"], contact["level"]), ("pq", "QUANTUM_RESISTANT"))


if __name__ == "__main__":
    programs.main()
