"""The drill: a profile is lost, and comes back from its backup: all history and contacts, no session, contacts told."""

import pathlib
import time

import programs
from programs import Case


class Backup(Case):
    def secret(self, text="correct horse battery staple"):
        file = self.folder / f"secret{len(list(self.folder.glob('secret*')))}"
        file.write_text(text + "\n")
        file.chmod(0o600)
        return file

    def test_history_comes_back_and_contacts_are_told(self):
        alice, bob, eve = self.person("alice"), self.person("bob"), self.person("eve")
        self.sent(alice, bob, "before the loss")
        self.received(bob, "before the loss")
        answer = self.sent(bob, alice, "an answer")
        self.received(alice, "an answer")
        self.expect(alice("verify", bob.name), 0)
        self.expect(alice("react", answer["id"], "👍"), 0)
        self.expect(alice("disappear", bob.name, "4w"), 0)
        self.expect(alice("accept", eve.name), 0)
        self.expect(alice("block", eve.name), 0)
        self.expect(alice("settings", "--read-receipts", "on"), 0)
        self.expect(bob("receive"), 0)
        self.expect(alice("receive"), 0)
        before = self.history(alice, bob)
        file, secret = self.folder / f"{alice.name}.backup", self.secret()
        done = self.expect(alice("backup", file, "--backup-passphrase-file", secret), 0).objects[0]
        self.assertEqual((done["type"], done["messages"]), ("backup", 4))
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(b"before the loss", file.read_bytes())

        # The device is lost, keys and all: a new one, with an account of its own.
        fresh = self.person("alicenew")
        self.expect(fresh("restore", file, "--backup-passphrase-file", self.secret("wrong")), 45, "wrong_key")
        self.assertEqual(self.expect(fresh("contacts"), 0).objects, [])
        done = self.expect(fresh("restore", file, "--backup-passphrase-file", secret), 0).objects[0]
        self.assertEqual((done["type"], done["messages"], done["contacts"]), ("restored", 4, 2))
        after = self.history(fresh, bob)
        self.assertEqual([(m["id"], m["text"], m["kind"], m["status"]) for m in after],
                         [(m["id"], m["text"], m["kind"], m["status"]) for m in before])
        self.assertEqual(after[1]["our_reaction"], "👍")
        contacts = {c["peer"]: c for c in self.expect(fresh("contacts"), 0).objects}
        self.assertEqual((contacts[f"{bob.name}@test"]["verified"], contacts[f"{bob.name}@test"]["disappear"]), (True, 2419200))
        self.assertTrue(contacts[f"{eve.name}@test"]["blocked"])
        self.assertTrue(self.expect(fresh("settings"), 0).objects[0]["read_receipts"])
        self.assertEqual(len(self.expect(fresh("search", "loss"), 0).messages), 1)

        # Told, in a session that was begun anew; and both write on.
        notices = self.expect(bob("receive"), 0).of_type("notice")
        self.assertEqual([(n["kind"], n["peer"]) for n in notices], [("session_restarted", f"{fresh.name}@test")])
        self.sent(fresh, bob, "it is me, with a new device")
        self.received(bob, "it is me, with a new device")
        self.sent(bob, fresh, "welcome back")
        self.received(fresh, "welcome back")

    def test_restoring_where_it_came_from_changes_nothing(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.sent(alice, bob, "hello")
        self.received(bob, "hello")
        file, environment = self.folder / f"{alice.name}.backup", {"PQC_CHAT_BACKUP_PASSPHRASE": "of the environment"}
        self.expect(alice("backup", file, environment=environment), 0)
        done = self.expect(alice("restore", file, environment=environment), 0).objects[0]
        self.assertEqual((done["messages"], done["contacts"]), (0, 0))
        self.sent(alice, bob, "the session goes on")
        self.received(bob, "the session goes on")
        self.assertEqual(self.expect(bob("receive"), 0).of_type("notice"), [])

    def test_what_is_wrong_is_said(self):
        alice = self.person("alice")
        file, secret = self.folder / f"{alice.name}.backup", self.secret()
        self.expect(alice("backup", file, "--backup-passphrase-file", secret), 0)
        self.expect(alice("backup", file, "--backup-passphrase-file", secret), 2, "usage")
        self.expect(alice("restore", self.folder / "nothing", "--backup-passphrase-file", secret), 47, "missing")
        data = bytearray(file.read_bytes())
        pathlib.Path(f"{file}.cut").write_bytes(data[:-1])
        self.expect(alice("restore", f"{file}.cut", "--backup-passphrase-file", secret), 45)
        pathlib.Path(f"{file}.other").write_bytes(b"no backup at all" * 10)
        self.expect(alice("restore", f"{file}.other", "--backup-passphrase-file", secret), 40, "damaged")
        owner = alice.start("receive", "--follow")
        self.addCleanup(programs.kill, owner)
        deadline = time.monotonic() + programs.TIMEOUT
        while not (alice.profile / "socket").exists():  # until it owns the profile
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.expect(alice("backup", f"{file}.2", "--backup-passphrase-file", secret), 44, "busy")


if __name__ == "__main__":
    programs.main()
