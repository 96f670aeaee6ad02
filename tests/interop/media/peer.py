"""media_peer as a process, and what every test does with it."""

import asyncio
import socket
import sys

import sdp

ADDRESS, ADDRESS_6 = "127.0.0.1", "::1"
SENT_TONE = 600  # Hz, by media_peer
HEARD_TONE = 440  # Hz, that media_peer listens for
# Generous: what is waited for comes within two seconds of an idle machine, but for a handshake that has to fail, which our side
# gives 15 s.
LONGEST = 60


class Peer:
    """One call of our side."""

    @classmethod
    async def start(cls, program, controlling, connects, lossy=False, address=ADDRESS):
        arguments = ["controlling" if controlling else "controlled", "connect" if connects else "accept", address]
        self = cls()
        self.process = await asyncio.create_subprocess_exec(
            program, *arguments, *(["lossy"] if lossy else []), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        self.side, self.figures = sdp.Side(), {}
        await self._read_description()
        return self

    async def _read_description(self):
        self.side.candidates = []
        async for line in self.process.stdout:
            name, *values = line.decode().split()
            if name == "end":
                return
            if name == "candidate":
                self.side.candidates.append((values[0], int(values[1])))
            elif values and "=" not in name:
                setattr(self.side, name, values[0])
        raise RuntimeError("media_peer described nothing")

    async def restart(self, theirs):
        """Begins ICE anew with who has done so; answers how we are reached now."""
        self.tell(theirs)
        async with asyncio.timeout(LONGEST):
            await self._read_description()
        return self.side

    def tell(self, theirs):
        lines = [f"ufrag {theirs.ufrag}", f"password {theirs.password}", f"fingerprint {theirs.fingerprint}",
                 f"payload_type {theirs.payload_type}", f"extension {theirs.extension}"]
        lines += ["nack"] * theirs.nack + [f"candidate {ip} {port}" for ip, port in theirs.candidates] + ["end", ""]
        self.process.stdin.write("\n".join(lines).encode())

    async def _next(self):
        line = (await self.process.stdout.readline()).decode()
        figures, state = line.rstrip().split(" state=")
        self.figures = {name: int(value) for name, value in (figure.split("=") for figure in figures.split())}
        self.figures["state"] = state

    async def until(self, wanted):
        """Waits until the figures are as wanted; answers whether they are."""
        try:
            async with asyncio.timeout(LONGEST):
                while not self.figures or not wanted(self.figures):
                    await self._next()
        except (TimeoutError, ValueError):
            pass  # an end without a line of figures is a ValueError
        return bool(self.figures) and wanted(self.figures)

    async def end(self):
        """Ends the session; answers the last figures."""
        self.process.stdin.close()
        try:
            async with asyncio.timeout(LONGEST):
                while True:
                    await self._next()
        except ValueError:
            pass
        await self.process.wait()
        return self.figures


async def introduce(program, other, we_offer, we_connect, lossy=False, address=ADDRESS, change_ours=None, change_theirs=None):
    """Offer and answer; answers our side once both are under way. `other` has make_offer, make_answer and take_answer."""
    peer = await Peer.start(program, controlling=we_offer, connects=we_connect, lossy=lossy, address=address)
    ours = peer.side
    ours.setup, ours.nack, ours.extension = "active" if we_connect else "passive", lossy, 1
    if change_ours:
        ours.fingerprint = change_ours(ours.fingerprint)
    if we_offer:
        theirs = await other.make_answer(ours)
    else:
        theirs = await other.make_offer()
        ours.mid, ours.payload_type, ours.extension = theirs.mid, theirs.payload_type, theirs.extension
        await other.take_answer(ours)
    theirs.nack = lossy
    if change_theirs:
        theirs.fingerprint = change_theirs(theirs.fingerprint)
    peer.tell(theirs)
    return peer


def has_ipv6():
    try:
        with socket.create_server((ADDRESS_6, 0), family=socket.AF_INET6):
            return True
    except OSError:
        print("interop: this machine has no IPv6: not tried with it", file=sys.stderr)
        return False


def wrong_certificate(figures):
    return figures["state"] == "the peer's certificate is not the announced one"


def spoiled(fingerprint):
    """Another fingerprint."""
    return ("1" if fingerprint[0] != "1" else "2") + fingerprint[1:]


def report(who, good, ours, theirs=None):
    """A line about one call; `ours` and `theirs` are figures."""
    sides = [", ".join(f"{name} {value}" for name, value in side.items()) for side in (ours, theirs or {})]
    print(f"{who:60}  {'ok    ' if good else 'FAILED'}  {' | '.join(filter(None, sides))}", flush=True)
    return good
