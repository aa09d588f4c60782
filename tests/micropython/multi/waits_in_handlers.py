# What would have to wait raises EDEADLK (35) in a handler, whichever event it handles; what need not wait
# works; the stack goes on.
from rig import *

SERVICE = bluetooth.UUID(0x180D)
VALUE = bluetooth.UUID(0x2A37)


def instance0():
    rig = Rig()
    ((value,),) = rig.ble.gatts_register_services(((SERVICE, ((VALUE, 0x0A),)),))
    multitest.globals(BDADDR=rig.ble.config("mac"), HANDLE=value)
    rig.listen()
    rig.advertise()
    multitest.next()
    rig.wait(CENTRAL_CONNECT)
    channel = rig.ble.l2cap_channel(*rig.accepted())
    channel.settimeout(5)
    print("words", channel.read(15))
    print("end", channel.read(1))
    rig.wait(CENTRAL_DISCONNECT)
    end(rig)


def instance1():
    seen = {}

    def tries(name, call, *args):
        try:
            call(*args)
            return name + " done"
        except OSError as e:
            return "{} {}".format(name, e.errno)

    def answer(event, data):
        if event not in seen:
            seen[event] = None  # the calls may lead to events themselves
            seen[event] = (
                tries("hci", rig.ble.hci_cmd, 4, 9, b"", bytearray(8)),
                tries("read", channel.read, 100),
                tries("flush", channel.flush),
                tries("write", channel.write, b"x"),
                tries("scan", rig.ble.gap_scan, None),
                tries("gattc", rig.ble.gattc_exchange_mtu, conn),
            )

    rig = Rig()
    multitest.next()
    conn = rig.connect(BDADDR)
    channel = rig.ble.l2cap_channel(*rig.open(conn))
    rig.events.clear()
    rig.answer = answer
    for call, event in (
        (lambda: rig.ble.gattc_read(conn, HANDLE), 15),
        (lambda: rig.ble.gattc_write(conn, HANDLE, b"1", 1), 17),
        (lambda: rig.ble.gattc_discover_services(conn), 9),
        (lambda: rig.ble.gap_scan(20, 30000, 30000), 6),
    ):
        call()
        rig.wait(event)
        print(event, seen[event])
    rig.answer = None
    print("hci", rig.ble.hci_cmd(4, 9, b"", bytearray(8)))
    channel.flush()
    channel.write(bytes(15 - len([1 for s in seen.values() if s])))
    channel.close()
    rig.ble.gap_disconnect(conn)
    rig.wait(PERIPHERAL_DISCONNECT)
    end(rig)
