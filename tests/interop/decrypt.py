"""Decrypts captures of the air (link type 256) with the keys of links, by another implementation of AES-CCM than ours:
a copy of the file in which every encrypted PDU is plain, for tshark to dissect. tshark 4.0 itself decrypts no LE links.

The keys of a link are tried on each of its encryptions [Vol 6, Part B, 5.1.3; Part E]."""
import struct

CENTRAL_TO_PERIPHERAL, PERIPHERAL_TO_CENTRAL = 2, 3  # of the flags
DECRYPTED, CRC_CHECKED, CRC_VALID, MIC_CHECKED, MIC_VALID = 1 << 3, 1 << 10, 1 << 11, 1 << 12, 1 << 13
CONTROL = 3
ENC_REQ, ENC_RSP, START_ENC_REQ = 3, 4, 5
MIC = 4


class Encryption:
    """A link between LL_ENC_REQ and the next one. Counters by direction: of the next PDU."""

    def __init__(self, request):
        self.skd, self.iv = request[10:18], request[18:22]
        self.started = False
        self.ccm = None
        self.counters = {CENTRAL_TO_PERIPHERAL: 0, PERIPHERAL_TO_CENTRAL: 0}

    def answered(self, response):
        self.skd, self.iv = self.skd[:8] + response[:8], self.iv[:4] + response[8:12]

    def _ccms(self, keys):
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.ciphers.aead import AESCCM
        for key in keys:
            encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
            yield AESCCM(encryptor.update(self.skd[::-1]), tag_length=MIC)

    def _open(self, ccm, direction, counter, header, payload):
        from cryptography.exceptions import InvalidTag
        packet = struct.pack("<Q", counter | (direction == CENTRAL_TO_PERIPHERAL) << 39)[:5]
        try:
            return ccm.decrypt(packet + self.iv, payload, bytes([header & 0xE3]))
        except InvalidTag:
            return None

    def open(self, keys, direction, header, payload):
        """The plain payload, or None: a PDU that is not encrypted, or with none of these keys."""
        if not self.started or len(payload) <= MIC:
            return None
        next_one = self.counters[direction]
        for ccm in [self.ccm] if self.ccm else self._ccms(keys):
            for counter in (next_one, next_one - 1):  # or the last one again
                plain = self._open(ccm, direction, counter, header, payload) if counter >= 0 else None
                if plain is not None:
                    self.ccm = ccm
                    self.counters[direction] = counter + 1
                    return plain
        return None


class Links:
    def __init__(self, keys):
        self.keys = keys
        self.encryptions = {}  # by access address: of the link's present, or of one that ended
        self.opened = 0
        self.closed = 0

    def pdu(self, direction, access_address, octets):
        """A data PDU without its CRC, as it would be in the plain."""
        header, length = octets[0], octets[1]
        payload = octets[2:2 + length]
        encryption = self.encryptions.get(access_address)
        plain = encryption and encryption.open(self.keys, direction, header, payload)
        if plain is not None and encryption:
            self.opened += 1
            return bytes([header, len(plain)]) + plain
        if header & 3 == CONTROL and length:
            self.control(access_address, payload)
        elif encryption and encryption.started and length:
            self.closed += 1
        return None

    def control(self, access_address, payload):
        opcode, rest = payload[0], payload[1:]
        encryption = self.encryptions.get(access_address)
        if opcode == ENC_REQ and len(rest) == 22:
            self.encryptions[access_address] = Encryption(rest)
        elif opcode == ENC_RSP and len(rest) == 12 and encryption:
            encryption.answered(rest)
        elif opcode == START_ENC_REQ and not rest and encryption:
            encryption.started = True
        elif encryption and encryption.started and len(payload) > MIC:
            self.closed += 1


def decrypt(path, plain_path, keys):
    """Writes the plain copy; (PDUs decrypted, encrypted PDUs that no key opens)."""
    data = path.read_bytes()
    magic, *_, link_type = struct.unpack_from("<IHHiIII", data)
    assert link_type == 256, link_type
    links = Links(keys)
    out, at = bytearray(data[:24]), 24
    while at < len(data):
        seconds, fraction, size, _ = struct.unpack_from("<IIII", data, at)
        record = data[at + 16:at + 16 + size]
        at += 16 + size
        flags, = struct.unpack_from("<H", record, 8)
        direction = flags >> 7 & 7
        good = flags & (CRC_CHECKED | CRC_VALID) == CRC_CHECKED | CRC_VALID
        if good and direction in (CENTRAL_TO_PERIPHERAL, PERIPHERAL_TO_CENTRAL):
            plain = links.pdu(direction, record[10:14], record[14:-3])
            if plain is not None:
                flags |= DECRYPTED | MIC_CHECKED | MIC_VALID
                record = record[:8] + struct.pack("<H", flags) + record[10:14] + plain + record[-3:]
        out += struct.pack("<IIII", seconds, fraction, len(record), len(record)) + record
    plain_path.write_bytes(out)
    return links.opened, links.closed
