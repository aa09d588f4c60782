/* The ready services: the input is a row of steps {what, ...}: an ATT PDU of a client, or something
 * that the application does with them. Beside them the measurement of a heart rate from any octets:
 * what is read can be built, and reads the same again. */
#include "host_fuzz.h"

#include "woad/service_battery.h"
#include "woad/service_gap.h"
#include "woad/service_heart_rate.h"
#include "woad/service_keyboard.h"
#include "woad/service_nus.h"

#define KEYS 8

static const struct woad_gatt_attr keyboard_table[] = WOAD_KEYBOARD_TABLE(WOAD_GATT_OPEN);
static struct woad_battery battery;
static struct woad_gap_service gap;
static uint8_t gap_name[8];
static struct woad_heart_rate heart;
static struct woad_nus nus;
static struct woad_keyboard keyboard;
static struct woad_keyboard_link links[2];
static uint16_t keys[KEYS];
static uint16_t energy_kj;
static woad_gatts_req held;
static bool hold;
static uint8_t octets[600];

static void on_nus(void *arg, struct woad_host *h, const struct woad_nus_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_NUS_RECEIVED && hold) {
        *evt->u.received.later = true;
        held = evt->u.received.req;
    }
    if (evt->type == WOAD_NUS_WRITABLE &&
        woad_nus_write(h, &nus, FUZZ_CONN, octets, sizeof(octets)) > (long)sizeof(octets))
        abort();
}

static void on_keyboard(void *arg, struct woad_host *h, const struct woad_keyboard_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_KEYBOARD_WRITABLE && woad_keyboard_type(h, &keyboard, "Aa") == 0)
        abort(); /* it said that there is room, or an error says otherwise */
}

static void act(struct host_fuzz *f, uint8_t what, uint8_t arg)
{
    const struct woad_heart_rate_value m = {.bpm = (uint16_t)(arg * 3), .rr_count = arg % 22};
    switch (what & 7) {
    case 0: (void)!woad_battery_set(f->h, &battery, arg); break;
    case 1: (void)!woad_heart_rate_send(f->h, &heart, &m); break;
    case 2: (void)!woad_nus_write(f->h, &nus, FUZZ_CONN, octets, arg * 2u); break;
    case 3: (void)!woad_keyboard_press(f->h, &keyboard, arg); break;
    case 4: (void)!woad_keyboard_release(f->h, &keyboard, arg); break;
    case 5: (void)!woad_nus_resume(f->h, held); break;
    case 6: hold = arg & 1; break;
    default: woad_keyboard_clear(&keyboard); break;
    }
}

static void request(struct host_fuzz *f, struct woad_rd *r, uint8_t len)
{
    uint8_t acl[8 + 240];
    uint16_t n = (uint16_t)(len < r->left ? len : r->left);
    woad_put_u16(acl, FUZZ_CONN | 0x2000);
    woad_put_u16(acl + 2, (uint16_t)(n + 4));
    woad_put_u16(acl + 4, n);
    woad_put_u16(acl + 6, 4);
    woad_rd_bytes(r, acl + 8, n);
    fuzz_give(f, WOAD_PKT_ACL, acl, n + 8u);
    fuzz_pump(f);
}

static void measure(const uint8_t *data, size_t size)
{
    struct woad_heart_rate_value m, again;
    uint8_t to[64];
    if (woad_heart_rate_parse(&m, data, size))
        return;
    int len = woad_heart_rate_build(&m, to, sizeof(to));
    if (len < 2 || woad_heart_rate_parse(&again, to, (size_t)len) || again.bpm != m.bpm ||
        again.contact != m.contact || again.energy_kj != m.energy_kj ||
        again.rr_count != m.rr_count || memcmp(again.rr_1024, m.rr_1024, sizeof(m.rr_1024)) != 0)
        abort();
}

static void add_services(struct woad_host *h)
{
    battery = (struct woad_battery){0};
    heart = (struct woad_heart_rate){.energy_kj = &energy_kj};
    nus = (struct woad_nus){.event = on_nus};
    keyboard = (struct woad_keyboard){.attrs = keyboard_table,
                                      .queue = keys,
                                      .queue_size = KEYS,
                                      .links = links,
                                      .link_count = 2,
                                      .event = on_keyboard};
    gap = (struct woad_gap_service){.name = {gap_name, 4, sizeof(gap_name)},
                                    .name_write = WOAD_GATT_OPEN,
                                    .appearance_write = WOAD_GATT_OPEN,
                                    .has = 0x0f};
    held = 0;
    hold = false;
    if (woad_battery_add(h, &battery, 50) || woad_heart_rate_add(h, &heart) ||
        woad_nus_add(h, &nus) || woad_keyboard_add(h, &keyboard) || woad_gap_service_init(&gap) ||
        woad_gatts_add(h, &gap.service)) /* behind the others, whose handles stay */
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct woad_gatts_cfg gatts = {.prepare_size = 100};
    static const struct woad_host_use parts[] = {{&woad_gatts_part, &gatts}, {NULL, NULL}};
    struct host_fuzz f;
    struct woad_rd r = woad_rd_init(data, size);
    measure(data, size);
    fuzz_link(&f, parts);
    add_services(f.h);
    while (r.left > 2) {
        uint8_t what = woad_rd_u8(&r);
        if (what < 0xf0)
            request(&f, &r, what);
        else
            act(&f, what, woad_rd_u8(&r));
        fuzz_pump(&f);
        if (battery.percent > 100 || keyboard.waiting > KEYS || keyboard.report[1] ||
            gap.name.len > sizeof(gap_name))
            abort();
    }
    fuzz_end(&f);
    return 0;
}
