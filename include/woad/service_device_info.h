/* woad/service_device_info.h: Device Information, 0x180A: who made this and what is in it
 * [Device Information Service 1.1].
 *
 * A table in flash and no code: the server reads it where it is. Every characteristic is optional
 * and may be there once.
 *
 *     static const uint8_t pnp[] = WOAD_PNP_ID(WOAD_PNP_BLUETOOTH, 0x0059, 0x0001, 0x0100);
 *     static const struct woad_gatt_attr info[] = {
 *         WOAD_DEVICE_INFO_SERVICE,
 *         WOAD_DEVICE_INFO_TEXT(woad_device_info_manufacturer, "Dyer & Sons"),
 *         WOAD_DEVICE_INFO_TEXT(woad_device_info_firmware, "1.4.2"),
 *         WOAD_DEVICE_INFO_OCTETS(woad_device_info_pnp_id, pnp, sizeof(pnp)),
 *     };
 *     static struct woad_gatt_service service = {.attrs = info, .count = WOAD_GATT_COUNT_OF(info)};
 *     err = woad_gatts_add(h, &service);
 *
 * What is known only at run time (a serial number, a System ID) is a struct woad_gatt_value in
 * memory: WOAD_DEVICE_INFO_VALUE.
 */
#ifndef WOAD_SERVICE_DEVICE_INFO_H
#define WOAD_SERVICE_DEVICE_INFO_H

#include "woad/addr.h"
#include "woad/gatts.h"

extern const struct woad_uuid woad_device_info_uuid; /* of the service */
/* Texts, UTF-8. */
extern const struct woad_uuid woad_device_info_manufacturer, woad_device_info_model,
    woad_device_info_serial, woad_device_info_firmware, woad_device_info_hardware,
    woad_device_info_software;
/* Octets: WOAD_PNP_ID; woad_device_info_make_system_id(); the list of IEEE 11073-20601. */
extern const struct woad_uuid woad_device_info_pnp_id, woad_device_info_system_id,
    woad_device_info_regulatory;

#define WOAD_DEVICE_INFO_SERVICE WOAD_GATT_SERVICE(&woad_device_info_uuid)
/* text: a literal or an array, without its final 0 on air. */
#define WOAD_DEVICE_INFO_TEXT(uuid, text) WOAD_DEVICE_INFO_OCTETS(uuid, text, sizeof(text) - 1)
#define WOAD_DEVICE_INFO_OCTETS(uuid, octets, len)                                                 \
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ), WOAD_GATT_CONST(&(uuid), octets, len, WOAD_GATT_OPEN)
/* value: address of a struct woad_gatt_value. */
#define WOAD_DEVICE_INFO_VALUE(uuid, value)                                                        \
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),                                                      \
        WOAD_GATT_VALUE(&(uuid), value, WOAD_GATT_OPEN, WOAD_GATT_NEVER)

/* Whose number the vendor is. */
enum woad_pnp_source { WOAD_PNP_BLUETOOTH = 1, WOAD_PNP_USB = 2 };

/* The seven octets of a PnP ID. A version of 1.2.3 is 0x0123. HID over GATT wants one. */
#define WOAD_PNP_ID(source, vendor, product, version)                                              \
    {                                                                                              \
        source, (uint8_t)((vendor)&0xff), (uint8_t)((vendor) >> 8), (uint8_t)((product)&0xff),     \
            (uint8_t)((product) >> 8), (uint8_t)((version)&0xff), (uint8_t)((version) >> 8)        \
    }

/* The System ID of a device with a public address: its OUI, 0xFFFE and the rest, as an EUI-64, the
 * least significant octet first. */
void woad_device_info_make_system_id(const struct woad_addr *addr, uint8_t to[8]);

#endif
