"""Bonds with Bumble: pairings that fail or are refused, on either side; bonds that one side has lost; private addresses
of either side, resolved by the other; keys for another transport, left alone; signed writes."""
import asyncio
import contextlib
import json
import struct

from interop import Ether, check_encrypted, connect, free_ports, run_test, woad
from bumble_pairing_test import DISPLAY, KEYBOARD, NOTHING, YES_NO, delegate, link, read_secret, secured

CSRK = bytes(range(0x30, 0x40))  # least significant octet first
EVERYTHING = struct.pack("<HH", 1, 0xFFFF)  # Service Changed after a restart: the store keeps a hash alone
CONFIRM_FAILED, NOT_SUPPORTED, KEY_SIZE, DIFFERENT = 4, 5, 6, 0x0C  # reasons of Pairing Failed


def pairing_config(person, sc=True, mitm=True):
    from bumble.pairing import PairingConfig
    return PairingConfig(sc=sc, mitm=mitm, delegate=person,
                         identity_address_type=PairingConfig.AddressType.RANDOM)


async def bonds(store):
    return json.loads(await woad("bonds", "--store", store, "--keys", "--json"))


def reason(words):
    """Of a pairing that failed: its number, and whether the other side named it."""
    words = words.split()
    assert words[0] != "good", words
    return int(words[words.index("reason") + 1]), "by-peer" in words


async def start(peer, connection, we_lead, level):
    """Begins a pairing, by the central; to be awaited: Bumble's error, None when all went well."""
    from bumble.core import ProtocolError

    async def by_bumble():
        try:
            await connection.pair()
        except ProtocolError as error:
            return error.error_code
        return None

    if not we_lead:
        return asyncio.create_task(by_bumble())
    error = asyncio.get_running_loop().create_future()
    connection.once("pairing_failure", error.set_result)
    connection.once("pairing", lambda _: error.set_result(None))
    await peer(f"pair {level}")
    return error


# ---- what fails -----------------------------------------------------------------------------------

async def wrong_passkey(ether, folder, we_lead, legacy):
    from bumble.keys import MemoryKeyStore
    keys, store = MemoryKeyStore(), folder / f"wrong-{we_lead}-{legacy}.db"
    person = delegate("DISPLAY_OUTPUT_ONLY")
    async with link(ether, keys, we_lead=we_lead, config=pairing_config(person, sc=not legacy),
                    peer_args=(store, KEYBOARD, "legacy")) as (peer, _, connection):
        theirs = await start(peer, connection, we_lead, 3)
        shown = await person.shown
        await peer.wait("enter")
        await peer(f"passkey {shown ^ 1}")
        # The responder sees it first: the initiator shows what it has confirmed before.
        assert reason(await peer.wait("secured")) == (CONFIRM_FAILED, we_lead)
        assert await theirs == CONFIRM_FAILED
    assert await bonds(store) == [] and not keys.all_keys


async def comparison_refused(ether, folder, we_lead, by_us):
    from bumble.keys import MemoryKeyStore
    keys, store = MemoryKeyStore(), folder / f"refused-{we_lead}-{by_us}.db"
    person = delegate("DISPLAY_OUTPUT_AND_YES_NO_INPUT")
    person.same = by_us
    async with link(ether, keys, we_lead=we_lead, config=pairing_config(person),
                    peer_args=(store, DISPLAY | YES_NO)) as (peer, _, connection):
        theirs = await start(peer, connection, we_lead, 4)
        await peer.wait("compare")
        if by_us:
            await peer("confirm 0")
        expected = DIFFERENT if by_us else CONFIRM_FAILED  # Bumble has one word for both
        assert reason(await peer.wait("secured")) == (expected, not by_us)
        assert await theirs == expected
    assert await bonds(store) == [] and not keys.all_keys


