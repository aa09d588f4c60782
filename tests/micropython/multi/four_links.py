# One central with four links at once: notifications and writes on each.
from rig import *

SERVICE = bluetooth.UUID(0x180D)
VALUE = bluetooth.UUID(0x2A37)
NOTIFY = const(18)
WRITTEN = const(3)
DONE = const(17)


def peripheral(name):
    rig = Rig()
    ((value,),) = rig.ble.gatts_register_services(((SERVICE, ((VALUE, 0x1A),)),))
    multitest.globals(**{name: rig.ble.config("mac"), "HANDLE": value})
    rig.advertise()
    multitest.next()
    conn = rig.wait(CENTRAL_CONNECT, 20000)[0]
    for i in range(5):
        rig.wait(WRITTEN, 20000)
        octets = rig.ble.gatts_read(value)
        rig.ble.gatts_notify(conn, value, octets + name.encode())
    rig.wait(CENTRAL_DISCONNECT, 20000)
    end(rig)


def instance0():
    peripheral("A")


def instance1():
    peripheral("B")


def instance2():
    peripheral("C")


def instance3():
    peripheral("D")


def instance4():
    rig = Rig()
    multitest.next()
    links = {rig.connect(addr, 5000): addr for addr in (A, B, C, D)}
    # Advertisers in the same room drown a request to connect now and then. The link that nobody answers on
    # ends after six intervals.
    time.sleep_ms(400)
    for event, data in rig.events:
        if event == PERIPHERAL_DISCONNECT:
            addr = links.pop(data[0])
            links[rig.connect(addr, 5000)] = addr
    conns = list(links)
    print("links", len(conns))
    for i in range(5):
        for conn in conns:
            rig.ble.gattc_write(conn, HANDLE, bytes([i]), 1)
        heard = sorted(rig.wait(NOTIFY)[2] for _ in conns)
        for _ in conns:
            rig.wait(DONE)
        print(heard)
    for conn in conns:
        rig.ble.gap_disconnect(conn)
    for conn in conns:
        rig.wait(PERIPHERAL_DISCONNECT)
    end(rig)
