# What the tests share: events in a queue, and a link between two instances.
import bluetooth
import time
from micropython import const

CENTRAL_CONNECT = const(1)
CENTRAL_DISCONNECT = const(2)
PERIPHERAL_CONNECT = const(7)
PERIPHERAL_DISCONNECT = const(8)
ACCEPT = const(22)
OPENED = const(23)
CLOSED = const(24)
RECV = const(25)
SEND_READY = const(26)
ENCRYPTED = const(28)
GET_SECRET = const(29)
SET_SECRET = const(30)
PASSKEY = const(31)

ADV = b"\x02\x01\x06\x04\xffMPY"


def keep(x):
    return bytes(x) if isinstance(x, memoryview) else x


class Rig:
    def __init__(self, answer=None, **config):
        self.events = []
        self.answer = answer
        self.ble = bluetooth.BLE()
        self.ble.irq(self.irq)
        if config:
            self.ble.config(**config)
        self.ble.active(True)

    def irq(self, event, data):
        if self.answer:
            result = self.answer(event, data)
            if result is not None:
                return result
        self.events.append((event, tuple(keep(x) for x in data)))

    # The data of the next such event; others that came before it stay.
    def wait(self, event, ms=5000):
        start = time.ticks_ms()
        while True:
            for i, (e, data) in enumerate(self.events):
                if e == event:
                    del self.events[i]
                    return data
            if time.ticks_diff(time.ticks_ms(), start) > ms:
                raise OSError("no event {} in {} ms; there are {}".format(event, ms, self.events))
            time.sleep_ms(2)

    def advertise(self):
        self.ble.gap_advertise(20_000, ADV)

    def connect(self, addr, *args):
        for _ in range(3):
            self.ble.gap_connect(*addr, *args)
            start = time.ticks_ms()
            while time.ticks_diff(time.ticks_ms(), start) < 6000:
                for i, (e, data) in enumerate(self.events):
                    if e in (PERIPHERAL_CONNECT, PERIPHERAL_DISCONNECT):
                        del self.events[i]
                        if e == PERIPHERAL_CONNECT:
                            return data[0]
                        break
                time.sleep_ms(2)
        raise OSError("no link")

    # Channels: (conn, cid)
    def listen(self, psm=0x80, mtu=1000):
        self.ble.l2cap_listen(psm, mtu)

    def accepted(self):
        return self.wait(OPENED)[:2]

    def open(self, conn, psm=0x80, mtu=1000):
        self.ble.l2cap_connect(conn, psm, mtu)
        return self.wait(OPENED)[:2]

    def off(self):
        self.ble.active(False)


# A test that goes wrong says so in its output, and leaves nothing on.
def end(rig):
    rig.off()
    print("off", rig.ble.active())


# Octets that tell where they belong.
def pattern(size, seed=1):
    octets = bytearray(size)
    x = seed
    for i in range(size):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        octets[i] = x >> 16 & 0xFF
    return octets