async def not_wanted(ether, folder, we_lead):
    """The side that is asked does not want to pair at all."""
    from bumble.keys import MemoryKeyStore
    keys, store = MemoryKeyStore(), folder / f"unwanted-{we_lead}.db"
    person = delegate("NO_OUTPUT_NO_INPUT")
    person.willing = False
    async with link(ether, keys, we_lead=we_lead, config=pairing_config(person, mitm=False),
                    peer_args=(store, NOTHING, "plain", "refuse")) as (peer, _, connection):
        theirs = await start(peer, connection, we_lead, 2)
        if we_lead:
            assert reason(await peer.wait("secured")) == (NOT_SUPPORTED, True)
        assert await theirs == NOT_SUPPORTED
    assert await bonds(store) == [] and not keys.all_keys


async def asked(ether, folder):
    """A person at our side says no, then yes."""
    from bumble.keys import MemoryKeyStore
    keys, store = MemoryKeyStore(), folder / "asked.db"
    person = delegate("NO_OUTPUT_NO_INPUT")
    async with link(ether, keys, we_lead=False, config=pairing_config(person, mitm=False),
                    peer_args=(store, NOTHING, "plain", "ask")) as (peer, _, connection):
        theirs = await start(peer, connection, False, 2)
        await peer.wait("ask")
        await peer("accept 0")
        assert await theirs is not None
        while True:  # for a while we let it wait
            theirs = await start(peer, connection, False, 2)
            asked_again = asyncio.create_task(peer.wait("ask"))
            await asyncio.wait([theirs, asked_again], return_when=asyncio.FIRST_COMPLETED)
            if asked_again.done():
                break
            asked_again.cancel()
            assert theirs.result() == 9, theirs
            await asyncio.sleep(0.3)
        await peer("accept 1")
        assert await theirs is None
        while not (await peer.wait("secured")).startswith("good"):
            pass
    assert len(await bonds(store)) == 1 and len(keys.all_keys) == 1


async def short_key(ether, folder, we_lead):
    from bumble.keys import MemoryKeyStore
    keys, store = MemoryKeyStore(), folder / f"short-{we_lead}.db"
    person = delegate("NO_OUTPUT_NO_INPUT")
    person.maximum_encryption_key_size = 7
    async with link(ether, keys, we_lead=we_lead, config=pairing_config(person, mitm=False),
                    peer_args=(store, NOTHING, "plain")) as (peer, _, connection):
        theirs = await start(peer, connection, we_lead, 2)
        assert reason(await peer.wait("secured")) == (KEY_SIZE, False)
        assert await theirs == KEY_SIZE
    assert await bonds(store) == [] and not keys.all_keys


# ---- bonds ----------------------------------------------------------------------------------------

@contextlib.asynccontextmanager
async def meeting(ether, keys, store, we_lead, *options, **device_config):
    config = pairing_config(delegate("NO_OUTPUT_NO_INPUT"), mitm=False)
    async with link(ether, keys, we_lead=we_lead, config=config,
                    peer_args=(store, NOTHING, "plain", *options), **device_config) as met:
        yield met


async def bond(peer, connection, we_lead):
    """Pairs; what woad says of it."""
    theirs = await start(peer, connection, we_lead, 2)
    result = await secured(peer)
    assert await theirs is None
    assert result == {"level": 2, "paired": True, "bonded": True}, result


async def lost_by_bumble(ether, folder):
    from bumble.keys import MemoryKeyStore
    for we_lead in (False, True):
        keys, store = MemoryKeyStore(), folder / f"lost-{we_lead}.db"
        async with meeting(ether, keys, store, we_lead) as (peer, _, connection):
            await bond(peer, connection, we_lead)
        first, = await bonds(store)
        keys.all_keys.clear()
        async with meeting(ether, keys, store, we_lead) as (peer, _, connection):
            if we_lead:  # a device that has lost its key could be another one: no link without
                assert not (await peer.wait("secured")).startswith("good")
            else:
                await bond(peer, connection, we_lead)
        again, = await bonds(store)
        assert (first == again) == we_lead, (first, again)


