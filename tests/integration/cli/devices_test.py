"""Several devices of one account, as real processes (docs/spec/devices.md): how they are linked, and who can read what."""

import json
import time

import programs
from programs import TIMEOUT, Person, kill, main, wait_until


class Devices(programs.Case):
    def show_code(self, primary, name, *arguments):
        """A new device of the same account: its process, and the code that it shows."""
        programs.Case.counter += 1
        device = Person(self.folder, f"{name}{programs.Case.counter}")
        process = device.start("link", "--server", self.server.address, "--fingerprint", self.server.fingerprint, *arguments)
        self.addCleanup(self.end, process)
        shown = json.loads(programs.line_of(process))
        self.assertEqual(shown["type"], "link_code")
        device.name = primary.name
        return device, process, shown["code"]

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
            process.wait(TIMEOUT)
        process.stdout.close()
        process.stderr.close()

    def finished(self, process):
        out, err = process.communicate(timeout=TIMEOUT)
        return programs.Answer(process.returncode, out, err)

    def link(self, primary, name, *arguments):
        device, process, code = self.show_code(primary, name)
        host = self.expect(primary("devices", "link", code, *arguments), 0).of_type("linked")[0]
        guest = self.expect(self.finished(process), 0).of_type("linked")[0]
        self.assertEqual((guest["device"], guest["account"]), (host["device"], host["account"]))
        self.assertTrue(host["complete"] and guest["complete"], (host, guest))
        return device, guest

    def texts(self, device, peer):
        return [("> " if message["direction"] == "out" else "< ") + message["text"] for message in self.history(device, peer)]

    def history(self, person, peer):
        return self.expect(person("history", peer.name, "--limit", 1000), 0).messages

    def caught_up(self, *people):
        for someone in people:
            self.expect(someone("receive"), 0)

    def notices(self, person, kind):
        return [notice for notice in self.expect(person("receive"), 0).of_type("notice") if notice["kind"] == kind]

    def test_who_can_read_what(self):
        laptop, bob = self.person("alice"), self.person("bob")
        self.sent(laptop, bob, "before any link")
        self.received(bob, "before any link")
        self.sent(bob, laptop, "an answer")
        self.received(laptop, "an answer")
        digits = self.expect(laptop("safety-number", bob.name), 0).objects[0]["safety_number"]
        self.expect(laptop("verify", bob.name, "--code", digits), 0)

        # A second device has what was written before, contacts and what was verified.
        phone, linked = self.link(laptop, "phone")
        self.assertEqual((linked["device"], linked["messages"]), (2, 2))
        self.assertEqual(self.texts(phone, bob), ["> before any link", "< an answer"])
        contact = self.expect(phone("contacts"), 0).of_type("contact")
        self.assertEqual([(entry["peer"], entry["verified"]) for entry in contact], [(f"{bob.name}@test", True)])
        self.assertEqual(self.expect(phone("safety-number", bob.name), 0).objects[0]["safety_number"], digits)
        self.assertEqual(len(self.notices(bob, "device_added")), 1)

        # Both have what is written from now on, wherever it was written.
        self.sent(bob, laptop, "to both")
        self.caught_up(phone, laptop)
        self.sent(laptop, bob, "from the laptop")
        self.sent(phone, bob, "from the phone")
        self.caught_up(laptop, phone, bob)
        self.assertEqual(self.texts(laptop, bob)[2:], ["< to both", "> from the laptop", "> from the phone"])
        self.assertEqual(sorted(self.texts(phone, bob)), sorted(self.texts(laptop, bob)))
        self.assertEqual(self.texts(bob, laptop)[2:], ["> to both", "< from the laptop", "< from the phone"])

        # A third one, linked later, has all of it.
        tablet, linked = self.link(laptop, "tablet")
        self.assertEqual((linked["device"], linked["messages"]), (3, 5))
        self.assertEqual(self.texts(tablet, bob), self.texts(laptop, bob))
        self.caught_up(phone, bob)
        self.sent(phone, bob, "three of us")
        self.caught_up(laptop, tablet, bob)
        for device in laptop, tablet:
            self.assertEqual(self.texts(device, bob)[-1], "> three of us")

        # One that is revoked gets nothing from the next message on: not from bob, not from its own account.
        self.expect(laptop("devices", "revoke", 2), 0)
        self.sent(bob, laptop, "after the revocation")
        self.caught_up(laptop, tablet)
        self.sent(tablet, bob, "without the phone")
        self.caught_up(laptop, bob)
        self.expect(phone("receive"), 12, "login_refused")
        self.expect(phone("send", bob.name, "still me"), 12, "login_refused")
        self.assertNotIn("after the revocation", str(self.texts(phone, bob)))
        self.assertNotIn("without the phone", str(self.texts(phone, bob)))
        self.assertNotIn("still me", str(self.texts(bob, laptop)))
        for device in laptop, tablet:
            self.assertEqual(self.texts(device, bob)[-2:], ["< after the revocation", "> without the phone"])
        listed = self.expect(laptop("devices", "list"), 0).of_type("device")
        self.assertEqual([(entry["device"], entry["state"], entry["primary"]) for entry in listed],
                         [(1, "active", True), (2, "revoked", False), (3, "active", False)])
        listed = self.expect(tablet("devices"), 0).of_type("device")
        self.assertEqual([entry["device"] for entry in listed if entry["here"]], [3])

    def test_bob_is_told_of_every_change(self):
        laptop, bob = self.person("alice"), self.person("bob")
        self.sent(laptop, bob, "hello")
        self.received(bob, "hello")
        self.sent(bob, laptop, "hello yourself")
        self.received(laptop, "hello yourself")
        self.link(laptop, "phone", "--no-history")
        self.assertEqual(len(self.notices(bob, "device_added")), 1)
        self.expect(laptop("devices", "revoke", 2), 0)
        self.assertEqual(len(self.notices(bob, "device_removed")), 1)
        # The security logs of both have it, too.
        for person in laptop, bob:
            lines = [line for line in self.expect(person("audit"), 0).objects if line["event"].startswith("device_")]
            self.assertEqual([(line["event"], line["peer"], line["reason"]) for line in lines],
                             [(event, f"{laptop.name}@test", "device 2") for event in ("device_added", "device_removed")])

    def test_without_history_nothing_comes(self):
        laptop, bob = self.person("alice"), self.person("bob")
        self.sent(laptop, bob, "not for the phone")
        phone, linked = self.link(laptop, "phone", "--no-history")
        self.assertEqual(linked["messages"], 0)
        self.assertEqual(self.expect(phone("contacts"), 0).of_type("contact"), [])

    def test_the_owner_of_a_profile_links_for_others(self):
        laptop = self.person("alice")
        owner = laptop.start("receive", "--follow")
        self.addCleanup(self.end, owner)
        wait_until(lambda: (laptop.profile / "socket").exists())
        phone, _ = self.link(laptop, "phone")
        self.expect(phone("devices", "list"), 0)
        self.assertEqual(len(self.expect(laptop("devices"), 0).of_type("device")), 2)

    def test_only_the_primary_device_changes_the_account(self):
        laptop = self.person("alice")
        phone, _ = self.link(laptop, "phone")
        _, _, code = self.show_code(laptop, "tablet")
        self.expect(phone("devices", "link", code), 2, "usage")
        self.expect(phone("devices", "revoke", 1), 2, "usage")
        self.expect(laptop("devices", "revoke", 1), 2, "usage")
        self.expect(laptop("devices", "revoke", 9), 2, "usage")

    def test_a_code_is_good_for_one_device(self):
        laptop, mallory = self.person("alice"), self.person("mallory")
        phone, process, code = self.show_code(laptop, "phone")
        # Another secret than the one that is shown: whoever tries it cannot take the device over.
        wrong = code[:6] + ("B" if code[6] == "A" else "A") + code[7:]
        self.expect(mallory("devices", "link", wrong), 14, "timed_out")
        self.assertEqual(self.finished(process).code, 28)
        phone, process, code = self.show_code(laptop, "phone")
        self.expect(laptop("devices", "link", code), 0)
        self.expect(self.finished(process), 0)
        self.expect(laptop("devices", "link", code), 20, "unknown_peer")
        self.expect(laptop("devices", "link", "link1.short"), 26, "invalid_name")
        # A profile with an account is no new device.
        self.expect(phone("link", "--server", self.server.address), 23, "already_registered")

    def test_an_attempt_that_was_cut_off_is_begun_again(self):
        laptop = self.person("alice")
        phone, process, code = self.show_code(laptop, "phone")
        kill(process)
        self.expect(laptop("devices", "link", code), 20, "unknown_peer")
        again = phone.start("link", "--server", self.server.address)
        self.addCleanup(self.end, again)
        code = json.loads(programs.line_of(again))["code"]
        self.expect(laptop("devices", "link", code), 0)
        self.expect(self.finished(again), 0)
        self.assertEqual(len(self.expect(laptop("devices"), 0).of_type("device")), 2)

    def test_a_history_survives_interruptions(self):
        laptop, bob = self.person("alice"), self.person("bob")
        texts = [f"{number:04} " + "x" * 40_000 for number in range(32)]
        chat = laptop.start("receive", "--follow")  # one owner is quicker than many
        self.addCleanup(self.end, chat)
        wait_until(lambda: (laptop.profile / "socket").exists())
        for text in texts:
            self.expect(laptop("send", bob.name, "-", stdin=text.encode()), 0)
        phone, process, code = self.show_code(laptop, "phone")
        link = laptop.start("devices", "link", code)
        self.addCleanup(self.end, link)
        wait_until(lambda: (phone.profile / "profile.db").exists() and self.count(phone) > 0 or process.poll() is not None)
        # Both in the middle of it, and the server.
        process.kill()
        process.wait(TIMEOUT)
        link.kill()
        chat.kill()
        chat.wait(TIMEOUT)
        self.server.stop()
        self.server.start()
        # One process each: many that come and go would want what they need of the processor for themselves.
        for device in laptop, phone:
            self.addCleanup(self.end, device.start("receive", "--follow", "--keep"))
        wait_until(lambda: (phone.profile / "socket").exists())

        def complete():
            time.sleep(0.2)
            return len(self.texts(phone, bob)) == len(texts)
        wait_until(complete)
        self.assertEqual(self.texts(phone, bob), ["> " + text for text in texts])

    def count(self, device):
        """Messages that a device has; none while another process makes its profile."""
        answer = device("contacts")
        return len(self.history(device, Person(self.folder, answer.of_type("contact")[0]["peer"].split("@")[0]))) \
            if answer.code == 0 and answer.of_type("contact") else 0


if __name__ == "__main__":
    main()
