"""Controllers as they are sold: a proxy between an interpreter and its controller, with the faults that
upset other hosts. Each quirk is a function of the class."""
import socket
import struct
import threading

RESET, SET_RANDOM, ADV_ENABLE, HOST_BUFFER_SIZE = 0x0C03, 0x2005, 0x200A, 0x0C33
SET_DATA_LENGTH, DEFAULT_DATA_LENGTH = 0x2022, 0x2024


def take_packet(stream):
    head = stream.read(1)
    if not head:
        return None
    fmt = {1: "<HB", 2: "<HH", 4: "<BB", 5: "<HH"}[head[0]]
    head += stream.read(struct.calcsize(fmt))
    length = struct.unpack(fmt, head[1:])[1]
    if head[0] == 5:
        length &= 0x3FFF
    return head + stream.read(length)


def answer(opcode, status):
    return struct.pack("<BBBBHB", 4, 0x0E, 4, 1, opcode, status)


class Proxy:
    def __init__(self, hci, path, quirk):
        self.quirk = getattr(self, quirk)
        self.advertising = False
        self.links = 0  # that came about
        self.lengthened = 0  # PDUs of 251 octets, at the host's request
        self.host_lock = threading.Lock()
        self.target = hci.split(":", 1)[1]
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.uri = f"unix:{path}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                host, _ = self.listener.accept()
            except OSError:
                return
            controller = socket.socket(socket.AF_UNIX)
            controller.connect(self.target)
            self.advertising = False
            up = threading.Thread(target=self.pump, args=(controller, host, host, False), daemon=True)
            up.start()
            self.pump(host, controller, host, True)
            up.join()
            host.close()
            controller.close()

    def pump(self, source, sink, host, down):
        stream = source.makefile("rb")
        try:
            while packet := take_packet(stream):
                for to_host, octets in self.quirk(packet, down):
                    with self.host_lock:
                        (host if to_host else sink).sendall(octets)
        except (OSError, KeyError, struct.error):
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def opcode(packet, down):
        return struct.unpack_from("<H", packet, 1)[0] if down and packet[0] == 1 else 0

    @staticmethod
    def subevent(packet, down):
        return packet[3] if not down and packet[0] == 4 and packet[1] == 0x3E else 0

    def host_buffer_size_rejected(self, packet, down):
        if self.opcode(packet, down) == HOST_BUFFER_SIZE:
            return [(True, answer(HOST_BUFFER_SIZE, 0x12))]
        return [(not down, packet)]

    def random_address_refused(self, packet, down):
        opcode = self.opcode(packet, down)
        if opcode == ADV_ENABLE:
            self.advertising = packet[4] == 1
        if opcode == SET_RANDOM and self.advertising:
            return [(True, answer(SET_RANDOM, 0x0C))]
        return [(not down, packet)]

    def legacy_connection_complete(self, packet, down):
        if self.subevent(packet, down) in (0x0A, 0x29):
            body = packet[4:15] + packet[27:34]  # without the two private addresses
            packet = bytes([4, 0x3E, len(body) + 1, 0x01]) + body
        return [(not down, packet)]

    def data_length_unknown(self, packet, down):
        if self.opcode(packet, down) == SET_DATA_LENGTH:
            return [(True, answer(SET_DATA_LENGTH, 0x01))]
        if self.subevent(packet, down) == 0x07:
            return []
        return [(not down, packet)]

    # Links begin with 27 octets a PDU and stay there unless the host asks for each of them.
    def data_length_not_automatic(self, packet, down):
        if self.opcode(packet, down) == DEFAULT_DATA_LENGTH:
            return [(True, answer(DEFAULT_DATA_LENGTH, 0x00))]
        if self.opcode(packet, down) == SET_DATA_LENGTH and struct.unpack_from("<H", packet, 6)[0] == 251:
            self.lengthened += 1
        if self.subevent(packet, down) in (0x01, 0x0A, 0x29):
            self.links += 1
        return [(not down, packet)]

    def missed(self):
        """What the quirk asks of a host, if it did not do it."""
        if self.quirk == self.data_length_not_automatic and self.lengthened < max(1, self.links):
            return f"data length asked for {self.lengthened} times on {self.links} links"
        return None

    def advertising_bursts(self, packet, down):
        times = 100 if self.subevent(packet, down) in (0x02, 0x0D) else 1
        return [(not down, packet)] * times


QUIRKS = {
    "host_buffer_size_rejected": ["ble_gap_connect", "ble_l2cap"],
    "random_address_refused": ["ble_gap_advertise", "ble_gap_connect"],
    "legacy_connection_complete": ["ble_gap_connect", "ble_characteristic", "ble_gap_pair_bond"],
    "data_length_not_automatic": ["ble_l2cap", "ble_mtu"],
    "data_length_unknown": ["ble_gap_connect", "ble_l2cap", "ble_mtu"],
    "advertising_bursts": ["ble_gap_advertise", "ble_gap_connect"],
}
