#!/usr/bin/env python3
"""Extended and periodic advertising with Bumble: our host on Bumble's virtual controller, Bumble's host
beside it. That controller reports every SID as 0, and each advertisement as its scan response too."""
import asyncio
import contextlib
import os

import interop

PEER = os.environ.get("WOAD_GAP_PEER", "build/bin/gap_peer")
DATA = bytes(i * 7 & 0xFF for i in range(180))
TRAIN = DATA[:40]
SID = 5


@contextlib.asynccontextmanager
async def virtual_link(port):
    """A controller for us at a TCP port, and a powered-on Bumble host on another one."""
    from bumble.controller import Controller
    from bumble.device import Device
    from bumble.hci import HCI_LE_SET_PHY_COMMAND, Address
    from bumble.host import Host
    from bumble.link import LocalLink
    from bumble.transport import open_transport
    from bumble.transport.common import AsyncPipeSink
    link = LocalLink()
    async with await open_transport(f"tcp-server:127.0.0.1:{port}") as transport:
        ours = Controller("ours", host_source=transport.source, host_sink=transport.sink, link=link,
                          public_address="00:00:00:00:00:11/P")
        theirs = Controller("theirs", link=link, public_address="00:00:00:00:00:22/P")
        for controller in (ours, theirs):
            # It lists this command among the supported ones and never answers it.
            controller.supported_commands = controller.supported_commands - {HCI_LE_SET_PHY_COMMAND}
        device = Device(name="bumble", address=Address("F0:F0:F0:F0:F0:01"),
                        host=Host(theirs, AsyncPipeSink(theirs)))
        await device.power_on()
        yield device, f"tcp:127.0.0.1:{port}"
        del ours


class Peer:
    """gap_peer under way. ended() lets it end, if it goes on by itself: its lines as {first word: the rest}."""

    def __init__(self, hci, mode):
        self.hci, self.mode = hci, mode

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(PEER, self.hci, self.mode, stdin=asyncio.subprocess.PIPE,
                                                            stdout=asyncio.subprocess.PIPE)
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()

    async def ended(self):
        if self.mode == "advertise":
            self.process.stdin.close()
        lines = (await self.process.stdout.read()).decode().splitlines()
        assert await self.process.wait() == 0, (self.mode, lines)
        return dict(line.partition(" ")[::2] for line in lines)


async def advertising_set(device, connectable, train):
    from bumble.device import (AdvertisingEventProperties, AdvertisingParameters,
                               PeriodicAdvertisingParameters)
    from bumble.hci import Address
    made = await device.create_advertising_set(
        advertising_parameters=AdvertisingParameters(
            advertising_event_properties=AdvertisingEventProperties(
                is_connectable=connectable, is_scannable=False),
            primary_advertising_interval_min=100, primary_advertising_interval_max=100,
            advertising_sid=SID),
        random_address=Address("F0:F0:F0:F0:F0:02"), advertising_data=DATA,
        periodic_advertising_parameters=PeriodicAdvertisingParameters(
            periodic_advertising_interval_min=50, periodic_advertising_interval_max=50) if train else None,
        periodic_advertising_data=TRAIN if train else b"")
    if train:
        await made.start_periodic()
    return made


async def heard(device, length):
    """The first advertisement with so many octets of data."""
    found = asyncio.get_running_loop().create_future()

    def on_advertisement(advertisement):
        if len(advertisement.data_bytes) == length and not found.done():
            found.set_result(advertisement)

    device.on("advertisement", on_advertisement)
    await device.start_scanning(legacy=False, filter_duplicates=False)
    return await found


async def report(sync):
    """The data of the next report of a train."""
    told = asyncio.get_running_loop().create_future()
    sync.on("periodic_advertisement", lambda report: told.done() or told.set_result(report.data_bytes))
    return bytes(await told)


async def listen(device, hci):
    await advertising_set(device, False, True)
    async with Peer(hci, "listen") as ours:
        said = await ours.ended()
    assert said["found"].startswith("F0:F0:F0:F0:F0:02"), said
    assert bytes.fromhex(said["data"]) == DATA, said
    assert bytes.fromhex(said["train"]) == TRAIN, said


async def advertise(device, hci):
    async with Peer(hci, "advertise") as ours:
        advertisement = await heard(device, len(DATA))
        assert bytes(advertisement.data_bytes) == DATA, advertisement
        assert advertisement.address.is_public, advertisement.address
        sync = await device.create_periodic_advertising_sync(advertisement.address, SID)
        assert await report(sync) == TRAIN
        await ours.ended()


async def connect(device, hci):
    connected = asyncio.get_running_loop().create_future()
    device.on("connection", lambda link: connected.done() or connected.set_result(link))
    await advertising_set(device, True, False)
    async with Peer(hci, "connect") as ours:
        assert "connected" in await ours.ended()
    assert connected.done()


async def main(_folder):
    for test in (listen, advertise, connect):
        async with virtual_link(interop.free_ports(1)) as world:
            await test(*world)
        print(f"{test.__name__}: good", flush=True)


if __name__ == "__main__":
    interop.run_test(main)
