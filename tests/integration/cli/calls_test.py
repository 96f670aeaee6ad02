"""Two people call each other: real server, real programs, WAV files for microphones and loudspeakers."""

import array
import math
import pathlib
import random
import signal
import sys
import wave

import programs
from programs import Case

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import waves

RATE = 48_000


def write_speech(path, seconds=4):
    """Something with the rhythm of speech: bursts of a few tones with pauses, never the same twice."""
    dice = random.Random(7)
    samples = array.array("h")
    while len(samples) < seconds * RATE:
        tones = [dice.uniform(120, 700) for _ in range(3)]
        length = int(dice.uniform(0.08, 0.3) * RATE)
        for i in range(length):
            rise = math.sin(math.pi * i / length)
            samples.append(int(6000 * rise * sum(math.sin(2 * math.pi * tone * i / RATE) for tone in tones) / 3))
        samples.extend([0] * int(dice.uniform(0.05, 0.2) * RATE))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


class Calls(Case):
    def contacts(self, *names):
        people = [self.person(name) for name in names]
        first = people[0]
        for other in people[1:]:
            self.sent(first, other, "hello")
            self.received(other, "hello")
            self.sent(other, first, "hello yourself")
            self.received(first, "hello yourself")
        return people

    def ended(self, process):
        """The objects that are left of a program that ends."""
        out, err = process.communicate(timeout=programs.TIMEOUT)
        return programs.Answer(process.returncode, out, err)

    def test_what_one_says_the_other_hears(self):
        alice, bob = self.contacts("alice", "bob")
        folder = alice.profile.parent
        speech, heard = folder / "speech.wav", folder / "heard.wav"
        write_speech(speech)
        write_speech(folder / "answer.wav", 1)
        answering = bob.start("answer", "--auto", "--audio-in", folder / "answer.wav", "--audio-out", heard)
        calling = alice.start("call", bob.name, "--audio-in", speech, "--audio-out", folder / "back.wav")
        seconds = 0
        for line in calling.stdout:
            seconds += '"phase":"active"' in line
            if seconds > 6:  # one a second
                break
        self.assertTrue(self.expect(alice("mute", "on"), 0).objects[0]["muted"])
        self.assertFalse(self.expect(alice("mute"), 0).objects[0]["muted"])
        self.expect(alice("hangup"), 0)
        over = self.expect(self.ended(calling), 0).objects[-1]
        self.assertEqual((over["phase"], over["outcome"], over["path"]), ("over", "completed", "direct"))
        answering.send_signal(signal.SIGINT)
        theirs = self.expect(self.ended(answering), 0).objects
        self.assertEqual(theirs[-1]["outcome"], "completed")
        self.assertEqual(theirs[-1]["words"], over["words"])
        for person in (alice, bob):
            record = self.expect(person("calls"), 0).objects[-1]
            self.assertEqual((record["id"], record["outcome"], record["path"]), (over["id"], "completed", "direct"))
        self.assertGreater(waves.likeness(waves.read(speech), waves.read(heard)), 0.8)
        self.assertGreater(waves.likeness(waves.read(folder / "answer.wav"), waves.read(folder / "back.wav")), 0.8)
        self.expect(alice("hangup"), 2, "usage")

    def test_a_call_is_declined_from_another_terminal(self):
        alice, bob = self.contacts("alice", "bob")
        connected = bob.start("receive", "--follow", "--keep")
        calling = alice.start("call", bob.name)
        for line in calling.stdout:
            if '"phase":"rings_there"' in line:
                break
        self.expect(bob("decline"), 0)
        self.assertEqual(self.expect(self.ended(calling), 0).objects[-1]["outcome"], "declined")
        connected.terminate()
        self.ended(connected)
        self.assertEqual(self.expect(bob("calls"), 0).objects[-1]["outcome"], "declined")
        self.expect(alice("call", bob.name, "--audio-in", "/nowhere.wav"), 47, "missing")


if __name__ == "__main__":
    programs.main()
