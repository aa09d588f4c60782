# Links that come and go, with a client's work, a channel and an indication each: nothing grows, neither on
# the heap of the interpreter nor in the process.
# clock: virtual
import gc, os
import _woad
from rig import *

CYCLES = int(os.getenv("WOAD_CYCLES") or "1000")
GROWTH_KIB = int(os.getenv("WOAD_GROWTH_KIB") or "512")  # sanitizers keep freed memory for a while
WARM = const(20)
SERVICE = bluetooth.UUID(0x180D)
VALUE = bluetooth.UUID(0x2A37)


def pages():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1])


class Meter:
    def __init__(self):
        self.heap = 0

    def look(self, cycle):
        gc.collect()
        if cycle == WARM:
            self.heap, self.pages = gc.mem_alloc(), pages()
        elif cycle % 10 == 0 and cycle < CYCLES:
            multitest.output_metric("at {}".format(cycle))
        elif cycle == CYCLES:
            print("heap grew", gc.mem_alloc() - self.heap > 1024)
            multitest.output_metric("process: {} KiB more".format((pages() - self.pages) * 4))
            print("process grew", (pages() - self.pages) * 4 > GROWTH_KIB)


def instance0():
    rig = Rig()
    ((value,),) = rig.ble.gatts_register_services(((SERVICE, ((VALUE, 0x3A),)),))
    multitest.globals(BDADDR=rig.ble.config("mac"), HANDLE=value)
    rig.listen()
    multitest.next()
    meter = Meter()
    for i in range(CYCLES):
        rig.events.clear()
        rig.advertise()
        conn = rig.wait(CENTRAL_CONNECT)[0]
        rig.ble.gatts_indicate(conn, value, b"now")
        channel = rig.ble.l2cap_channel(*rig.accepted())
        channel.settimeout(5)
        channel.write(channel.read(300))
        channel.close()
        rig.wait(CENTRAL_DISCONNECT)
        meter.look(i + 1)
    print(_woad.stats())
    end(rig)


def instance1():
    rig = Rig()
    multitest.next()
    meter = Meter()
    for i in range(CYCLES):
        rig.events.clear()
        conn = rig.connect(BDADDR)
        channel = rig.ble.l2cap_channel(*rig.open(conn))
        channel.settimeout(5)
        rig.ble.gattc_discover_services(conn)
        channel.write(bytes(300))
        rig.wait(10)
        rig.ble.gattc_read(conn, HANDLE)
        rig.wait(16)
        if len(channel.read(300)) != 300:
            print("short")
        channel.close()
        rig.ble.gap_disconnect(conn)
        rig.wait(PERIPHERAL_DISCONNECT)
        meter.look(i + 1)
    print(_woad.stats())
    end(rig)
