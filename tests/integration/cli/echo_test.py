"""The echo service: strangers call it and hear their own words, some at once and not for ever."""

import datetime
import json
import os
import pathlib
import signal
import socket
import sys

import calls_test
import programs
from programs import Case, Person, Server

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import waves


class Echo(Case):
    ended = calls_test.Calls.ended
    until = calls_test.Calls.until
    sounds = staticmethod(calls_test.Calls.sounds)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.echo = Person(cls.folder, "echo")
        cls.quiet = Server(cls.folder / "quiet")
        # What a caller hears where nobody runs the service takes its time: the other tests go on meanwhile.
        dave = Person(cls.folder, "dave")
        dave.register(cls.quiet)
        cls.without_account = dave("call", "echo", *cls.sounds(dave))
        cls.registered(Person(cls.folder / "quiet-people", "echo"), cls.quiet)
        cls.waiting = dave.start("call", "echo", *cls.sounds(dave))

    @classmethod
    def tearDownClass(cls):
        programs.kill(cls.waiting)
        cls.quiet.stop()
        super().tearDownClass()

    @staticmethod
    def registered(echo, server):
        return echo.register(server, "--invite", server.tool("invite", "--for", "echo")[0])

    def test_who_calls_where_nobody_runs_a_service_is_told(self):
        for answer in self.without_account, self.ended(self.waiting):
            self.assertIn("echo-service", self.expect(answer, 62, "call_unreachable").err)

    def started(self, *options):
        service = self.echo.start("echo-service", *options)
        self.assertEqual(json.loads(programs.line_of(service))["type"], "done")
        return service

    def test_a_service_says_when_it_is_ready_and_ends_at_another_server(self):
        server = Server(self.folder / "first")
        self.addCleanup(server.stop)
        echo = Person(self.folder / "first-people", "echo")
        self.expect(self.registered(echo, server), 0)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self.folder / "notify"))
            manager.settimeout(programs.TIMEOUT)
            service = echo.start("echo-service", env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")})
            self.assertEqual(manager.recv(100), b"READY=1")
            self.assertEqual(json.loads(programs.line_of(service))["type"], "done")
            # A server that is away is waited for; one with another key is none to wait for.
            server.stop()
            server.folder = self.folder / "second"
            server.start()
            self.expect(self.ended(service), 11, "wrong_server")
            self.assertEqual(manager.recv(100), b"STOPPING=1")

    def stopped(self, service):
        service.send_signal(signal.SIGTERM)
        return self.expect(self.ended(service), 0)

    def call(self, person, speech):
        return person.start("call", "echo", "--audio-in", speech, "--audio-out", person.profile.parent / f"{person.name}.wav")

    def heard(self, process, milliseconds):
        """The last object of a call that goes on for so long."""
        objects = (json.loads(line) for line in programs.lines_of(process))
        return next(found for found in objects if found.get("played_ms", 0) > milliseconds)

    def test_a_persons_profile_is_refused_before_it_takes_messages(self):
        erin, frank = self.person("erin"), self.person("frank")
        self.expect(erin("send", frank.name, "for frank"), 0)
        self.assertIn(frank.name + "@", self.expect(frank("echo-service"), 2, "usage").err)
        self.assertEqual([entry["text"] for entry in frank("receive").objects if entry["type"] == "message"], ["for frank"])

    def test_strangers_hear_their_own_words(self):
        # The name is kept for whom the server's owner invites.
        self.expect(self.echo.register(self.server), 17, "invalid_invite")
        self.expect(self.echo.register(self.server, "--invite", self.server.tool("invite")[0]), 17, "invalid_invite")
        self.expect(self.registered(self.echo, self.server), 0)

        alice, bob, carol = (self.person(name) for name in ("alice", "bob", "carol"))
        speeches = [self.folder / "alice-speech.wav", self.folder / "bob-speech.wav"]
        for seed, speech in enumerate(speeches):
            waves.write_speech(speech, 2, seed=seed)
        service = self.started("--calls", 2)
        calls = [self.call(alice, speeches[0]), self.call(bob, speeches[1])]
        for call in calls:
            self.until(call, "active")
        busy = self.expect(carol("call", "echo", *self.sounds(carol)), 60, "call_busy")
        self.assertEqual(busy.objects[-1]["outcome"], "busy")
        last = [self.heard(call, 2_800) for call in calls]
        for shown in last:
            self.assertIn("level_in", shown)
            self.assertGreater(shown["round_trip_us"], 0)
        self.expect(alice("hangup"), 0)
        overs = [self.expect(self.ended(calls[0]), 0).objects]
        self.assertEqual(json.loads(programs.line_of(service))["outcome"], "completed")
        # Whoever is in a call when the service ends hears that it is over.
        said = self.stopped(service)
        overs.append(self.expect(self.ended(calls[1]), 0).objects)
        for person, speech, objects in zip((alice, bob), speeches, overs):
            over, test = objects[-2:]
            self.assertEqual((over["phase"], over["outcome"]), ("over", "completed"))
            self.assertEqual((test["type"], test["result"]), ("echo_test", "heard"))
            self.assertGreater(test["packets_received"], 50)
            self.assertIn("loss_per_mille", test)
            self.assertGreater(min(test["loudest_in"], test["loudest_out"], test["round_trip_us"]), 10)
            back = waves.read(self.folder / f"{person.name}.wav")
            self.assertGreater(waves.likeness(waves.read(speech), back), 0.8)
        # Each hears only itself.
        self.assertLess(waves.likeness(waves.read(speeches[0]), waves.read(self.folder / f"{bob.name}.wav")), 0.6)
        for person in (alice, bob, carol):
            self.assertNotIn(person.name, said.out)

        # What is written to it is not kept, and nobody becomes a contact. A call gives way to another one after a sixth of
        # the longest time, at once where its program died, and does not last longer than that; one in which nothing is said
        # says so.
        self.sent(carol, self.echo, "is anybody there?")
        longest = 18
        service = self.started("--calls", 1, "--longest", longest)
        silence = self.folder / "silence.wav"
        waves.write_silence(silence, 1)
        lost = self.call(bob, silence)
        self.until(lost, "active")
        programs.kill(lost)
        silent = self.call(bob, silence)
        self.heard(silent, 3_300)
        test = self.expect(self.ended(self.call(carol, speeches[0])), 0).objects[-1]
        self.assertEqual(test["result"], "heard")
        unheard = self.expect(self.ended(silent), 65, "call_broken")
        self.assertIn("microphone", unheard.err)
        over, test = unheard.objects[-2:]
        self.assertEqual(test["result"], "silent")
        answered, ended = (datetime.datetime.fromisoformat(over[each]) for each in ("answered_at", "ended_at"))
        self.assertLess((ended - answered).total_seconds(), longest, "it did not give way")
        self.stopped(service)
        # Nor does the security log know who called.
        log = self.expect(self.echo("audit"), 0).out
        self.assertIn("record_signed", log)
        for name in ("alice", "bob", "carol"):
            self.assertNotIn(name, log)
        self.assertEqual(self.expect(self.echo("receive"), 0).objects, [])
        contacts = self.expect(self.echo("contacts"), 0).of_type("contact")
        self.assertNotIn("accepted", [contact["state"] for contact in contacts])


if __name__ == "__main__":
    programs.main()