async def lost_by_us(ether, folder):
    from bumble.keys import MemoryKeyStore
    from bumble.hci import HCI_Error
    keys, store = MemoryKeyStore(), folder / "forgotten.db"
    async with meeting(ether, keys, store, False) as (peer, _, connection):
        await bond(peer, connection, False)
    await woad("bonds", "--store", store, "--remove-all")
    async with meeting(ether, keys, store, False) as (peer, _, connection):
        try:
            await connection.encrypt()
            raise AssertionError("encrypted with a key that we do not have")
        except HCI_Error as error:
            assert error.error_code == 0x06, error  # PIN or Key Missing
        assert not (await peer.wait("secured")).startswith("good")
        await bond(peer, connection, False)


async def remembered(ether, folder):
    """Subscriptions of a bonded client hold over links and the server's restart; what changed meanwhile it is told."""
    from bumble.core import UUID
    from bumble.device import Peer
    from bumble.keys import MemoryKeyStore
    keys, store = MemoryKeyStore(), folder / "remembered.db"
    heard = asyncio.Queue()

    def listens(connection):
        client = Peer(connection).gatt_client
        client.notification_subscribers = {told: {heard.put_nowait}}
        client.indication_subscribers = {changed: {heard.put_nowait}}
        return client

    async with meeting(ether, keys, store, False) as (peer, device, connection):
        await bond(peer, connection, False)
        _, test, _, filler = (await peer("where"))[0].split()
        told = int(test) + 8
        discovered = Peer(connection)
        await discovered.discover_all()
        last = [s for s in discovered.services if s.handle >= int(filler)][29]
        changed = discovered.get_characteristics_by_uuid(UUID(0x2A05))[0].handle
        client = listens(connection)
        await client.write_value(told + 1, b"\1\0", with_response=True)
        await client.write_value(changed + 1, b"\2\0", with_response=True)
        await connection.disconnect()
        await peer.wait("disconnected")
        await peer("remove 29")
        connection = await connect(device, "lamp")
        listens(connection)
        await connection.encrypt()
        assert await peer.wait(f"subscribed {told}") == "1 restored"
        assert await heard.get() == struct.pack("<HH", last.handle, last.end_group_handle)
        await peer("notify 0102")
        assert await heard.get() == b"\1\2"
        await connection.disconnect()
    async with meeting(ether, keys, store, False) as (peer, _, connection):  # the service is there again
        listens(connection)
        await connection.encrypt()
        assert await heard.get() == EVERYTHING
        await peer("notify 0304")
        assert await heard.get() == b"\3\4"


async def private(ether, folder, we_lead, whose, *options):
    """Bonded devices that come back under other addresses are known, and encrypted without pairing."""
    from bumble.keys import MemoryKeyStore
    keys, store = MemoryKeyStore(), folder / f"private-{we_lead}-{whose}-{len(options)}.db"
    options = (*options, "private") if whose != "theirs" else options
    config = {"irk": bytes(range(16))}
    if whose != "ours":
        config["le_privacy_enabled"] = True
    seen, ours = set(), set()
    for again in (False, True, True):
        async with meeting(ether, keys, store, we_lead, *options, **config) as (peer, device, connection):
            ours |= {line.split()[1] for line in peer.lines if line.startswith("address")}
            seen.add(device.random_address.to_string(False))
            if again:
                if not we_lead:
                    assert str(connection.peer_address) == names[0], connection.peer_address
                    await connection.encrypt()
                assert (await secured(peer))["paired"] is False
                said = (await peer("info"))[0]
                assert said == "info level 2 F0:F1:F2:F3:F4:F5/random", said
            else:
                await bond(peer, connection, we_lead)
                irk = next(line for line in await peer("irk") if line.startswith("irk")).split()[2]
                names = list(keys.all_keys)
                assert keys.all_keys[names[0]].irk.value[::-1].hex() == irk
            await read_secret(peer, connection, we_lead)
    bonded, = await bonds(store)
    assert bonded["address"] == "F0:F1:F2:F3:F4:F5/random" and bonded["irk"] == config["irk"][::-1].hex(), bonded
    assert len(seen) == (1 if whose == "ours" else 3), seen
    assert len(ours) == (0 if whose == "theirs" else 3), ours


