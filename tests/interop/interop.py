"""What the interoperability tests share: a `woad ether` to talk to, a Bumble host, captures."""
import asyncio
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

WOAD = os.environ.get("WOAD", "build/woad")
SKIPPED = 77
XFER_PSM = 0x00D0
MIB = 1 << 20


def free_ports(count):
    """The first of `count` free ports in a row."""
    while True:
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            if port + count > 65535:
                continue
            try:
                for i in range(1, count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port + i))
            except OSError:
                continue
            return port


class Ether:
    """A running `woad ether`; its endpoints are in .hci (URIs)."""

    def __init__(self, *options, expect_error=False):
        self.process = subprocess.Popen([WOAD, "ether", "--json", *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.hci = []
        if expect_error:
            return
        text = ""
        for line in self.process.stdout:
            text += line
            if line.rstrip() == "}":
                break
        try:
            self.hci = [d["hci"] for d in json.loads(text)["devices"]]
        except ValueError:
            raise RuntimeError("woad ether did not start: " + self.process.stderr.read()) from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()

    def end(self, sig=signal.SIGINT):
        """Ends it by a signal; its exit code."""
        self.process.send_signal(sig)
        return self.process.wait(20)


class Control:
    """The control socket of a stepped world."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("r")

    def raw(self, line):
        self.socket.sendall(line if isinstance(line, bytes) else line.encode())
        return json.loads(self.file.readline())

    def __call__(self, cmd, **fields):
        return self.raw(json.dumps({"cmd": cmd, **fields}) + "\n")

    def ok(self, cmd, **fields):
        answer = self(cmd, **fields)
        assert answer["ok"], answer
        return answer["t_us"]

    def close(self):
        self.file.close()
        self.socket.close()


def bumble_name(hci):
    """Our URI of an endpoint as Bumble writes it."""
    return re.sub(r"^tcp:", "tcp-client:", hci)


def run_test(main, needs_bumble=True):
    """Runs main(folder); the folder stays when it fails."""
    if needs_bumble:
        try:
            import bumble  # noqa: F401
        except ImportError:
            print("Bumble is not installed: scripts/setup.sh interop")
            sys.exit(SKIPPED)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="woad-interop-"))
    try:
        result = main(folder)
        if asyncio.iscoroutine(result):
            asyncio.run(asyncio.wait_for(result, 280))
    except BaseException:
        print(f"what was recorded is in {folder}")
        raise
    shutil.rmtree(folder)


# ---- captures -------------------------------------------------------------------------------------

# What tshark 4.0 does not know yet, as it words it, and its remark about what a link layer repeats.
TSHARK_ALLOWED = re.compile(r"Unknown Command Code|Unknown data|^Retransmission$|^Reached ATT_MTU")


def check_tshark(path, packets=""):
    """No packet of a capture (or of those that a display filter selects) is malformed; how many.
    A transmitter that was switched off in the middle leaves a packet that the capture itself calls bad."""
    if not shutil.which("tshark"):
        print("tshark is not there: captures are not checked")
        return None
    out = subprocess.run(["tshark", "-r", str(path), "-Y", packets, "-T", "fields", "-e", "frame.number", "-e",
                          "_ws.malformed", "-e", "_ws.expert.message", "-e", "btle_rf.flags.crc_checked",
                          "-e", "btle_rf.flags.crc_valid"], capture_output=True, text=True,
                         check=True).stdout.splitlines()
    for line in out:
        number, malformed, expert, crc_checked, crc_valid = (line.split("\t") + 4 * [""])[:5]
        if (crc_checked, crc_valid) == ("1", "0"):
            continue
        messages = [m for m in expert.split(",") if m and not TSHARK_ALLOWED.search(m)]
        assert not malformed and not messages, f"{path.name} frame {number}: {line}"
    return len(out)


def check_encrypted(path, keys):
    """Every encrypted PDU of a capture opens with one of the keys (hex), and is well formed; the plain copy."""
    from decrypt import decrypt
    plain = path.with_suffix(".plain.pcap")
    opened, closed = decrypt(path, plain, [bytes.fromhex(key) for key in keys])
    assert opened and not closed, f"{path.name}: {opened} PDUs decrypted, {closed} not"
    check_tshark(plain)
    return plain


def tshark_fields(path, packets, *fields):
    """The fields of the packets that a display filter selects: a list of texts for each."""
    more = [word for field in fields for word in ("-e", field)]
    out = subprocess.run(["tshark", "-r", str(path), "-Y", packets, "-T", "fields", *more],
                         capture_output=True, text=True, check=True).stdout
    return [line.split("\t") for line in out.splitlines()]


def check_btmon(path):
    """btmon knows every packet of a btsnoop file."""
    if not shutil.which("btmon"):
        print("btmon is not there: captures are not checked")
        return
    out = subprocess.run(["btmon", "-P", "-c", "never", "-r", str(path)], capture_output=True,
                         text=True, check=True).stdout
    unknown = [line for line in out.splitlines() if re.search(r"(?i)\bunknown\b|malformed", line)]
    # A status is a word of the controller, and vendor commands are for nobody to know.
    unknown = [line for line in unknown if "Status:" not in line and "Vendor" not in line]
    assert not unknown, f"{path.name}: {unknown[:5]}"


# ---- the file transfer of `woad send` and `woad recv` ---------------------------------------------

def xfer_message(name, data):
    """What a sender writes into the channel."""
    encoded = name.encode()
    return (b"WOADFILE" + struct.pack("<QB", len(data), len(encoded)) + encoded + data +
            hashlib.sha256(data).digest())


class XferReceiver:
    """Takes octets of the channel; .data is the file and .verdict the answer once all is there."""

    def __init__(self):
        self.buf = bytearray()
        self.data = None

    def feed(self, octets):
        """The answer to send, or None."""
        self.buf += octets
        if len(self.buf) < 17:
            return None
        assert self.buf[:8] == b"WOADFILE"
        size, name_len = struct.unpack_from("<QB", self.buf, 8)
        start = 17 + name_len
        if len(self.buf) < start + size + 32:
            return None
        self.data = bytes(self.buf[start:start + size])
        digest = hashlib.sha256(self.data).digest()
        same = digest == self.buf[start + size:]
        return bytes([0 if same else 1]) + digest


# ---- Bumble ---------------------------------------------------------------------------------------

@contextlib.asynccontextmanager
async def bumble_device(hci, name, address, **config):
    """A powered-on Bumble host on an endpoint; config: fields of its DeviceConfiguration."""
    from bumble.device import Device, DeviceConfiguration
    from bumble.hci import Address
    from bumble.transport import open_transport
    async with await open_transport(bumble_name(hci)) as transport:
        device = Device.from_config_with_hci(
            DeviceConfiguration(name=name, address=Address(address), advertising_interval_min=30,
                                advertising_interval_max=30, **config), transport.source, transport.sink)
        await device.power_on()
        try:
            yield device
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(device.power_off(), 3)


def adv_data(name):
    encoded = name.encode()
    return bytes([2, 1, 6, len(encoded) + 1, 9]) + encoded


async def woad(*args, expect=0, timeout=120):
    """Runs a command of ours; its standard output."""
    process = await asyncio.create_subprocess_exec(WOAD, *map(str, args),
                                                   stdout=asyncio.subprocess.PIPE,
                                                   stderr=asyncio.subprocess.PIPE)
    try:
        out, err = await asyncio.wait_for(process.communicate(), timeout)
    except BaseException:
        process.kill()
        raise
    assert process.returncode == expect, (args, process.returncode, out.decode(), err.decode())
    return out.decode()


async def connect(device, name):
    """A link to the advertiser of this name, with the shortest interval: the tests are many round trips."""
    from bumble.device import ConnectionParametersPreferences
    from bumble.hci import Phy
    fast = ConnectionParametersPreferences(connection_interval_min=7.5, connection_interval_max=7.5)
    return await device.connect(await find(device, name),
                                connection_parameters_preferences={Phy.LE_1M: fast})


async def find(device, name, seconds=20):
    """The address of an advertiser by its local name."""
    from bumble.core import AdvertisingData
    found = asyncio.get_running_loop().create_future()

    def heard(advertisement):
        local = advertisement.data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
        if local == name and not found.done():
            found.set_result(advertisement.address)

    device.on("advertisement", heard)
    await device.start_scanning(legacy=True, active=True)
    try:
        return await asyncio.wait_for(found, seconds)
    finally:
        await device.stop_scanning(legacy=True)
        device.remove_listener("advertisement", heard)


class GattPeer:
    """gatt_peer at the other end of a pipe: commands in, lines of what happens out."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self.at = 0  # of the next line that wait() looks at
        self.more = asyncio.Condition()
        self.reader = asyncio.create_task(self.read())

    @classmethod
    @contextlib.asynccontextmanager
    async def run(cls, hci, role, name, *more):
        program = os.environ.get("WOAD_GATT_PEER", "build/bin/gatt_peer")
        process = await asyncio.create_subprocess_exec(program, hci, role, name, *map(str, more),
                                                       stdin=asyncio.subprocess.PIPE,
                                                       stdout=asyncio.subprocess.PIPE)
        peer = cls(process)
        try:
            await peer.wait("ready")
            yield peer
            process.stdin.write(b"quit\n")
            assert await asyncio.wait_for(process.wait(), 20) == 0
        except BaseException:
            print("\n".join(["what gatt_peer said:"] + peer.lines[-40:]))
            raise
        finally:
            if process.returncode is None:
                process.kill()
            peer.reader.cancel()

    async def read(self):
        while line := await self.process.stdout.readline():
            async with self.more:
                self.lines.append(line.decode().rstrip())
                self.more.notify_all()

    async def find(self, start, prefixes):
        """The place of the first line from `start` on with one of these beginnings."""
        async with self.more:
            while True:
                for i in range(start, len(self.lines)):
                    if self.lines[i].startswith(prefixes):
                        return i
                    start = i + 1
                await asyncio.wait_for(self.more.wait(), 60)

    async def wait(self, prefix):
        """The rest of the next such line behind the one that was waited for last."""
        i = await self.find(self.at, (prefix,))
        self.at = i + 1
        return self.lines[i][len(prefix):].strip()

    async def __call__(self, command, expect="ok"):
        """Obeys; the lines up to the answer, which begins with `expect`: a word, or several."""
        start = len(self.lines)
        self.process.stdin.write(command.encode() + b"\n")
        end = await self.find(start, ("ok", "error"))
        assert self.lines[end].startswith(expect), f"{command}: {self.lines[end]}"
        return self.lines[start:end + 1]
