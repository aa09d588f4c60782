#include "woad/service_heart_rate.h"

#include "service.h"
#include "woad/cursor.h"

const struct woad_uuid woad_heart_rate_uuid = WOAD_UUID16(0x180D);
const struct woad_uuid woad_heart_rate_measurement_uuid = WOAD_UUID16(0x2A37);
const struct woad_uuid woad_heart_rate_location_uuid = WOAD_UUID16(0x2A38);
const struct woad_uuid woad_heart_rate_control_uuid = WOAD_UUID16(0x2A39);

/* ---- measurements ---------------------------------------------------------------------------- */

/* The first octet; bits 1 and 2 are the contact. */
#define FLAG_WIDE   0x01 /* the rate has 16 bits */
#define FLAG_ENERGY 0x08
#define FLAG_RR     0x10
#define FLAGS_KNOWN 0x1F

int woad_heart_rate_build(const struct woad_heart_rate_value *m, uint8_t *to, size_t size)
{
    bool wide = m->bpm > 0xFF;
    if (m->rr_count > WOAD_HEART_RATE_RR_MAX || m->contact > WOAD_HEART_RATE_CONTACT)
        return WOAD_ERR_INVALID;
    struct woad_wr w = woad_wr_init(to, size);
    woad_wr_u8(&w, (uint8_t)((wide ? FLAG_WIDE : 0) | m->contact << 1 |
                             (m->has_energy ? FLAG_ENERGY : 0) | (m->rr_count ? FLAG_RR : 0)));
    if (wide)
        woad_wr_u16(&w, m->bpm);
    else
        woad_wr_u8(&w, (uint8_t)m->bpm);
    if (m->has_energy)
        woad_wr_u16(&w, m->energy_kj);
    for (uint8_t i = 0; i < m->rr_count; i++)
        woad_wr_u16(&w, m->rr_1024[i]);
    return woad_wr_ok(&w) ? (int)woad_wr_len(&w) : WOAD_ERR_TOO_LONG;
}

int woad_heart_rate_parse(struct woad_heart_rate_value *m, const void *data, size_t len)
{
    struct woad_rd r = woad_rd_init(data, len);
    uint8_t flags = woad_rd_u8(&r);
    *m = (struct woad_heart_rate_value){0};
    m->bpm = flags & FLAG_WIDE ? woad_rd_u16(&r) : woad_rd_u8(&r);
    m->contact = flags >> 1 & 3;
    if (m->contact == 1) /* not supported, like 0 */
        m->contact = WOAD_HEART_RATE_CONTACT_UNKNOWN;
    m->has_energy = flags & FLAG_ENERGY;
    if (m->has_energy)
        m->energy_kj = woad_rd_u16(&r);
    while (flags & FLAG_RR && r.left) {
        uint16_t rr = woad_rd_u16(&r);
        if (m->rr_count < WOAD_HEART_RATE_RR_MAX)
            m->rr_1024[m->rr_count++] = rr;
    }
    /* What a flag of the future brings may follow. */
    bool more = r.left && !(flags & ~FLAGS_KNOWN);
    return woad_rd_ok(&r) && !more ? 0 : WOAD_ERR_FORMAT;
}

/* ---- the sensor ------------------------------------------------------------------------------ */

enum { MEASUREMENT = 2, LOCATION = 5, COUNT_WITHOUT_ENERGY = 6, CONTROL = 7, COUNT = 8 };
static const struct woad_gatt_attr open_table[COUNT] = WOAD_HEART_RATE_TABLE(WOAD_GATT_OPEN);

#define RESET_ENERGY      1
#define ERR_NOT_SUPPORTED 0x80 /* Control Point value not supported */

static void tell(struct woad_heart_rate *s, struct woad_host *h, uint8_t type, uint16_t conn,
                 bool on)
{
    if (s->event)
        s->event(s->arg, h, &(struct woad_heart_rate_evt){type, conn, on});
}

static void on_control(struct woad_heart_rate *s, struct woad_host *h,
                       const struct woad_gatts_evt *evt)
{
    if (evt->u.write.len != 1 || evt->u.write.data[0] != RESET_ENERGY) {
        woad_service_answer(h, evt, ERR_NOT_SUPPORTED);
        return;
    }
    woad_service_answer(h, evt, 0);
    if (evt->u.write.check)
        return;
    *s->energy_kj = 0;
    tell(s, h, WOAD_HEART_RATE_ENERGY_RESET, evt->conn, false);
}

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct woad_heart_rate *s = arg;
    switch (evt->type) {
    case WOAD_GATTS_READ: woad_service_give(h, evt, &s->location, 1); break;
    case WOAD_GATTS_WRITE: on_control(s, h, evt); break;
    case WOAD_GATTS_SUBSCRIBED:
        tell(s, h, WOAD_HEART_RATE_LISTENING, evt->conn, evt->u.subscribed.notify);
        break;
    case WOAD_GATTS_WRITABLE: tell(s, h, WOAD_HEART_RATE_WRITABLE, evt->conn, false); break;
    case WOAD_GATTS_ENDED: tell(s, h, WOAD_HEART_RATE_ENDED, evt->conn, false); break;
    default: break;
    }
}

int woad_heart_rate_add(struct woad_host *h, struct woad_heart_rate *s)
{
    if (s->location > WOAD_HEART_RATE_FOOT)
        return WOAD_ERR_INVALID;
    s->service = (struct woad_gatt_service){
        .attrs = s->attrs ? s->attrs : open_table,
        .count = s->energy_kj ? COUNT : COUNT_WITHOUT_ENERGY,
        .event = on_event,
        .arg = s,
    };
    return woad_gatts_add(h, &s->service);
}

int woad_heart_rate_send(struct woad_host *h, struct woad_heart_rate *s,
                         const struct woad_heart_rate_value *m)
{
    uint8_t value[WOAD_ATT_MTU_MIN - 3];
    if (m->has_energy && !s->energy_kj)
        return WOAD_ERR_INVALID;
    int len = woad_heart_rate_build(m, value, sizeof(value));
    if (len < 0)
        return len;
    return woad_gatts_notify_all(h, (uint16_t)(s->service.start + MEASUREMENT), value,
                                 (uint16_t)len);
}
