"""A PulseAudio server of our own, without hardware: each person has a microphone (NAME_mic, whose monitor is the source)
and an ear (NAME_ear, what they hear), both null sinks at 48 kHz."""

import json
import os
import pathlib
import shutil
import subprocess
import time

PEOPLE = ("alice", "bob")


class SoundServer:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.socket = self.folder / "native"
        self.process = None

    @staticmethod
    def missing():
        return [program for program in ("pulseaudio", "pactl") if shutil.which(program) is None]

    @property
    def environment(self):
        """Of programs that are to use it."""
        own = {name: str(self.folder) for name in ("XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH")}
        return {**os.environ, **own, "PULSE_SERVER": f"unix:{self.socket}"}

    def __enter__(self):
        loads = [f"module-null-sink sink_name={person}_{what} rate=48000 channels=1 sink_properties=device.description={person}_{what}"
                 for person in PEOPLE for what in ("mic", "ear")]
        loads.append(f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}")
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--log-level=error"]
        self.process = subprocess.Popen(command + [word for load in loads for word in ("-L", load)],
                                        env={**self.environment, "HOME": str(self.folder)}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + 10
        while not self.socket.exists():
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("pulseaudio does not start")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def control(self, *arguments):
        return subprocess.run(["pactl", *map(str, arguments)], env=self.environment, capture_output=True, text=True, check=True).stdout

    def listed(self, kind):
        """What `pactl list KIND` has: sink-inputs, source-outputs, sinks, sources."""
        return json.loads(self.control("--format=json", "list", kind))

    def has_streams(self, pid):
        """Whether a process plays and records."""
        return all(any(entry["properties"].get("application.process.id") == str(pid) for entry in self.listed(kind))
                   for kind in ("sink-inputs", "source-outputs"))
