# Handlers: events during sleeps, exceptions, calls of every kind inside, a veto of reads.
import time
from rig import *

READ = const(4)
SERVICE = bluetooth.UUID(0x180D)
VALUE = bluetooth.UUID(0x2A37)


def instance0():
    rig = Rig(lambda e, d: 0x0E if e == READ and len(rig.events) % 2 else None)
    ((value,),) = rig.ble.gatts_register_services(((SERVICE, ((VALUE, 0x1A),)),))
    multitest.globals(BDADDR=rig.ble.config("mac"), HANDLE=value)
    rig.ble.gatts_write(value, b"seen")
    rig.events.clear()
    rig.advertise()
    multitest.next()
    rig.wait(CENTRAL_CONNECT)
    multitest.wait("read")
    print("reads", len([1 for e, _ in rig.events if e == READ]))
    rig.ble.irq(lambda e, d: 1 / 0)
    multitest.broadcast("armed")
    multitest.wait("hit")
    rig.ble.irq(rig.irq)
    rig.answer = None
    print("alive", rig.ble.active(), rig.ble.gatts_read(value))
    ((more,),) = rig.ble.gatts_register_services(
        ((bluetooth.UUID(0x180F), ((bluetooth.UUID(0x2A19), 0x12),)),), append=True)
    rig.ble.gatts_write(more, b"\x07")
    print("appended behind", more > value, rig.ble.gatts_read(value))
    multitest.broadcast("more {}".format(more - value))
    rig.wait(CENTRAL_DISCONNECT)
    end(rig)


def instance1():
    rig = Rig()
    multitest.next()
    conn = rig.connect(BDADDR)
    rig.ble.gattc_read(conn, HANDLE)
    time.sleep(1)  # one sleep: the events came in it
    print([e for e, _ in rig.events if e in (15, 16)])
    rig.events.clear()
    rig.ble.gattc_read(conn, HANDLE)
    print("veto", rig.wait(16)[2])
    multitest.broadcast("read")
    multitest.wait("armed")
    rig.ble.gattc_write(conn, HANDLE, b"hit", 1)
    print("written", rig.wait(17)[2])
    multitest.broadcast("hit")
    multitest.wait("more 4")
    rig.ble.gattc_read(conn, HANDLE + 4)
    print("new service", rig.wait(15)[2])
    rig.ble.gap_disconnect(conn)
    rig.wait(PERIPHERAL_DISCONNECT)
    print("gone", rig.ble.gap_disconnect(conn))
    end(rig)
