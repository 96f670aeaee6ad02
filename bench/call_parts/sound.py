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

    def connect(self, pid, person):
        """Moves the streams of a process to the devices of a person, once it has both."""
        sinks = {entry["name"]: entry["index"] for entry in self.listed("sinks")}
        sources = {entry["name"]: entry["index"] for entry in self.listed("sources")}
        wanted = (("sink-inputs", "move-sink-input", "sink", sinks[f"{person}_ear"]),
                  ("source-outputs", "move-source-output", "source", sources[f"{person}_mic.monitor"]))
        end = time.monotonic() + 20
        while time.monotonic() < end:
            placed = 0
            for kind, move, where, target in wanted:
                own = [entry for entry in self.listed(kind) if entry["properties"].get("application.process.id") == str(pid)]
                for entry in own:
                    if entry[where] != target:
                        self.control(move, entry["index"], target)
                placed += bool(own)
            if placed == len(wanted):
                return
            time.sleep(0.2)
        raise RuntimeError(f"process {pid} has no sound streams")
