"""What a process costs: processor time, wake-ups, memory."""

import pathlib
import time


def _tasks(pid):
    return pathlib.Path(f"/proc/{pid}/task").iterdir()


def _field(path, name):
    for line in path.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def _reading(pid):
    """Nanoseconds on a processor as the scheduler counts them, and how often its threads went to sleep of their own accord."""
    run = sum(int((task / "schedstat").read_text().split()[0]) for task in _tasks(pid))
    sleeps = sum(_field(task / "status", "voluntary_ctxt_switches") for task in _tasks(pid))
    return time.monotonic_ns(), run, sleeps


class Cost:
    """Between start and end; `percent` of one core."""

    def __init__(self, pid):
        self.pid = pid
        self.begin = _reading(pid)
        self.percent = self.wakeups = self.resident_mib = None

    def end(self):
        now = _reading(self.pid)
        seconds = (now[0] - self.begin[0]) / 1e9
        self.percent = (now[1] - self.begin[1]) / 1e7 / seconds
        self.wakeups = (now[2] - self.begin[2]) / seconds
        self.resident_mib = _field(pathlib.Path(f"/proc/{self.pid}/status"), "VmRSS") / 1024
        return self
