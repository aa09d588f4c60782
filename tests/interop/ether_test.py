#!/usr/bin/env python3
"""woad ether by itself: endpoints of every kind, stepped time, the control socket, clean ends."""
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import time

import interop

RESET = bytes([1, 3, 0x0C, 0])
RESET_DONE = bytes([4, 0x0E, 4, 1, 3, 0x0C, 0])


class Host:
    """The least of a host: raw H4 on an endpoint."""

    def __init__(self, hci, timeout=5):
        kind, name = hci.split(":", 1)
        if kind == "unix":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(name)
        else:
            self.socket = socket.create_connection(name.split(":"))
        self.socket.settimeout(timeout)

    def send(self, text):
        self.socket.sendall(bytes.fromhex(text))

    def read(self, n):
        octets = b""
        while len(octets) < n:
            more = self.socket.recv(n - len(octets))
            if not more:
                raise EOFError
            octets += more
        return octets

    def packet(self):
        """One event or ACL packet."""
        head = self.read(3)
        if head[0] == 4:
            return head + self.read(head[2])
        head += self.read(2)
        return head + self.read(head[3] | head[4] << 8)

    def packets_now(self):
        """Everything that can be read without waiting."""
        self.socket.setblocking(False)
        octets = b""
        try:
            while more := self.socket.recv(65536):
                octets += more
        except BlockingIOError:
            pass
        self.socket.settimeout(5)
        return octets

    def command(self, text):
        """Sends a command and returns the event that answers it."""
        self.send(text)
        while True:
            event = self.packet()
            opcode = bytes.fromhex(text)[1:3]
            if event[1] == 0x0E and event[4:6] == opcode:
                return event
            if event[1] == 0x0F and event[5:7] == opcode:
                return event

    def close(self):
        self.socket.close()


def stepped(folder, *options, devices=2):
    control = str(folder / "control")
    ether = interop.Ether("--devices", str(devices), "--listen", f"unix:{folder}/air", "--clock",
                          "stepped", "--control", f"unix:{control}", *options)
    return ether, interop.Control(control)


ADV_ON = ["01 06 20 0f a0 00 a0 00 00 00 00 00 00 00 00 00 00 07 00",  # 100 ms, all channels
          "01 08 20 20 03 02 01 06" + " 00" * 28,
          "01 0a 20 01 01"]
SCAN_ON = ["01 01 0c 08 ff ff ff ff ff ff ff 3f",
           "01 0b 20 07 00 a0 00 a0 00 00 00",
           "01 0c 20 02 01 00"]


def time_stands_still(folder):
    """A command is executed and answered while time stands; run_until answers when the reports can be
    read, and the dumps hold what was sent."""
    dumps = folder / "dumps"
    dumps.mkdir()
    ether, control = stepped(folder, "--dump-dir", str(dumps))
    with ether:
        assert control.ok("get_time") == 0
        advertiser, scanner = Host(ether.hci[0]), Host(ether.hci[1])
        for text in ADV_ON:
            assert advertiser.command(text)[-1] == 0
        for text in SCAN_ON:
            assert scanner.command(text)[-1] == 0
        assert control.ok("get_time") == 0
        time.sleep(0.05)
        assert scanner.packets_now() == b""
        reports = 0
        for t in range(10000, 1000001, 10000):
            assert control.ok("run_until", t_us=t) == t
            octets = scanner.packets_now()
            reports += octets.count(bytes([0x04, 0x3E]))
        assert 8 <= reports <= 10, reports
        lines = (dumps / "d_2G4_00.Tx.csv").read_text().splitlines()
        assert len(lines) >= 3 * 9, lines
        # a command sent before run_until belongs to the time before it
        advertiser.send("01 0a 20 01 00")
        control.ok("run_until", t_us=3000000)
        assert advertiser.packets_now().endswith(bytes.fromhex("040e0401 0a2000"))
        assert scanner.packets_now() == b""
        assert control.ok("quit") == 3000000
        assert ether.process.wait(5) == 0


