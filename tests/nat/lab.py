"""A small internet on one machine: hosts and NATs as network namespaces, for tests of whole programs.

No root is needed: enter() starts the script again as root of a user namespace of its own, with its own network, mounts and
process ids. Nothing of it has a name outside, two runs cannot meet, and the kernel takes all of it away with the first
process, however that ends. Needs Debian's iproute2 and nftables.

    lab.enter()                      # from here on inside
    with lab.Lab() as net:
        server = net.public_host()
        alice = net.host("symmetric")
        alice.run(["pqc-chat", ...])

Everybody public is in 203.0.113.0/24 and 2001:db8:1::/64, which a bridge joins; each NAT has one host behind it, in 10.0.0.0/24.
The kinds are those of RFC 4787 §4.1, by their mapping; all NATs filter as §5's strictest, by address and port:

    open                   no NAT, no firewall
    endpoint-independent   one port outside for each port inside
    address-dependent      another port for each remote address
    symmetric              another port, at random, for each remote address and port
    udp-blocked            as endpoint-independent for TCP; UDP goes nowhere
    https-only             as udp-blocked, and TCP goes to port 443 only
    ipv6-only              no NAT, no IPv4
"""

import ctypes
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

KINDS = ("open", "endpoint-independent", "address-dependent", "symmetric", "udp-blocked", "https-only", "ipv6-only")
NOT_ALLOWED = 77  # the exit code by which ctest knows a test that could not run
INSIDE = "PQC_NAT_LAB"
NAMESPACES = ["unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"]


def why_not():
    """Why this machine cannot have a lab; nothing if it can."""
    for program in ("unshare", "nsenter", "ip", "nft"):
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return f"there is no {program}: tools/setup installs it"
    probe = "mount -t tmpfs tmpfs /run && echo 1 >/proc/sys/net/ipv4/ip_forward && ip link add pqc0 type veth peer name pqc1 && " \
            "ip link add pqc2 type bridge && printf 'table ip t {\\nchain c {\\ntype nat hook postrouting priority 100\\n" \
            "masquerade fully-random\\n}\\n}\\n' | nft -f -"
    result = subprocess.run([*NAMESPACES, "sh", "-c", probe], capture_output=True, text=True, env=environment(), check=False)
    return None if result.returncode == 0 else "network namespaces are not allowed here: " + result.stderr.strip()


def environment():
    return dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def enter():
    """Goes on inside; where that is not allowed, says so loudly and ends with NOT_ALLOWED."""
    if os.environ.get(INSIDE):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        os.mkdir("/run/netns")
        show_own_processes()
        return
    reason = why_not()
    if reason:
        print(f"{'*' * 100}\nNOTHING BEHIND NATS WAS TESTED: {reason}\n{'*' * 100}", flush=True)
        sys.exit(NOT_ALLOWED)
    inside = subprocess.Popen([*NAMESPACES, sys.executable, *sys.argv], env=dict(environment(), **{INSIDE: "1"}),
                              preexec_fn=end_with_parent)
    # unshare ignores these, and its child is the first process of its own, which may as well.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: inside.kill())
    code = inside.wait()
    sys.exit(code if code >= 0 else 128 - code)


def show_own_processes():
    """/proc with the process ids of the lab, in which LeakSanitizer looks for threads; where it cannot be had, leaks go unseen."""
    if subprocess.run(["mount", "-t", "proc", "proc", "/proc"], capture_output=True, check=False).returncode != 0:
        os.environ["ASAN_OPTIONS"] = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "detect_leaks=0")))


