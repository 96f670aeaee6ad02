"""A PulseAudio server of a test's own, as pulse_server.h makes one: without hardware, with null sinks `mic` and `speaker`. Beside
them a source gives a tone."""

import os
import pathlib
import shutil
import subprocess

# Its name, and how loud it is: as a root mean square in thousandths of the most.
TONE, TONE_LEVEL = "Sine source at 1000 Hz", 353


class PulseServer:
    """`folder` holds its socket and whatever it writes; `environment` is what programs need to find it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.socket = self.folder / "native"
        self.environment = {"PULSE_SERVER": f"unix:{self.socket}"}
        own = {name: str(self.folder) for name in ("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH")}
        sinks = [f"module-null-sink sink_name={name} rate=48000 channels=1 sink_properties=device.description={name}"
                 for name in ("mic", "speaker")]
        modules = [*sinks, "module-sine-source source_name=tone frequency=1000 rate=48000",
                   f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}"]
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=true",
             "--log-level=error", *(word for module in modules for word in ("-L", module))],
            env={**os.environ, **own})

    @staticmethod
    def installed():
        return shutil.which("pulseaudio") is not None

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError("pulseaudio does not come up")
        return self.socket.exists()

    def stop(self):
        self.process.terminate()
        self.process.wait()
