"""A host at the other end of a bad cable (tests/tools/bad_cable.cpp): all that goes between it and the others of a lab passes through.

    far = cable.Cable(net, BIN / "bad_cable")
    far.set("both", delay=50, jitter=30, loss=10)
    net.start(far.host, ["pqc-chat", ...])
"""

import json
import selectors
import subprocess

import lab

WAIT = 20


class Cable:
    """`there` leads to the host, `back` from it. What is not named in set() does nothing; units stand in
    tests/support/impairment_script.h."""

    def __init__(self, net, program, seed=1):
        number = next(net.numbers)
        middle, name = f"n{number}", f"h{number}"
        for namespace in (middle, name):
            net._add_namespace(namespace)
        net._join(middle, number, "wan")
        lab.tell("ip", f"link add k{number} type veth peer name l{number}\nlink set k{number} netns {middle}\nlink set l{number} netns {name}\n")
        lab.tell("ip", f"link set k{number} name lan\nlink set lan up\n", middle)
        ipv4, ipv6 = f"203.0.113.{number}", f"2001:db8:1::{number:x}"
        lab.tell("ip", f"link set l{number} name eth0\nlink set eth0 up\naddress add {ipv4}/24 dev eth0\naddress add {ipv6}/64 dev eth0 nodad\n", name)
        self.host = lab.Host(name, "open", ipv4, ipv6, ipv4)
        self.process = net.start(lab.Host(middle, "cable", None, None, None), [program, "wan", "lan", seed],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert self._answer() == {"ready": True}

    def set(self, direction, **impairment):
        self._tell(" ".join([direction, *(f"{name.replace('_', '-')}={value}" for name, value in impairment.items())]))

    def counts(self):
        self._tell("counts")
        return self._answer()

    def _tell(self, line):
        self.process.stdin.write(line + "\n")

    def _answer(self):
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            if not ready.select(WAIT):
                raise AssertionError("bad_cable does not answer")
        return json.loads(self.process.stdout.readline())
