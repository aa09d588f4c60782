# Timeouts in the middle lose nothing; two channels of which one stalls; the end after the data; what
# a handler may not do.
import select, time
from rig import *


def instance0():
    rig = Rig()
    multitest.globals(BDADDR=rig.ble.config("mac"))
    rig.listen()
    rig.listen(0x81)
    rig.advertise()
    multitest.next()
    rig.wait(CENTRAL_CONNECT)
    stalled = rig.ble.l2cap_channel(*rig.accepted())
    flowing = rig.ble.l2cap_channel(*rig.accepted())
    multitest.wait("both")
    flowing.settimeout(5)
    print("flows past", flowing.read(20000) == pattern(20000, 2))
    multitest.broadcast("flown")
    stalled.settimeout(5)
    print("stalled kept", stalled.read(30000) == pattern(30000, 3))
    flowing.write(b"abc")
    multitest.wait("timed out")
    flowing.write(b"defgh")
    multitest.wait("asked")
    flowing.write(b"the last words")
    flowing.close()
    stalled.close()
    rig.wait(CENTRAL_DISCONNECT)
    end(rig)


def instance1():
    result = []

    def answer(event, data):
        if event == RECV and not result:
            try:
                stalled.read(100)
            except OSError as e:
                result.append(e.errno)

    rig = Rig()
    multitest.next()
    conn = rig.connect(BDADDR)
    stalled = rig.ble.l2cap_channel(*rig.open(conn))
    late = rig.ble.l2cap_channel(*rig.open(conn, 0x81))
    try:
        rig.ble.l2cap_channel(conn, 0x7F)
    except OSError as e:
        print("no such channel", e.errno)
    stalled.setblocking(False)
    data = pattern(30000, 3)
    sent = 0
    while (n := stalled.write(memoryview(data)[sent:])) is not None and n:
        sent += n
    print("non-blocking write stops", 0 < sent <= 30000)
    multitest.broadcast("both")
    print("late", late.write(pattern(20000, 2)))
    multitest.wait("flown")
    stalled.settimeout(5)
    print("rest", stalled.write(memoryview(data)[sent:]) == 30000 - sent)
    late.settimeout(0.5)
    print("short", late.read(8))
    try:
        late.read(8)
    except OSError as e:
        print("timeout", e.errno)
    poll = select.poll()
    poll.register(late, select.POLLIN)
    print("poll", poll.poll(10))
    rig.events.clear()
    rig.answer = answer
    multitest.broadcast("timed out")
    print("polled", poll.poll(5000)[0][1] == select.POLLIN)
    rig.wait(RECV)
    late.settimeout(5)
    print("rest", late.read(5))
    rig.answer = None
    print("in a handler", result)
    multitest.broadcast("asked")
    rig.wait(CLOSED)
    rig.wait(CLOSED)
    print("poll after the end", poll.poll(0)[0][1] & select.POLLHUP != 0)
    print("data after the end", late.read())
    print("the end", late.read(1), late.readinto(bytearray(4)))
    try:
        late.write(b"x")
    except OSError as e:
        print("write", e.errno)
    late.close()
    rig.ble.gap_disconnect(conn)
    rig.wait(PERIPHERAL_DISCONNECT)
    end(rig)
