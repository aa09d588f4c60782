"""Pairing with Bumble: every association model, legacy and Secure Connections, each side as central;
bonds, reconnection, encrypted reads, private addresses. Captures decrypt with the keys in tshark."""
import asyncio
import contextlib
import json

from interop import (Ether, GattPeer, adv_data, bumble_device, check_encrypted, connect, free_ports, run_test,
                     tshark_fields, woad)

DISPLAY, YES_NO, KEYBOARD = 1, 2, 4
NOTHING, ALL = 0, 7


def delegate(io, typed=None):
    """A person at Bumble's side: what is shown goes to .shown, what is typed comes from `typed`."""
    from bumble.pairing import PairingDelegate

    class Person(PairingDelegate):
        def __init__(self):
            super().__init__(getattr(PairingDelegate, io))
            self.shown = asyncio.get_running_loop().create_future()
            self.typed = typed or asyncio.get_running_loop().create_future()
            self.same = self.willing = True

        async def accept(self):
            return self.willing

        async def compare_numbers(self, number, digits):
            self.shown.set_result(number)
            return self.same

        async def display_number(self, number, digits):
            self.shown.set_result(number)

        async def get_number(self):
            return await asyncio.wait_for(self.typed, 30)

    return Person()


@contextlib.asynccontextmanager
async def link(ether, keys, *, we_lead, config, peer_args=(), **device_config):
    """Our peer and Bumble, connected: (our peer, Bumble's device, its connection)."""
    role = "client" if we_lead else "server"
    async with GattPeer.run(ether.hci[1], role, "lamp", *peer_args) as peer, \
            bumble_device(ether.hci[0], "phone", "F0:F1:F2:F3:F4:F5", **device_config) as device:
        device.keystore = keys
        await device.refresh_resolving_list()
        device.pairing_config_factory = lambda connection: config
        if we_lead:
            device.add_services(services())
            connected = asyncio.get_running_loop().create_future()
            device.on("connection", lambda c: connected.done() or connected.set_result(c))
            await device.start_advertising(advertising_data=adv_data("lamp"))
            await peer("connect")
            connection = await asyncio.wait_for(connected, 30)
        else:
            connection = await connect(device, "lamp")
        await peer.wait("connected")
        yield peer, device, connection
        if connection in device.connections.values():
            await connection.disconnect()
        await peer.wait("disconnected")


def services():
    from bumble.gatt import Characteristic, Service
    secret = Characteristic("2A06", Characteristic.Properties.READ, Characteristic.READABLE |
                            Characteristic.READ_REQUIRES_ENCRYPTION, b"\x02")
    return [Service("1802", [secret])]


async def secured(peer):
    words = (await peer.wait("secured")).split()
    assert words[0] == "good", words
    return {"level": int(words[words.index("level") + 1]), "paired": "paired" in words, "bonded": "bonded" in words}


async def read_secret(peer, connection, we_lead):
    """A read that wants encryption, by whoever is central."""
    from bumble.core import UUID
    from bumble.device import Peer
    if we_lead:
        lines = await peer("read-uuid 2a06")
        assert lines[-2].endswith(" 02"), lines
        return
    client = Peer(connection)
    await client.discover_services()
    service = [s for s in client.services if str(s.uuid).startswith("64616F77")][0]
    await service.discover_characteristics()
    secret = service.get_characteristics_by_uuid(UUID("64616f77-0000-7473-6574-000000000004"))[0]
    assert await secret.read_value() == b"\1\2\3\4"


# name: our input and output, Bumble's, what happens, the level; legacy passkeys reach 3
MODELS = {
    "just-works": (NOTHING, "NO_OUTPUT_NO_INPUT", "nothing", 2),
    "comparison": (DISPLAY | YES_NO, "DISPLAY_OUTPUT_AND_YES_NO_INPUT", "compare", 4),
    "we-show": (DISPLAY, "KEYBOARD_INPUT_ONLY", "we show", 4),
    "they-show": (KEYBOARD, "DISPLAY_OUTPUT_ONLY", "they show", 4),
    "both-type": (KEYBOARD, "KEYBOARD_INPUT_ONLY", "both type", 4),
    "out-of-band": (NOTHING, "NO_OUTPUT_NO_INPUT", "oob", 4),
}