async def other_keys(ether, folder):
    """Bumble offers and asks for every kind of key: link keys of BR/EDR are left alone, signing keys serve."""
    from bumble.keys import MemoryKeyStore
    from bumble.pairing import PairingDelegate
    keys, store = MemoryKeyStore(), folder / "keys.db"
    all_kinds = PairingDelegate.KeyDistribution(0x0F)
    for again in (False, True):
        person = delegate("DISPLAY_OUTPUT_AND_YES_NO_INPUT")
        person.local_initiator_key_distribution = person.local_responder_key_distribution = all_kinds
        async with link(ether, keys, we_lead=False, config=pairing_config(person),
                        peer_args=(store, DISPLAY | YES_NO)) as (peer, device, connection):
            if not again:
                give_csrk(device)
                theirs = await start(peer, connection, False, 4)
                await peer.wait("compare")
                await peer("confirm 1")
                assert await theirs is None
                assert (await secured(peer))["bonded"]
                kept, = keys.all_keys.values()
                bonded, = await bonds(store)
                assert kept.link_key is None and kept.csrk.value[::-1].hex() == bonded["own_csrk"]
                assert bonded["csrk"] == CSRK[::-1].hex() and "irk" not in bonded, bonded
                continue
            # On a link in the clear: a signed write; the same again, which is a replay; a forged one.
            handle = int((await peer("where"))[0].split()[1]) + 13
            for counter, text, good in ((1, b"signed", True), (1, b"replay", False), (2, b"forged", False),
                                        (3, b"again", True)):
                signed_write(connection, handle, text, counter, forged=text == b"forged")
                if good:
                    assert await peer.wait(f"written {handle}") == text.hex()


def give_csrk(device):
    """Bumble's signing key is all zeros, which we take for none."""
    from bumble.smp import SMP_Signing_Information_Command
    manager = device.smp_manager
    send = manager.send_command

    def changed(connection, command):
        if isinstance(command, SMP_Signing_Information_Command):
            command = SMP_Signing_Information_Command(signature_key=CSRK)
        send(connection, command)

    manager.send_command = changed


def signed_write(connection, handle, value, counter, forged):
    from bumble import crypto
    from bumble.device import Peer
    message = struct.pack("<BH", 0xD2, handle) + value + struct.pack("<I", counter)
    mac = crypto.aes_cmac(message[::-1], CSRK[::-1])  # [Vol 3, Part H, 2.4.5]: most significant octet first
    signature = struct.pack("<I", counter) + (bytes(8) if forged else mac[:8][::-1])
    Peer(connection).gatt_client.send_gatt_pdu(message[:-4] + signature)


# ---- all ------------------------------------------------------------------------------------------

async def failures(ether, folder):
    for we_lead in (False, True):
        for legacy in (False, True):
            await wrong_passkey(ether, folder, we_lead, legacy)
        for by_us in (False, True):
            await comparison_refused(ether, folder, we_lead, by_us)
        await not_wanted(ether, folder, we_lead)
        await short_key(ether, folder, we_lead)
    await asked(ether, folder)
    print("pairings that fail: good", flush=True)


async def losses(ether, folder):
    await lost_by_bumble(ether, folder)
    await lost_by_us(ether, folder)
    await other_keys(ether, folder)
    await remembered(ether, folder)
    print("bonds that were lost, keys of other kinds: good", flush=True)


async def addresses(ether, folder):
    for we_lead in (False, True):
        for whose in ("ours", "theirs", "both"):
            await private(ether, folder, we_lead, whose)
        await private(ether, folder, we_lead, "both", "by-host")
    print("private addresses: good", flush=True)


async def main(folder):
    async def in_a_world(test):
        with Ether("--devices", "2", "--listen", f"tcp:{free_ports(2)}", "--capture",
                   str(folder / f"{test.__name__}.pcap")) as ether:
            await test(ether, folder)

    await asyncio.gather(*map(in_a_world, (failures, losses, addresses)))
    keys = [bond["ltk"] for store in folder.glob("private-*.db") for bond in await bonds(store)]
    check_encrypted(folder / "addresses.pcap", keys)


if __name__ == "__main__":
    run_test(main)
