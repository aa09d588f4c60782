#include "woad/service_nus.h"

#include "service.h"

#define NUS_UUID(n)                                                                                \
    WOAD_UUID128(0x9E, 0xCA, 0xDC, 0x24, 0x0E, 0xE5, 0xA9, 0xE0, 0x93, 0xF3, 0xA3, 0xB5, n, 0x00,  \
                 0x40, 0x6E)
const struct woad_uuid woad_nus_uuid = NUS_UUID(1);
const struct woad_uuid woad_nus_rx_uuid = NUS_UUID(2);
const struct woad_uuid woad_nus_tx_uuid = NUS_UUID(3);

enum { TX = 4, COUNT = 6 }; /* places in the table */
static const struct woad_gatt_attr open_table[COUNT] = WOAD_NUS_TABLE(WOAD_GATT_OPEN);

static void received(struct woad_nus *nus, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    bool later = false;
    const struct woad_nus_evt told = {
        .type = WOAD_NUS_RECEIVED,
        .conn = evt->conn,
        .u.received = {evt->u.write.data, evt->u.write.len, evt->u.write.req, &later},
    };
    if (!evt->u.write.check) /* else the octets come once more, to stay */
        nus->event(nus->arg, h, &told);
    if (!later)
        woad_service_answer(h, evt, 0);
}

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct woad_nus *nus = arg;
    struct woad_nus_evt told = {.conn = evt->conn};
    switch (evt->type) {
    case WOAD_GATTS_WRITE: received(nus, h, evt); return;
    case WOAD_GATTS_SUBSCRIBED:
        told.type = WOAD_NUS_LISTENING;
        told.u.listening = evt->u.subscribed.notify;
        break;
    case WOAD_GATTS_WRITABLE: told.type = WOAD_NUS_WRITABLE; break;
    case WOAD_GATTS_ENDED: told.type = WOAD_NUS_ENDED; break;
    default: return;
    }
    nus->event(nus->arg, h, &told);
}

int woad_nus_add(struct woad_host *h, struct woad_nus *nus)
{
    nus->service = (struct woad_gatt_service){.attrs = nus->attrs ? nus->attrs : open_table,
                                              .count = COUNT,
                                              .event = on_event,
                                              .arg = nus};
    return woad_gatts_add(h, &nus->service);
}

long woad_nus_write(struct woad_host *h, struct woad_nus *nus, uint16_t conn, const void *data,
                    size_t len)
{
    const uint8_t *from = data;
    size_t sent = 0;
    uint16_t room = woad_gatts_mtu(h, conn), handle = (uint16_t)(nus->service.start + TX);
    if (!room)
        return WOAD_ERR_NOT_CONNECTED;
    room = (uint16_t)(room - 3 < WOAD_ATT_VALUE_MAX ? room - 3 : WOAD_ATT_VALUE_MAX);
    while (sent < len) {
        uint16_t n = len - sent < room ? (uint16_t)(len - sent) : room;
        int err = woad_gatts_notify(h, conn, handle, from + sent, n);
        if (err)
            return sent ? (long)sent : err;
        sent += n;
    }
    return (long)sent;
}

int woad_nus_resume(struct woad_host *h, woad_gatts_req req)
{
    return woad_gatts_answer(h, req, 0, NULL, 0);
}
