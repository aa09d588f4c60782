"""Our GATT client and a server of Bumble's of more than 300 attributes, on controllers of `woad ether`: discovery, every
kind of read and write, notifications, indications, and the client's database: followed while it changes, kept by its
hash over links, and for a bonded server over the end of the process."""
import asyncio
import contextlib
import struct
import uuid as uuids

from interop import Ether, GattPeer, adv_data, bumble_device, check_tshark, free_ports, run_test

LONG = bytes(i * 7 & 0xFF for i in range(400))


def uuid(last):
    from bumble.core import UUID
    return UUID(f"64616f77-0000-7473-6574-0000000000{last:02x}")


def text(an_uuid):
    """A UUID as our peer prints it."""
    octets = an_uuid.to_bytes()[::-1]
    return str(uuids.UUID(bytes=octets)) if len(octets) == 16 else octets.hex()


class Server:
    """What Bumble serves: a service for every operation, and thirty to be found."""

    def __init__(self, device):
        from bumble.att import ATT_Error
        from bumble.core import UUID
        from bumble.gatt import Characteristic, CharacteristicValue, Descriptor, Service
        p = Characteristic.Properties
        rw = Characteristic.READABLE | Characteristic.WRITEABLE

        def refuse(*_):
            raise ATT_Error(0x81)

        self.device = device
        self.long = Characteristic(uuid(2), p.READ | p.WRITE, rw, LONG)
        self.short = Characteristic(uuid(3), p.READ | p.WRITE | p.WRITE_WITHOUT_RESPONSE, rw, b"short")
        self.secret = Characteristic(uuid(4), p.READ, Characteristic.READABLE |
                                     Characteristic.READ_REQUIRES_ENCRYPTION, b"\1\2\3\4")
        self.told = Characteristic(uuid(5), p.READ | p.NOTIFY | p.INDICATE, Characteristic.READABLE, b"")
        self.refused = Characteristic(uuid(6), p.READ | p.WRITE, rw,
                                      CharacteristicValue(read=refuse, write=refuse))
        self.small = Service("180F", [Characteristic("2A19", p.READ, Characteristic.READABLE, b"\x64")])
        device.add_service(self.small)
        device.add_service(Service(uuid(1), [self.long, self.short, self.secret, self.told, self.refused],
                                   included_services=[self.small]))
        for i in range(30):
            device.add_service(Service(uuid(8) if i % 2 else UUID(0xFF00 + i), [
                Characteristic(uuid(9), p.READ, Characteristic.READABLE, bytes([i]),
                               [Descriptor("2901", Descriptor.READABLE, b"the first")]),
                Characteristic("2A06", p.READ | p.WRITE, rw, bytes([i, i])),
                Characteristic(uuid(10), p.NOTIFY, Characteristic.READABLE, b"",
                               [Descriptor(uuid(11), Descriptor.READABLE, b"of its own")])]))
        self.attributes = device.gatt_server.attributes

    def count(self):
        """As a client's database counts: a value belongs to its declaration."""
        from bumble.core import UUID
        return len(self.attributes) - sum(a.type == UUID(0x2803) for a in self.attributes)

    def cccd(self, characteristic):
        from bumble.core import UUID
        return next(a.handle for a in self.attributes
                    if a.handle > characteristic.handle and a.type == UUID(0x2902))

    async def told_changed(self, start, end):
        from bumble.core import UUID
        changed = next(a for a in self.attributes if a.type == UUID(0x2A05))
        await self.device.indicate_subscribers(changed, struct.pack("<HH", start, end))


async def until(done):
    """A command has no answer: waits for its effect."""
    while not done():
        await asyncio.sleep(0.01)


async def refused(peer, command, error):
    """The server answers with this ATT error."""
    said = (await peer(command, "error"))[-1]
    assert said.endswith(f"0x{error:02x}"), f"{command}: {said}"


async def octets(peer, command):
    """The values that a command yields."""
    lines = await peer(command)
    return [bytes.fromhex(line.split()[2].strip("-")) for line in lines if line.startswith("value ")]