def steps_are_cheap(folder):
    """A run_until of 100 us: less than 50 us of wall time, with the round trip to this program."""
    ether, control = stepped(folder)
    with ether:
        hosts = [Host(hci) for hci in ether.hci]
        for text in ADV_ON:
            hosts[0].command(text)
        for text in SCAN_ON:
            hosts[1].command(text)
        t = 0
        limit = 50 * float(os.environ.get("WOAD_SLOW", "1"))
        medians = []  # of stretches: whatever else the machine does can only make a step slower
        while not medians or (min(medians) >= limit and len(medians) < 400):
            times = []
            for _ in range(250):
                t += 100
                line = b'{"cmd":"run_until","t_us":%d}\n' % t
                start = time.perf_counter_ns()
                control.socket.sendall(line)
                control.file.readline()
                times.append((time.perf_counter_ns() - start) / 1000)
            medians.append(statistics.median(times))
        print(f"run_until of 100 us: median {min(medians):.1f} us at its quietest of {len(medians)}")
        assert min(medians) < limit, medians


def bad_lines_break_nothing(folder):
    ether, control = stepped(folder)
    with ether:
        bad = ["", "x", "{", "}", "[]", "1", "null", '"quit"', "{}", '{"cmd":1}', '{"cmd":"fly"}',
               '{"cmd":"run_until"}', '{"cmd":"run_until","t_us":-1}', '{"cmd":"run_until","t_us":1.5}',
               '{"cmd":"run_until","t_us":"1"}', '{"cmd":"run_until","t_us":1e30}',
               '{"cmd":"run_until","t_us":99999999999999999999}', '{"cmd":"get_time","t_us":1}',
               '{"cmd":"power_cycle","device":2}', '{"cmd":"power_cycle"}',
               '{"cmd":"move","device":0,"x_m":1}', '{"cmd":"move","device":0,"x_m":1e9,"y_m":0}',
               '{"cmd":"move","device":0,"x_m":"a","y_m":0}', '{"cmd":"inject"}',
               '{"cmd":"get_time"}{"cmd":"get_time"}', '{"cmd":"get_time"} x', "\x00", "\u00e9",
               '{"cmd":"\\ud800"}', "[" * 100, '{"cmd":"' + "y" * 3000 + '"}', '{"a":' * 50,
               '{"cmd":"inject","start_us":1,"phy":"1m","channel":40,"access_address":"8e89bed6",'
               '"power_dbm":0,"hex":"00"}',
               '{"cmd":"inject","start_us":1,"phy":"1m","channel":0,"access_address":"8e89bed",'
               '"power_dbm":0,"hex":"00"}',
               '{"cmd":"inject","start_us":1,"phy":"1m","channel":0,"access_address":"8e89bed6",'
               '"power_dbm":0,"hex":"0g"}']
        for line in bad:
            answer = control.raw(line + "\n")
            assert answer["ok"] is False and answer["error"], (line, answer)
        assert control.raw(b"\xff\xfe\n")["ok"] is False
        answer = control.raw("x" * 100000 + "\n")
        assert answer["ok"] is False and "longer" in answer["error"]
        assert control.ok("run_until", t_us=50) == 50
        assert control("run_until", t_us=49)["ok"] is False
        # several lines at once, and a line in pieces
        control.socket.sendall(b'{"cmd":"get_time"}\n{"cmd":"run_until","t_us":60}\r\n{"cmd":"get')
        assert control.file.readline() == '{"ok":true,"t_us":50}\n'
        assert control.file.readline() == '{"ok":true,"t_us":60}\n'
        assert control.raw('_time"}\n')["t_us"] == 60
        # somebody who leaves in the middle of a line, and a second one beside the first
        for i in range(20):
            other = interop.Control(str(folder / "control"))
            other.socket.sendall(b'{"cmd":"run_until","t_us":%d}\n{"cmd":' % (100 + i))
            other.close()
        deadline = time.time() + 5
        while control.ok("get_time") != 119 and time.time() < deadline:
            time.sleep(0.01)
        assert control.ok("get_time") == 119


def a_phantom_and_a_walk(folder):
    """inject is heard by a scanner, and not by one that walked away."""
    ether, control = stepped(folder)
    with ether:
        scanner = Host(ether.hci[0])
        for text in SCAN_ON:
            scanner.command(text)
        # ADV_NONCONN_IND from AA:BB:CC:DD:EE:FF (random) without data, and its CRC
        pdu = bytes([0x42, 6]) + bytes.fromhex("ffeeddccbbaa")
        octets = (pdu + crc24(pdu)).hex()

        def phantom(t, **more):
            control.ok("inject", start_us=t, phy="1m", channel=37, access_address="8e89bed6",
                       power_dbm=-10, hex=octets, **more)
            control.ok("run_until", t_us=t + 5000)
            return scanner.packets_now()

        assert bytes.fromhex("ffeeddccbbaa") in phantom(1000)
        assert bytes.fromhex("ffeeddccbbaa") in phantom(10000, x_m=5, y_m=0)
        control.ok("move", device=0, x_m=900000, y_m=0)
        assert phantom(20000, x_m=5, y_m=0) == b""


