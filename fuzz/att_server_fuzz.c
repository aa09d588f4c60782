/* The GATT server: the input is a row of steps {what, ...}: an ATT PDU of the client on the fixed
 * or an enhanced bearer, any PDU of L2CAP signalling, or something that the application does:
 * services go and come back, values are sent, late answers given. */
#include "host_fuzz.h"

#include "woad/eatt.h"
#include "woad/gatts.h"

static const struct woad_uuid svc = WOAD_UUID16(0x180F), one = WOAD_UUID16(0x2A19),
                              two = WOAD_UUID16(0x2A1A);
static const struct woad_uuid wide =
    WOAD_UUID128(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
static uint8_t octets[32];
static struct woad_gatt_value value = {octets, 2, sizeof(octets)};
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&svc),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP |
                             WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE | WOAD_GATT_SIGNED_WRITE),
    WOAD_GATT_VALUE(&one, &value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_DYNAMIC(&two, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_DYNAMIC(&two, NULL, 0, WOAD_GATT_OPEN | WOAD_GATT_AUTHORIZED, WOAD_GATT_OPEN),
};
static const struct woad_gatt_attr wide_attrs[] = {
    WOAD_GATT_SERVICE(&wide),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&wide, octets, 32, WOAD_GATT_OPEN),
};
static struct woad_gatt_service services[2];
static woad_gatts_req late;
static uint8_t mode; /* how the application answers */
static uint8_t big[600];

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    if (evt->type < WOAD_GATTS_READ || evt->type > WOAD_GATTS_AUTHORIZE)
        return;
    bool read = evt->type == WOAD_GATTS_READ;
    late = read ? evt->u.read.req : evt->u.write.req;
    if (mode & 1)
        (void)!woad_gatts_answer(h, late, mode & 2 ? 0x80 : 0, read ? big : NULL,
                                 (uint16_t)(mode * 2));
    if (mode & 4)
        (void)!woad_gatts_remove(h, &services[0]);
}

static void act(struct host_fuzz *f, uint8_t what)
{
    uint16_t handle = (uint16_t)(services[0].start + 2);
    struct woad_buf *buf;
    switch (what & 7) {
    case 0: (void)!woad_gatts_remove(f->h, &services[what >> 3 & 1]); break;
    case 1: (void)!woad_gatts_add(f->h, &services[what >> 3 & 1]); break;
    case 2: (void)!woad_gatts_notify(f->h, FUZZ_CONN, handle, big, what >> 3); break;
    case 3: (void)!woad_gatts_indicate(f->h, FUZZ_CONN, handle, big, what >> 3); break;
    case 4: (void)!woad_gatts_answer(f->h, late, what >> 7, big, (uint16_t)(what * 2)); break;
    case 5: mode = what >> 3; break;
    case 6: (void)!woad_gatts_notify_all(f->h, handle, big, what >> 3); break;
    default:
        buf = woad_gatts_notify_alloc(f->h, handle);
        if (buf)
            (void)!woad_gatts_notify_send(f->h, FUZZ_CONN, buf);
        break;
    }
}

/* The next len octets of the input on cid; with the length of an SDU before them. */
static void request(struct host_fuzz *f, struct woad_rd *r, uint8_t len, uint16_t cid)
{
    uint8_t acl[8 + 2 + 255];
    const uint8_t *p = woad_rd_take(r, len < r->left ? len : r->left);
    uint16_t n = p ? (uint16_t)(r->p - p) : 0;
    uint16_t head = cid >= 0x40 ? 2 : 0;
    if (n > 240)
        n = 240;
    woad_put_u16(acl, FUZZ_CONN | 0x2000);
    woad_put_u16(acl + 2, (uint16_t)(n + head + 4));
    woad_put_u16(acl + 4, (uint16_t)(n + head));
    woad_put_u16(acl + 6, cid);
    woad_put_u16(acl + 8, n);
    if (n)
        memcpy(acl + 8 + head, p, n);
    fuzz_give(f, WOAD_PKT_ACL, acl, n + head + 8u);
    fuzz_pump(f);
}

/* Encrypts the link and opens two bearers, which get the first local CIDs. */
static void open_bearers(struct host_fuzz *f)
{
    static const uint8_t on[] = {WOAD_HCI_EVT_ENCRYPTION_CHANGE, 4, 0, FUZZ_CONN, 0, 1};
    static const uint8_t req[] = {0x17, 1, 12, 0, 0x27, 0, 80, 0, 64, 0, 9, 0, 0x50, 0, 0x51, 0};
    struct woad_rd r = woad_rd_init(req, sizeof(req));
    fuzz_give(f, WOAD_PKT_EVT, on, sizeof(on));
    fuzz_pump(f);
    request(f, &r, sizeof(req), 5);
    if (woad_eatt_count(f->h, FUZZ_CONN) != 2)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct woad_gatts_cfg gatts = {.prepare_size = 100, .cccds = 2};
    static const struct woad_host_use parts[] = {
        {&woad_gatts_part, &gatts}, {&woad_eatt_part, NULL}, {NULL, NULL}};
    struct host_fuzz f;
    struct woad_rd r = woad_rd_init(data, size);
    fuzz_link(&f, parts);
    mode = 0;
    late = 0;
    value.len = 2;
    services[0] = (struct woad_gatt_service){.attrs = attrs, .count = 8, .event = on_event};
    services[1] = (struct woad_gatt_service){.attrs = wide_attrs, .count = 3};
    if (woad_gatts_add(f.h, &services[0]) || woad_gatts_add(f.h, &services[1]))
        abort();
    open_bearers(&f);
    while (r.left > 1) {
        uint8_t what = woad_rd_u8(&r);
        if (what < 0xd0)
            request(&f, &r, what, 4);
        else if (what < 0xe8)
            request(&f, &r, woad_rd_u8(&r), (uint16_t)(0x40 + (what & 1)));
        else if (what == 0xe8)
            request(&f, &r, woad_rd_u8(&r), 5);
        else if (what == 0xe9)
            (void)!woad_eatt_open(f.h, FUZZ_CONN, 1);
        else
            act(&f, woad_rd_u8(&r));
        fuzz_pump(&f);
    }
    fuzz_end(&f);
    return 0;
}