async def out_of_band(peer, config, legacy):
    """Carries the data of both sides to the other one."""
    from bumble.pairing import PairingConfig
    from bumble.smp import OobContext, OobLegacyContext, OobSharedData
    if legacy:
        context = OobLegacyContext()
        config.oob = PairingConfig.OobConfig(our_context=None, peer_data=None, legacy_context=context)
        await peer("oob-peer " + context.tk[::-1].hex())
        return
    said = {line.split()[0]: bytes.fromhex(line.split()[2]) for line in await peer("oob") if line[:3] == "oob"}
    context = OobContext()
    theirs = context.share()
    config.oob = PairingConfig.OobConfig(
        our_context=context, legacy_context=None,
        peer_data=OobSharedData(c=said["oob-confirm"][::-1], r=said["oob-rand"][::-1]))
    await peer(f"oob-peer {theirs.r[::-1].hex()} {theirs.c[::-1].hex()}")


async def key_of(peer):
    """That encrypts the link now."""
    return next(line for line in await peer("info") if line.startswith("key ")).split()[2]


async def pair(ether, folder, name, legacy, we_lead):
    """The keys that the links were encrypted with: the bond's as it is exported, that of a legacy pairing."""
    from bumble.keys import MemoryKeyStore
    from bumble.pairing import PairingConfig
    ours, theirs, what, level = MODELS[name]
    person = delegate(theirs)
    config = PairingConfig(sc=not legacy, mitm=level > 2, bonding=True, delegate=person,
                           identity_address_type=PairingConfig.AddressType.RANDOM)
    keys = MemoryKeyStore()
    store = folder / f"{name}-{legacy}-{we_lead}.db"
    args = (store, ours, "legacy") if legacy else (store, ours)
    if legacy:
        level = min(level, 3)
    async with link(ether, keys, we_lead=we_lead, config=config, peer_args=args) as (peer, device, connection):
        if what == "oob":
            await out_of_band(peer, config, legacy)
        pairing = None
        if we_lead:
            await peer(f"secure {level}")
        else:
            pairing = asyncio.create_task(connection.pair())
        if what == "compare":
            number = int(await peer.wait("compare"))
            assert number == await asyncio.wait_for(person.shown, 30)
            await peer("confirm 1")
        elif what == "we show":
            person.typed.set_result(int(await peer.wait("show")))
        elif what == "both type":
            person.typed.set_result(123)
            await peer.wait("enter")
            await peer("passkey 123")
        elif what == "they show":
            number = await asyncio.wait_for(person.shown, 30)
            await peer.wait("enter")
            await peer(f"passkey {number}")
        if pairing:
            await asyncio.wait_for(pairing, 40)
        result = await secured(peer)
        assert result == {"level": level, "paired": True, "bonded": True}, result
        await read_secret(peer, connection, we_lead)
        short_term = await key_of(peer)
    if legacy and we_lead:  # Bumble as responder keeps the two under each other's name
        for kept in keys.all_keys.values():
            kept.ltk_central, kept.ltk_peripheral = kept.ltk_peripheral, kept.ltk_central
    # Later, from the store: no pairing, the same level.
    async with link(ether, keys, we_lead=we_lead, config=config, peer_args=args) as (peer, device, connection):
        if not we_lead:
            await connection.encrypt()
        result = await secured(peer)
        assert result == {"level": level, "paired": False, "bonded": True}, result
        await read_secret(peer, connection, we_lead)
    bond, = json.loads(await woad("bonds", "--store", store, "--keys", "--json"))
    exported = [bond[key] for key in ("ltk", "own_ltk") if key in bond]
    assert legacy or short_term in exported
    return [*exported, short_term] if legacy else exported


async def models(folder, legacy, we_lead):
    """All models in one world of their own."""
    who = f"{'legacy' if legacy else 'secure connections'}, {'woad' if we_lead else 'Bumble'} central"
    capture = folder / f"{who}.pcap"
    keys = []
    with Ether("--devices", "2", "--listen", f"tcp:{free_ports(2)}", "--capture", str(capture)) as ether:
        for name in MODELS:
            if not (legacy and name == "comparison"):
                keys += await pair(ether, folder, name, legacy, we_lead)
                print(f"{name}, {who}: good", flush=True)
    plain = check_encrypted(capture, keys)
    # What only a decrypted capture shows: an identity key from each side, a value behind encryption.
    assert len(tshark_fields(plain, "btsmp.opcode == 0x08", "frame.number")) >= 2 * len(MODELS) - 2
    secret = "btatt.alert_level == 2" if we_lead else "btatt.value == 01:02:03:04"
    assert len(tshark_fields(plain, secret, "frame.number")) >= 2 * (len(MODELS) - 1)


async def main(folder):
    await asyncio.gather(*(models(folder, legacy, we_lead)
                           for legacy in (False, True) for we_lead in (False, True)))


if __name__ == "__main__":
    run_test(main)
