# Values longer than the MTU: cut by gattc_write and gattc_read as everywhere, whole with WRITE_LONG.
from rig import *

SERVICE = bluetooth.UUID(0x180D)
VALUE = bluetooth.UUID(0x2A37)
WRITTEN, RESULT, DONE = 3, 15, 17


def instance0():
    rig = Rig()
    ((value,),) = rig.ble.gatts_register_services(((SERVICE, ((VALUE, 0x0A),)),))
    rig.ble.gatts_set_buffer(value, 512)
    multitest.globals(BDADDR=rig.ble.config("mac"), HANDLE=value)
    rig.advertise()
    multitest.next()
    rig.wait(CENTRAL_CONNECT)
    for size in (20, 21, 100, 512):
        rig.wait(WRITTEN)
        print(size, rig.ble.gatts_read(value) == pattern(size, size))
        multitest.broadcast("read {}".format(size))
    rig.wait(WRITTEN)
    print("cut", len(rig.ble.gatts_read(value)))
    rig.ble.gatts_write(value, pattern(512, 9))
    multitest.broadcast("value")
    rig.wait(CENTRAL_DISCONNECT)
    end(rig)


def instance1():
    rig = Rig()
    multitest.next()
    conn = rig.connect(BDADDR)
    for size in (20, 21, 100, 512):
        rig.ble.gattc_write(conn, HANDLE, pattern(size, size), bluetooth.WRITE_LONG)
        print(size, rig.wait(DONE)[2])
        multitest.wait("read {}".format(size))
    try:
        rig.ble.gattc_write(conn, HANDLE, bytes(513), bluetooth.WRITE_LONG)
    except OSError as e:
        print("too long", e.errno)
    rig.ble.gattc_write(conn, HANDLE, bytes(100), 1)
    print("cut", rig.wait(DONE)[2])
    multitest.wait("value")
    rig.ble.gattc_read(conn, HANDLE)
    octets = rig.wait(RESULT)[2]
    print("cut", octets == pattern(512, 9)[:22])
    rig.ble.gap_disconnect(conn)
    rig.wait(PERIPHERAL_DISCONNECT)
    end(rig)
