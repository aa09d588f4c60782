#!/usr/bin/env python3
"""Extended and periodic advertising with Bumble: our host on Bumble's virtual controller, Bumble's host
beside it. That controller reports every SID as 0, and each advertisement as its scan response too."""
import asyncio
import contextlib
import os

import interop

PEER = os.environ.get("WOAD_GAP_PEER", "build/bin/gap_peer")
DATA = bytes(i * 7 & 0xFF for i in range(200))
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


async def peer(hci, mode):
    """Runs gap_peer; returns its lines as {first word: the rest}."""
    process = await asyncio.create_subprocess_exec(PEER, hci, mode, stdout=asyncio.subprocess.PIPE,
                                                   stderr=asyncio.subprocess.PIPE)
    out, err = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 0, (mode, process.returncode, out, err)
    return dict(line.partition(" ")[::2] for line in out.decode().splitlines())


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
        periodic_advertising_parameters=PeriodicAdvertisingParameters() if train else None,
        periodic_advertising_data=TRAIN if train else b"")
    if train:
        await made.start_periodic()
    return made


async def listen():
    async with virtual_link(interop.free_ports(1)) as (device, hci):
        await advertising_set(device, False, True)
        said = await peer(hci, "listen")
        assert said["found"].startswith("F0:F0:F0:F0:F0:02"), said
        assert bytes.fromhex(said["data"]) == DATA, said
        assert bytes.fromhex(said["train"]) == TRAIN, said


async def advertise():
    from bumble.hci import Address
    async with virtual_link(interop.free_ports(1)) as (device, hci):
        heard = asyncio.get_running_loop().create_future()
        train = asyncio.get_running_loop().create_future()

        def on_advertisement(advertisement):
            if len(advertisement.data_bytes) == len(DATA) and not heard.done():
                heard.set_result(advertisement)

        device.on("advertisement", on_advertisement)
        await device.start_scanning(legacy=False, filter_duplicates=False)
        ours = asyncio.create_task(peer(hci, "advertise"))
        advertisement = await asyncio.wait_for(heard, 10)
        assert bytes(advertisement.data_bytes) == DATA, advertisement
        assert advertisement.address == Address("00:00:00:00:00:11/P"), advertisement.address
        sync = await device.create_periodic_advertising_sync(advertisement.address, SID)
        sync.on("periodic_advertisement",
                lambda report: train.done() or train.set_result(report.data_bytes))
        assert bytes(await asyncio.wait_for(train, 10)) == TRAIN
        await ours


async def connect():
    async with virtual_link(interop.free_ports(1)) as (device, hci):
        connected = asyncio.get_running_loop().create_future()
        device.on("connection", lambda link: connected.done() or connected.set_result(link))
        await advertising_set(device, True, False)
        said = await peer(hci, "connect")
        assert "connected" in said, said
        assert connected.done()


async def main(_folder):
    for test in (listen, advertise, connect):
        await test()
        print(f"{test.__name__}: good")


if __name__ == "__main__":
    interop.run_test(main)
