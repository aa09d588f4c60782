# A device that looks for one peer and is found by another: the link is told as what it is.
from rig import *

NOBODY = (0, b"\x02\x00\x00\x00\x00\x01")


def instance0():
    rig = Rig()
    multitest.globals(BDADDR=rig.ble.config("mac"))
    rig.ble.gap_connect(*NOBODY, 3000)
    rig.advertise()
    multitest.next()
    conn, kind, addr = rig.wait(CENTRAL_CONNECT, 2500)
    print("role of peripheral, peer known", kind == 0 and addr[:5] == rig.ble.config("mac")[1][:5])
    print("failed", rig.wait(PERIPHERAL_DISCONNECT)[1:] == NOBODY)
    rig.ble.gap_disconnect(conn)
    rig.wait(CENTRAL_DISCONNECT)
    print(sorted(e for e, _ in rig.events if e in (1, 2, 7, 8)))
    end(rig)


def instance1():
    rig = Rig()
    multitest.next()
    rig.connect(BDADDR)
    rig.wait(PERIPHERAL_DISCONNECT)
    print(sorted(e for e, _ in rig.events if e in (1, 2, 7, 8)))
    end(rig)
