"""Two voice engines in one process (voice_pair): a call without keys, packets and a path."""

import json
import subprocess

SECONDS = 30


class VoicePair:
    """Runs in the `with` block; `found` has what it says about itself afterwards."""

    def __init__(self, binaries, sound, how):
        self.command, self.sound, self.found = [str(binaries / "voice_pair"), how], sound, None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.sound.environment)
        if self.process.stdout.readline() != "up\n":
            raise RuntimeError("voice_pair does not start")
        return self

    def __exit__(self, *_):
        out, _ = self.process.communicate(timeout=SECONDS)
        self.found = json.loads(out)
