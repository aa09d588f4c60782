"""The tests of bumble_gap_test on controllers of ours, with what is on air recorded."""
import interop
from bumble_gap_test import advertise, connect, listen


async def main(folder):
    for test in (listen, advertise, connect):
        capture = folder / f"{test.__name__}.pcap"
        with interop.Ether("--devices", "2", "--listen", f"tcp:{interop.free_ports(2)}", "--capture",
                           str(capture)) as world:
            async with interop.bumble_device(world.hci[0], "bumble", "F0:F0:F0:F0:F0:01") as device:
                if not device.supports_le_extended_advertising:
                    raise interop.Skip("the controllers of woad ether have no extended advertising")
                await test(device, world.hci[1])
        interop.check_tshark(capture)
        print(f"{test.__name__}: good", flush=True)


if __name__ == "__main__":
    interop.run_test(main)
