"""woad gatt against a server of Bumble's, both on controllers of `woad ether`."""
import asyncio
import json

from interop import WOAD, Ether, adv_data, bumble_device, free_ports, run_test

NOTE = "776f6164-0000-4e6f-7465-000000000002"


def services():
    from bumble.gatt import Characteristic, Descriptor, Service
    p = Characteristic.Properties
    rw = Characteristic.READABLE | Characteristic.WRITEABLE
    level = Characteristic("2A19", p.READ | p.NOTIFY, Characteristic.READABLE, bytes([87]),
                           [Descriptor("2901", Descriptor.READABLE, b"main battery")])
    note = Characteristic(NOTE, p.READ | p.WRITE | p.WRITE_WITHOUT_RESPONSE, rw, bytes(range(200)))
    secret = Characteristic("2A06", p.READ, Characteristic.READABLE |
                            Characteristic.READ_REQUIRES_ENCRYPTION, b"\x02")
    return level, note, [Service("180F", [level]), Service(NOTE[:-1] + "1", [note, secret])]


async def woad(*arguments, code=0, typed=None):
    process = await asyncio.create_subprocess_exec(
        WOAD, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE)
    out, err = await asyncio.wait_for(process.communicate((typed or "").encode()), 100)
    assert process.returncode == code, f"{arguments}: {process.returncode}\n{out.decode()}{err.decode()}"
    return out.decode(), err.decode()


async def main(folder):
    with Ether("--devices", "2", "--listen", f"tcp:{free_ports(2)}") as ether:
        async with bumble_device(ether.hci[0], "lamp", "F0:F1:F2:F3:F4:F5") as device:
            from bumble.pairing import PairingConfig
            # Left to itself it names the controller's address as its identity and advertises with another.
            device.pairing_config_factory = lambda connection: PairingConfig(
                identity_address_type=PairingConfig.AddressType.RANDOM)
            level, note, added = services()
            device.add_services(added)

            async def notify():
                value = 0
                while True:
                    await asyncio.sleep(0.2)
                    value = (value + 1) % 100
                    await device.notify_subscribers(level, bytes([value]))

            notifier = asyncio.create_task(notify())
            await device.start_advertising(advertising_data=adv_data("lamp"), auto_restart=True)
            gatt = ("gatt", "--name", "lamp", "--hci", ether.hci[1], "--store", str(folder / "db"))

            tree = json.loads((await woad(*gatt, "services", "--json"))[0])
            found = {c["uuid"]: c for s in tree for c in s["characteristics"]}
            assert found["2a19"]["properties"] == ["read", "notify"], found
            assert {d["uuid"] for d in found["2a19"]["descriptors"]} == {"2901", "2902"}, found
            assert found["2a19"]["name"] == "Battery Level"

            assert " = 87 " in (await woad(*gatt, "read", "battery-level"))[0]
            assert "main battery" in (await woad(*gatt, "read", "2901"))[0]
            out = json.loads((await woad(*gatt, "read", NOTE, "--json"))[0])
            assert out["hex"] == bytes(range(200)).hex(), out

            await woad(*gatt, "write", NOTE, "text:hello", "you")
            assert bytes(note.value) == b"hello you", note.value
            await woad(*gatt, "write", NOTE, "0x" + "5a" * 300)
            assert bytes(note.value) == b"\x5a" * 300, note.value
            handle = f"0x{found[NOTE]['handle']:04X}"
            await woad(*gatt, "write-no-rsp", handle, "u16:1,0x200")
            while bytes(note.value) != bytes([1, 0, 0, 2]):  # nobody has answered that it came
                await asyncio.sleep(0.01)

            lines = (await woad(*gatt, "subscribe", "2a19", "--count", "3", "--json"))[0].splitlines()
            heard = [int(e["value"]) for e in map(json.loads, lines) if e["event"] == "notifies"]
            assert len(heard) == 3 and heard[1] == heard[0] + 1 and heard[2] == heard[1] + 1, lines

            _, err = await woad(*gatt, "read", "0x0FFF", code=1)
            assert "invalid handle (0x01)" in err, err

            out, _ = await woad(*gatt, "--yes", "--io", "none", "read", "2a06")
            assert "Paired" in out and " = 2 " in out, out
            out, _ = await woad(*gatt, "--io", "none", "read", "2a06")  # with the bond
            assert "Paired" not in out and " = 2 " in out, out
            out = json.loads((await woad("bonds", "--store", str(folder / "db"), "--json"))[0])
            assert len(out) == 1 and out[0]["secure_connections"], out

            out, _ = await woad(*gatt, typed="read 2a00\nsubscribe 2a19\nwait 1\ninfo\nmtu\nquit\n")
            assert "notifies" in out and "security level" in out and "MTU" in out, out
            _, err = await woad(*gatt, typed="nonsense\nread\n", code=2)
            assert "no command 'nonsense'" in err and "'read WHERE [TYPE]'" in err, err
            notifier.cancel()
    print("woad gatt and a server of Bumble's agree")


if __name__ == "__main__":
    run_test(main)