def crc24(pdu, init=0x555555):
    """The CRC of the link layer in the order of transmission [Vol 6, Part B, 3.1.1]."""
    state = init
    for octet in pdu:
        for bit in range(8):
            feedback = (state >> 23 & 1) ^ (octet >> bit & 1)
            state = state << 1 & 0xFFFFFF
            if feedback:
                state ^= 0x00065B
    out = 0
    for bit in range(24):
        out |= (state >> (23 - bit) & 1) << bit
    return out.to_bytes(3, "little")


def a_controller_is_new_for_each_host(folder):
    """Closing the transport and power_cycle both forget everything; addresses differ and stay."""
    ether, control = stepped(folder, devices=3)
    with ether:
        addresses = set()
        for hci in ether.hci:
            for _ in range(2):
                host = Host(hci)
                addresses.add(host.command("01 09 10 00")[7:13])
                host.command("01 32 fc 06 01 02 03 04 05 06")  # unknown, whatever it means
                host.close()
        assert len(addresses) == 3
        advertiser, scanner = Host(ether.hci[0]), Host(ether.hci[1])
        for text in SCAN_ON:
            scanner.command(text)
        t = 0
        for how in ("close", "power_cycle"):
            for text in ADV_ON:
                advertiser.command(text)
            t += 300000
            control.ok("run_until", t_us=t)
            assert scanner.packets_now()
            if how == "close":
                advertiser.close()
                advertiser = Host(ether.hci[0])
                advertiser.command("01 03 0c 00")
            else:
                control.ok("power_cycle", device=0)
            t += 300000
            control.ok("run_until", t_us=t)
            assert scanner.packets_now() == b""
        assert advertiser.command("01 03 0c 00") == RESET_DONE


def a_second_host_is_turned_away(folder):
    ether, _ = stepped(folder)
    with ether:
        first = Host(ether.hci[0])
        assert first.command("01 03 0c 00") == RESET_DONE
        second = Host(ether.hci[0])
        try:
            second.command("01 03 0c 00")
            raise AssertionError("two hosts on one controller")
        except (EOFError, ConnectionError):
            pass
        third = Host(ether.hci[0])
        third.send("01 03 0c 00")
        time.sleep(0.1)
        first.close()
        assert third.packet() == RESET_DONE


def garbage_from_a_host(folder):
    """It is disconnected; the next one finds a good controller. Packets of a kind or size that no
    controller takes are dropped."""
    ether, control = stepped(folder)
    with ether:
        for octets in ("ff", "04 0e 00", "01 03 0c ff 00 77", "02 00 00 ff ff"):
            host = Host(ether.hci[0])
            host.send(octets)
            if octets.startswith("01"):
                host.close()
                continue
            try:
                host.packet()
                raise AssertionError(octets)
            except (EOFError, ConnectionError):
                pass
        host = Host(ether.hci[0])
        host.send("03 01 00 02 aa bb  02 01 00 20 01" + " 00" * 288 + "02 05 00 00 00 05 01 00 00 00")
        assert host.command("01 03 0c 00")[:7] == RESET_DONE
        control.ok("run_until", t_us=10)


def real_and_virtual_time(folder):
    """Each is what it says, at the quietest of a few tries: the machine may be busy."""
    for clock, least, most in (("real", 0.8, 1.6), ("virtual", 3, 10000)):
        speeds = []
        while not speeds or (not least < speeds[-1] < most and len(speeds) < 6):
            speeds.append(speed_of(folder, clock))
            print(f"--clock {clock}: {speeds[-1]:.2f} times real time")
        assert least < speeds[-1] < most, (clock, speeds)


def speed_of(folder, clock):
    with interop.Ether("--listen", f"unix:{folder}/air", "--clock", clock) as ether:
        advertiser, scanner = Host(ether.hci[0]), Host(ether.hci[1])
        for text in SCAN_ON:
            scanner.command(text)
        for text in ADV_ON:
            advertiser.command(text)
        scanner.packet()
        start = time.time()
        for _ in range(19):
            scanner.packet()
        return 19 * 0.105 / (time.time() - start)