def end_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def tell(program, text, namespace=None):
    """Gives commands to `ip -batch` or `nft -f`."""
    arguments = {"ip": ["ip", "-batch", "-"], "nft": ["nft", "-f", "-"]}[program]
    inside = ["nsenter", f"--net=/run/netns/{namespace}"] if namespace else []
    result = subprocess.run([*inside, *arguments], input=text, text=True, capture_output=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{program}: {result.stderr}\n{text}")


# From outside comes only what belongs to something that went out. What is unknown is dropped before the NAT remembers it: it
# would else take the port that the answer to it needs.
FIREWALL = """
table inet firewall {
  chain forward {
    type filter hook forward priority 0; policy drop;
    %(first)s
    iifname "lan" accept
    ct state established,related accept
  }
  chain input {
    type filter hook input priority 0; policy accept;
    iifname "wan" ct state new,invalid drop
  }
}
table ip nat {
  chain postrouting {
    type nat hook postrouting priority 100;
    %(mapping)s
  }
}
"""
PLAIN = 'oifname "wan" masquerade'
# Two remote addresses share a range of ports once in sixteen times; those that differ in the last four bits never do.
BY_ADDRESS = "\n    ".join(
    f'oifname "wan" meta l4proto {{ tcp, udp }} ip daddr & 0.0.0.15 == 0.0.0.{i} masquerade to :{20000 + 2000 * i}-{21999 + 2000 * i}'
    for i in range(16)) + "\n    " + PLAIN
RULES = {
    "endpoint-independent": FIREWALL % {"first": "", "mapping": PLAIN},
    "address-dependent": FIREWALL % {"first": "", "mapping": BY_ADDRESS},
    "symmetric": FIREWALL % {"first": "", "mapping": PLAIN + " fully-random"},
    "udp-blocked": FIREWALL % {"first": "meta l4proto udp drop", "mapping": PLAIN},
    "https-only": FIREWALL % {"first": 'meta l4proto udp drop\n    iifname "lan" tcp dport != 443 drop', "mapping": PLAIN},
}


class Host:
    """A network namespace in which programs run; `outside` is the IPv4 address by which others see it."""

    def __init__(self, name, kind, ipv4, ipv6, outside):
        self.name, self.kind, self.ipv4, self.ipv6, self.outside = name, kind, ipv4, ipv6, outside

    def command(self, arguments):
        return ["nsenter", f"--net=/run/netns/{self.name}", *map(str, arguments)]

    def run(self, arguments, **how):
        """To its end; subprocess.run's arguments."""
        return subprocess.run(self.command(arguments), capture_output=True, text=True, check=False, **how)

    def start(self, arguments, **how):
        return subprocess.Popen(self.command(arguments), **how)


class Lab:
    """The internet, and a folder that goes away with it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir="/run"))
        self.numbers = itertools.count(1)
        self.started = []

    def __enter__(self):
        tell("ip", "link set lo up\nlink add internet type bridge\nlink set internet up\n")
        return self

    def __exit__(self, *_):
        for process in self.started:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def start(self, host, arguments, **how):
        """A program that ends with the lab."""
        process = host.start(arguments, **how)
        self.started.append(process)
        return process

    def public_host(self):
        return self.host("open")

    def host(self, kind):
        number = next(self.numbers)
        name = f"h{number}"
        outside = f"203.0.113.{number}"
        if kind in RULES:
            self._add_nat(f"n{number}", number, outside, RULES[kind])
            self._add_namespace(name)
            tell("ip", f"link set l{number} netns {name}\n")
            tell("ip", f"link set l{number} name eth0\nlink set eth0 up\naddress add 10.0.0.2/24 dev eth0\n"
                       "route add default via 10.0.0.1\n", name)
            return Host(name, kind, "10.0.0.2", None, outside)
        self._add_namespace(name)
        self._join(name, number, "eth0")
        has_ipv4 = kind != "ipv6-only"
        ipv6 = f"2001:db8:1::{number:x}"
        tell("ip", (f"address add {outside}/24 dev eth0\n" if has_ipv4 else "") + f"address add {ipv6}/64 dev eth0 nodad\n", name)
        return Host(name, kind, outside if has_ipv4 else None, ipv6, outside if has_ipv4 else None)

    def lose(self, host, percent):
        """Loses that part of what goes to a public host and of what comes from it, at random; 0 ends it."""
        rule = f"numgen random mod 100 < {percent} counter drop\n" if percent else ""
        chains = "".join(f"chain {hook} {{\ntype filter hook {hook} priority -10; policy accept;\n{rule}}}\n" for hook in ("input", "output"))
        tell("nft", f"table inet loss\ndelete table inet loss\ntable inet loss {{\n{chains}}}\n", host.name)

    def lost(self, host):
        """How many packets were lost so, to it and from it."""
        listed = json.loads(host.run(["nft", "-j", "list", "table", "inet", "loss"]).stdout)["nftables"]
        counted = {entry["rule"]["chain"]: part["counter"]["packets"] for entry in listed if "rule" in entry
                   for part in entry["rule"]["expr"] if "counter" in part}
        return counted["input"], counted["output"]

    def slow(self, host):
        """What goes to a public host passes at about 300 kB a second, and the rest is lost."""
        tell("nft", "table inet slow {\nchain input {\ntype filter hook input priority -9; policy accept;\n"
                    "meta l4proto udp limit rate over 300 kbytes/second burst 30 kbytes drop\n}\n}\n", host.name)

    def cut_udp(self, host):
        """From now on no datagram of a host gets in or out; TCP does."""
        chains = "".join(f"chain {hook} {{\ntype filter hook {hook} priority -10; policy accept;\nmeta l4proto udp drop\n}}\n" for hook in ("input", "output"))
        tell("nft", f"table inet cut {{\n{chains}}}\n", host.name)

    def move(self, host):
        """Gives a public host other addresses, as a machine gets that changes networks; the old ones are gone."""
        number = next(self.numbers)
        host.outside, host.ipv6 = f"203.0.113.{number}", f"2001:db8:1::{number:x}"
        host.ipv4 = host.outside
        tell("ip", f"address flush dev eth0 scope global\naddress add {host.ipv4}/24 dev eth0\n"
                   f"address add {host.ipv6}/64 dev eth0 nodad\n", host.name)

    def _add_nat(self, name, number, outside, rules):
        self._add_namespace(name)
        self._join(name, number, "wan")
        # The other end of "lan" waits in the first namespace for its host.
        tell("ip", f"link add k{number} type veth peer name l{number}\nlink set k{number} netns {name}\n")
        tell("ip", f"link set k{number} name lan\nlink set lan up\naddress add 10.0.0.1/24 dev lan\naddress add {outside}/24 dev wan\n", name)
        tell("nft", rules, name)
        subprocess.run(["nsenter", f"--net=/run/netns/{name}", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"], check=True)

    def _add_namespace(self, name):
        subprocess.run(["ip", "netns", "add", name], check=True)
        tell("ip", "link set lo up\n", name)

    def _join(self, name, number, inside):
        tell("ip", f"link add b{number} type veth peer name p{number}\nlink set b{number} master internet\nlink set b{number} up\n"
                   f"link set p{number} netns {name}\n")
        tell("ip", f"link set p{number} name {inside}\nlink set {inside} up\n", name)


def programs(folder):
    """The folder of our programs, as given on the command line, in a form that does not depend on where a test stands."""
    return pathlib.Path(folder).resolve()
