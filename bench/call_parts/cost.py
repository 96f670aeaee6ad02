"""What a process costs: processor time, wake-ups, memory."""

import contextlib
import pathlib
import time


def _field(path, name):
    for line in path.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def _reading(pid):
    """The time, and of each thread its name, its nanoseconds on a processor as the scheduler counts them, and how often it
    went to sleep of its own accord."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            found[task.name] = ((task / "comm").read_text().strip(), int((task / "schedstat").read_text().split()[0]),
                                _field(task / "status", "voluntary_ctxt_switches"))
    return time.monotonic_ns(), found


class Cost:
    """Between start and end; `percent` of one core, `wakeups` a second. `threads` has the two by the threads' names, those
    first that cost most."""

    def __init__(self, pid):
        self.pid = pid
        self.begin, self.before = _reading(pid)
        self.percent = self.wakeups = self.resident_mib = None
        self.threads = {}

    def end(self):
        now, after = _reading(self.pid)
        seconds = (now - self.begin) / 1e9
        for task, (name, run, sleeps) in after.items():
            _, run_before, sleeps_before = self.before.get(task, (name, 0, 0))
            percent, wakeups = self.threads.get(name, (0, 0))
            self.threads[name] = percent + (run - run_before) / 1e7 / seconds, wakeups + (sleeps - sleeps_before) / seconds
        self.threads = dict(sorted(self.threads.items(), key=lambda each: each[1], reverse=True))
        self.percent, self.wakeups = map(sum, zip(*self.threads.values()))
        self.resident_mib = _field(pathlib.Path(f"/proc/{self.pid}/status"), "VmRSS") / 1024
        return self