def ptys(folder):
    """Serial lines: links with stable names; a host that leaves and one that comes."""
    ether = interop.Ether("--listen", f"pty:{folder}/lines", "--devices", "2")
    with ether:
        for _ in range(2):
            link = folder / "lines" / "dev0"
            fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
            os.write(fd, RESET)
            octets = b""
            while len(octets) < len(RESET_DONE):
                octets += os.read(fd, 100)
            assert octets == RESET_DONE
            before = os.readlink(link)
            os.close(fd)
            deadline = time.time() + 5
            while os.readlink(link) == before and time.time() < deadline:
                time.sleep(0.01)
        assert ether.end(signal.SIGTERM) == 130
    assert not (folder / "lines").exists()


def clean_ends_and_clear_refusals(folder):
    def refused(code, words, *options):
        with interop.Ether(*options, expect_error=True) as ether:
            assert ether.process.wait(10) == code, options
            error = ether.process.stderr.read()
            assert words in error, (options, error)

    air = folder / "air"
    port = interop.free_ports(3)
    with interop.Ether("--listen", f"unix:{air}", "--control", f"unix:{folder}/c") as ether:
        refused(4, "another program has it", "--listen", f"unix:{air}")
        refused(4, "another program has it", "--listen", f"unix:{folder}/a", "--control",
                f"unix:{folder}/c")
        assert sorted(p.name for p in air.iterdir()) == ["dev0.sock", "dev1.sock"]
        assert ether.end() == 130
    assert not air.exists() and not (folder / "c").exists() and not (folder / "a").exists()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 1))
        taken.listen()
        refused(4, f"{port + 1}", "--listen", f"tcp:{port}", "--devices", "3")
    # a socket whose owner was killed is no obstacle; a file is
    with interop.Ether("--listen", f"unix:{air}") as ether:
        assert ether.end(signal.SIGKILL) == -9
    with interop.Ether("--listen", f"unix:{air}") as ether:
        assert Host(ether.hci[1]).command("01 03 0c 00") == RESET_DONE
    (air / "dev0.sock").write_text("mine")
    refused(4, "dev0.sock", "--listen", f"unix:{air}")
    assert (air / "dev0.sock").read_text() == "mine"
    refused(2, "unix:DIR", "--listen", "here")
    refused(2, "port", "--listen", "tcp:0")
    refused(2, "65535", "--listen", "tcp:65535")
    refused(2, "--control", "--clock", "stepped")
    refused(2, "stepped", "--clock", "slow")
    refused(2, "--devices", "--devices", "0")
    refused(2, "--loss", "--loss", "2")
    refused(4, "/nonexistent", "--capture", "/nonexistent/x.pcap")
    refused(4, "/nonexistent", "--dump-dir", "/nonexistent")
    refused(4, "/nonexistent", "--listen", "unix:/nonexistent/a/b")


def the_same_seed_gives_the_same_air(folder):
    """Two stepped runs, the same commands: the same capture, octet for octet."""
    captures = []
    for run in range(2):
        path = folder / f"air{run}.pcap"
        ether, control = stepped(folder, "--seed", "7", "--loss", "10%", "--capture", str(path))
        with ether:
            hosts = [Host(hci) for hci in ether.hci]
            for text in ADV_ON:
                hosts[0].command(text)
            for text in SCAN_ON:
                hosts[1].command(text)
            for t in range(10000, 2000001, 10000 + 5000 * run):
                control.ok("run_until", t_us=t)
            control.ok("run_until", t_us=2010000)
            captures.append(path.read_bytes())
            control.ok("quit")
            assert ether.process.wait(5) == 0
    assert len(captures[0]) > 1000 and captures[0] == captures[1]


def main(folder):
    for part in (time_stands_still, steps_are_cheap, bad_lines_break_nothing, a_phantom_and_a_walk,
                 a_controller_is_new_for_each_host, a_second_host_is_turned_away, garbage_from_a_host,
                 real_and_virtual_time, ptys, clean_ends_and_clear_refusals,
                 the_same_seed_gives_the_same_air):
        sub = folder / part.__name__[:12]
        sub.mkdir()
        part(sub)
        print(f"{part.__name__}: good", flush=True)


if __name__ == "__main__":
    interop.run_test(main, needs_bumble=False)
