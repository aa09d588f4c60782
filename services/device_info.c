#include "woad/service_device_info.h"

const struct woad_uuid woad_device_info_uuid = WOAD_UUID16(0x180A);
const struct woad_uuid woad_device_info_system_id = WOAD_UUID16(0x2A23);
const struct woad_uuid woad_device_info_model = WOAD_UUID16(0x2A24);
const struct woad_uuid woad_device_info_serial = WOAD_UUID16(0x2A25);
const struct woad_uuid woad_device_info_firmware = WOAD_UUID16(0x2A26);
const struct woad_uuid woad_device_info_hardware = WOAD_UUID16(0x2A27);
const struct woad_uuid woad_device_info_software = WOAD_UUID16(0x2A28);
const struct woad_uuid woad_device_info_manufacturer = WOAD_UUID16(0x2A29);
const struct woad_uuid woad_device_info_regulatory = WOAD_UUID16(0x2A2A);
const struct woad_uuid woad_device_info_pnp_id = WOAD_UUID16(0x2A50);

void woad_device_info_make_system_id(const struct woad_addr *addr, uint8_t to[8])
{
    for (int i = 0; i < 3; i++) {
        to[i] = addr->val[i];
        to[i + 5] = addr->val[i + 3];
    }
    to[3] = 0xFE;
    to[4] = 0xFF;
}
