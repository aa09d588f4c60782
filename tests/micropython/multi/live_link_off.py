# active(False) with a live link and a channel, many times: the peer hears of it at once, and nothing is
# left behind. Then active(False) inside a handler.
# clock: virtual
import gc, time
import _woad
from rig import *

TIMES = const(100)


# What is there when the start has settled.
def quiet():
    for _ in range(100):
        if _woad.stats() == (0, 0, 0, 0, 0):
            break
        time.sleep_ms(2)
    return _woad.stats()


def instance0():
    rig = Rig()
    multitest.globals(BDADDR=rig.ble.config("mac"))
    multitest.next()
    slow = 0
    for i in range(TIMES):
        rig.events.clear()
        rig.listen()
        rig.advertise()
        rig.wait(CENTRAL_CONNECT)
        conn, cid = rig.accepted()
        start = time.ticks_ms()
        rig.off()
        slow = max(slow, time.ticks_diff(time.ticks_ms(), start))
        rig.ble.active(True)
        if i % 10 == 0:
            multitest.output_metric("at {}".format(i))
        left = quiet()
        if left != (0, 0, 0, 0, 0):
            print("left behind", left)
    print("slow", slow > 1500)

    def answer(event, data):
        if event == CENTRAL_CONNECT:
            rig.ble.active(False)
            print("inside", rig.ble.active())

    rig.answer = answer
    rig.advertise()
    multitest.broadcast("last")
    rig.wait(CENTRAL_CONNECT)
    time.sleep_ms(1500)
    rig.answer = None
    rig.ble.active(True)
    print("on again", rig.ble.active(), quiet())
    end(rig)


def instance1():
    rig = Rig()
    multitest.next()
    late = 0
    for i in range(TIMES):
        conn = rig.connect(BDADDR)
        rig.open(conn)
        if i % 10 == 0:
            multitest.output_metric("at {}".format(i))
        start = time.ticks_ms()
        rig.wait(CLOSED)
        rig.wait(PERIPHERAL_DISCONNECT)
        late = max(late, time.ticks_diff(time.ticks_ms(), start))
    print("late", late > 2500)
    print(quiet()[:4])
    multitest.wait("last")
    conn = rig.connect(BDADDR)
    rig.wait(PERIPHERAL_DISCONNECT)
    end(rig)