async def discovery(peer, server):
    from bumble.core import UUID
    found = [line.split()[1:] for line in (await peer("services"))[:-1]]
    services = server.device.gatt_server.services
    assert found == [[str(s.handle), str(s.end_group_handle), text(s.uuid)] for s in services], found
    found = [line.split()[1:] for line in (await peer("characteristics 1 65535"))[:-1]]
    assert found == [[str(c.handle), str(int(c.properties)), text(c.uuid)]
                     for s in services for c in s.characteristics], found
    found = [line.split()[1:] for line in (await peer("descriptors 1 65535"))[:-1]]
    assert found == [[str(a.handle), text(a.type)] for a in server.attributes], found
    found = [line.split()[1:] for line in (await peer("includes 1 65535"))[:-1]]
    declared = [str(a.handle) for a in server.attributes if a.type == UUID(0x2802)]
    assert found == [[declared[0], str(server.small.handle), str(server.small.end_group_handle), "180f"]]
    return len(server.attributes)


async def reads(peer, server):
    long, short = server.long.handle, server.short.handle
    assert await octets(peer, f"read {short}") == [b"short"]
    begin, = await octets(peer, f"read {long}")
    assert 22 < len(begin) < 400 and LONG.startswith(begin)
    assert b"".join(await octets(peer, f"read-long {long} 0")) == LONG
    assert b"".join(await octets(peer, f"read-long {long} 390")) == LONG[390:]
    assert await octets(peer, "read-uuid 2a06") == [bytes([i, i]) for i in range(30)]
    assert await octets(peer, f"read-multiple {short} {server.attributes[-2].handle}") == [b"shortof its own"]
    # Without a long value: Bumble's answer to that is longer than the MTU.
    assert await octets(peer, f"read-variable {short} {server.attributes[-2].handle}") == \
        [b"short", b"of its own"]
    await refused(peer, "read 0xFFFF", 0x01)
    await refused(peer, f"read-long {short} 6", 0x07)
    await refused(peer, f"read {server.refused.handle}", 0x81)
    await refused(peer, "read-uuid 2aff", 0x0A)


async def writes(peer, server):
    from bumble import att
    long, short = server.long, server.short
    await peer(f"write {short.handle} {b'hello'.hex()}")
    assert short.value == b"hello"
    await peer(f"write-command {short.handle} {b'quiet'.hex()}")
    await until(lambda: short.value == b"quiet")
    await peer(f"write {long.handle} {LONG[::-1].hex()}")  # as a long one: it does not fit a request
    assert long.value == LONG[::-1]
    await peer(f"write-long {long.handle} 0 {b'begin'.hex()}")
    assert long.value == b"begin"
    await refused(peer, f"write-long {long.handle} 2 {b'gap'.hex()}", 0x07)  # Bumble keeps no offset
    await refused(peer, f"write {server.refused.handle} 00", 0x81)
    await refused(peer, "write 0xFFF0 00", 0x01)
    await peer(f"write-reliable {short.handle} {b'all'.hex()} {long.handle} {b'of it'.hex()}")
    assert (short.value, long.value) == (b"all", b"of it")

    # What the server says it got is not what was sent: nothing is written.
    gatt = server.device.gatt_server
    honest = gatt.send_response

    def lie(bearer, response):
        if isinstance(response, att.ATT_Prepare_Write_Response):
            response = att.ATT_Prepare_Write_Response(response.attribute_handle, response.value_offset,
                                                      response.part_attribute_value[:-1] + b"!")
        honest(bearer, response)

    gatt.send_response = lie
    said = (await peer(f"write-reliable {short.handle} {b'no'.hex()} {long.handle} {b'never'.hex()}", "error"))[-1]
    assert "differs" in said, said
    gatt.send_response = honest
    assert (short.value, long.value) == (b"all", b"of it")


async def told(peer, server):
    value, cccd = server.told, server.cccd(server.told)
    await peer(f"subscribe {value.handle} {cccd} 1")
    for i in range(20):
        await server.device.notify_subscribers(value, bytes([i]) * 20)
    for i in range(20):
        assert await peer.wait(f"notified {value.handle}") == (bytes([i]) * 20).hex()
    await peer(f"unsubscribe {value.handle}")
    await peer(f"subscribe {value.handle} {cccd} 2")
    for i in range(3):
        await server.device.indicate_subscribers(value, bytes([i]))  # waits for the confirmation
        assert await peer.wait(f"indicated {value.handle}") == f"{i:02x}"
    await peer(f"unsubscribe {value.handle}")
    assert not any(server.device.gatt_server.subscribers.popitem()[1][value.handle])


async def database(peer, expect):
    await peer("database")
    said = await peer.wait("database")
    assert said == expect, (said, expect)


async def changed(peer, server):
    """A service comes under a live client: it reads what is new, and no more."""
    from bumble.gatt import Characteristic, Service
    start = len(server.attributes) + 1
    server.device.add_service(Service(uuid(12), [Characteristic(uuid(13), Characteristic.Properties.READ,
                                                                Characteristic.READABLE, b"new")]))
    end = len(server.attributes)
    await server.told_changed(start, end)
    assert await peer.wait("changed") == f"{start} {end}"
    assert await peer.wait("database") == f"{server.count()} good"
    assert await octets(peer, f"read {end}") == [b"new"]


@contextlib.asynccontextmanager
async def connected(peer, device):
    links = asyncio.Queue()
    device.once("connection", links.put_nowait)
    await device.start_advertising(advertising_data=adv_data("lamp"))
    await peer("connect")
    connection = await links.get()
    await peer.wait("connected")
    yield connection
    if connection in device.connections.values():
        await connection.disconnect()
    await peer.wait("disconnected")


async def unbonded(hci, device, server):
    async with GattPeer.run(hci, "client", "lamp") as peer:
        async with connected(peer, device):
            count = await discovery(peer, server)
            await reads(peer, server)
            await writes(peer, server)
            await told(peer, server)
            await database(peer, f"{server.count()} good")
            await changed(peer, server)
        async with connected(peer, device):
            await database(peer, f"{server.count()} good cached")
    return count


async def bonded(hci, device, server, store):
    async with GattPeer.run(hci, "client", "lamp", store, 0) as peer, connected(peer, device):
        assert await octets(peer, f"read {server.secret.handle}") == [b"\1\2\3\4"]  # pairs by itself
        said = await peer.wait("secured")
        assert said.startswith("good") and said.endswith("paired bonded"), said
        await database(peer, f"{server.count()} good")
    async with GattPeer.run(hci, "client", "lamp", store, 0) as peer:
        async with connected(peer, device):
            said = await peer.wait("secured")
            assert said.startswith("good") and "paired" not in said, said
            await database(peer, f"{server.count()} good cached")
            assert await octets(peer, f"read {server.secret.handle}") == [b"\1\2\3\4"]
    from bumble.gatt import Service
    server.device.add_service(Service(uuid(14), []))  # while the client is away
    async with GattPeer.run(hci, "client", "lamp", store, 0) as peer, connected(peer, device):
        await database(peer, f"{server.count()} good")


async def main(folder):
    from bumble.keys import MemoryKeyStore
    from bumble.pairing import PairingConfig
    capture = folder / "air.pcap"
    with Ether("--devices", "2", "--listen", f"tcp:{free_ports(2)}", "--capture", str(capture)) as ether:
        async with bumble_device(ether.hci[0], "lamp", "F0:F1:F2:F3:F4:F5") as device:
            device.keystore = MemoryKeyStore()
            # Left to itself it names the controller's address as its identity and advertises with another.
            device.pairing_config_factory = lambda connection: PairingConfig(
                identity_address_type=PairingConfig.AddressType.RANDOM)
            server = Server(device)
            count = await unbonded(ether.hci[1], device, server)
            await bonded(ether.hci[1], device, server, folder / "bonds.db")
    check_tshark(capture)
    print(f"our client and Bumble's server of {count} attributes agree")


if __name__ == "__main__":
    run_test(main)
