/* The GAP service, the server's own and the full one, by PDUs: rows and tests bear the names of the
 * purposes of GAP.TS.p49, 4.7.7. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "att/att_priv.h"
#include "support/l2cap_peer.h"
#include "woad/cursor.h"
#include "woad/service_gap.h"

enum { NAME = 0x2A00, APPEARANCE, PREFERRED = 0x2A04, RESOLUTION = 0x2AA6, RPA_ONLY = 0x2AC9 };
enum { KEY_MATERIAL = 0x2B88, SECURITY_LEVELS = 0x2BF5 };

static uint8_t name[20];
static const uint8_t levels[] = {1, 1, 1, 2, 1, 3, 1, 4};
static struct woad_gap_service gap;
static bool allowed;
static unsigned asked, written;

/* Security made of a variable. */
static uint8_t link_level;
static uint8_t level(const struct host_link *link)
{
    (void)link;
    return link_level;
}
static uint8_t key_size(const struct host_link *link)
{
    (void)link;
    return link_level > 1 ? 16 : 0;
}
static int bond_of(const struct host_link *link)
{
    (void)link;
    return -1;
}
static const struct host_security_ops security = {
    .level = level, .key_size = key_size, .bond = bond_of};

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    assert_ptr_equal(arg, &gap);
    written += evt->type == WOAD_GATTS_WRITTEN || evt->type == WOAD_GATTS_WRITE;
    if (evt->type != WOAD_GATTS_AUTHORIZE)
        return;
    asked++;
    uint8_t error = allowed ? 0 : WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION;
    assert_int_equal(woad_gatts_answer(h, evt->u.read.req, error, NULL, 0), 0);
}

static struct peer *start_with(const struct woad_gatts_cfg *gatts)
{
    const struct woad_host_use parts[] = {{&woad_gatts_part, gatts}, {NULL, NULL}};
    const struct woad_host_cfg cfg = {.att_mtu = 64, .parts = parts};
    struct peer *p = peer_new(true, &cfg);
    link_level = 1;
    asked = written = 0;
    p->dev->h->security = &security;
    PEER_SEND(p, 4, 0x02, 64, 0);
    assert_int_equal(peer_next(p)->data[0], 0x03);
    return p;
}

static struct peer *start(uint8_t write)
{
    static const struct woad_gatts_cfg gatts = {.gap = &gap.service};
    memcpy(name, "lamp", 4);
    gap = (struct woad_gap_service){.name = {name, 4, sizeof(name)},
                                    .name_write = write,
                                    .appearance = 0x0580,
                                    .appearance_write = write,
                                    .has = 0x1f,
                                    .preferred = {6, 12, 4, 500},
                                    .resolves = true,
                                    .levels = levels,
                                    .levels_len = sizeof(levels),
                                    .event = on_event,
                                    .arg = &gap};
    for (uint8_t i = 0; i < WOAD_GAP_KEY_MATERIAL_LEN; i++)
        gap.key_material[i] = i;
    assert_int_equal(woad_gap_service_init(&gap), 0);
    return start_with(&gatts);
}

static const struct peer_pdu *ask(struct peer *p, const void *pdu, uint16_t len)
{
    peer_send(p, 4, pdu, len);
    const struct peer_pdu *got = peer_next(p);
    assert_non_null(got);
    assert_int_equal(got->cid, 4);
    return got;
}
#define ASK(p, ...) ask(p, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* The handle of the one value with this UUID in the one GAP service; its properties. */
static uint8_t find(struct peer *p, uint16_t uuid, uint8_t *properties)
{
    const struct peer_pdu *r = ASK(p, 0x06, 1, 0, 0xff, 0xff, 0, 0x28, 0, 0x18);
    assert_int_equal(r->len, 5);
    uint8_t from = r->data[1], end = r->data[3], found = 0;
    while (from <= end) {
        r = ASK(p, 0x08, from, 0, end, 0, 3, 0x28);
        if (r->data[0] == 0x01)
            break;
        assert_int_equal(r->data[1], 7);
        for (uint16_t at = 2; at < r->len; at = (uint16_t)(at + 7)) {
            const uint8_t *item = r->data + at;
            from = (uint8_t)(item[3] + 1);
            if (woad_get_u16(item + 5) != uuid)
                continue;
            assert_int_equal(found, 0);
            found = item[3];
            *properties = item[2];
        }
    }
    assert_int_not_equal(found, 0);
    return found;
}

static void expect_read(struct peer *p, uint8_t handle, const void *value, uint16_t len)
{
    const struct peer_pdu *r = ASK(p, 0x0a, handle, 0);
    assert_int_equal(r->data[0], 0x0b);
    assert_int_equal(r->len, len + 1);
    assert_memory_equal(r->data + 1, value, len);
}

static void expect_error(const struct peer_pdu *r, uint8_t opcode, uint8_t handle, uint8_t error)
{
    const uint8_t want[] = {0x01, opcode, handle, 0, error};
    assert_int_equal(r->len, 5);
    assert_memory_equal(r->data, want, 5);
}

/* ---- discover -------------------------------------------------------------------------------- */

struct row {
    uint16_t uuid;
    uint8_t len;
    uint8_t value[8];
    bool own; /* the server's own service has it as well */
};

static void discovered(void **state)
{
    const struct row *row = *state;
    uint8_t properties, handle;
    struct peer *p = start(WOAD_GATT_NEVER);
    handle = find(p, row->uuid, &properties);
    assert_int_equal(properties, WOAD_GATT_READ);
    expect_read(p, handle, row->value, row->len);
    expect_error(ASK(p, 0x12, handle, 0, 0, 0), 0x12, handle, WOAD_ATT_ERR_WRITE_NOT_PERMITTED);
    peer_free(p);
    if (!row->own)
        return;
    p = start_with(&(struct woad_gatts_cfg){.name = "lamp", .appearance = 0x0580});
    handle = find(p, row->uuid, &properties);
    assert_int_equal(properties, WOAD_GATT_READ);
    expect_read(p, handle, row->value, row->len);
    peer_free(p);
}

/* ---- written --------------------------------------------------------------------------------- */

/* Step 5: the level is raised as Insufficient Authentication wants it. */
static void writeable(void **state)
{
    const struct row *row = *state;
    uint8_t properties, pdu[11] = {0x12};
    struct peer *p = start(WOAD_GATT_AUTHENTICATED);
    uint8_t handle = find(p, row->uuid, &properties);
    assert_int_equal(properties, WOAD_GATT_READ | WOAD_GATT_WRITE);
    pdu[1] = handle;
    memcpy(pdu + 3, row->value, row->len);
    for (link_level = 1; link_level < 3; link_level++)
        expect_error(ask(p, pdu, (uint16_t)(row->len + 3)), 0x12, handle,
                     WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(written, 0);
    assert_int_equal(ask(p, pdu, (uint16_t)(row->len + 3))->data[0], 0x13);
    assert_int_equal(written, 1);
    expect_read(p, handle, row->value, row->len);
    peer_free(p);
}

static void an_appearance_has_two_octets(void **state)
{
    (void)state;
    uint8_t properties;
    struct peer *p = start(WOAD_GATT_OPEN);
    uint8_t handle = find(p, APPEARANCE, &properties);
    expect_error(ASK(p, 0x12, handle, 0, 1), 0x12, handle, WOAD_ATT_ERR_INVALID_VALUE_LENGTH);
    expect_error(ASK(p, 0x12, handle, 0, 1, 2, 3), 0x12, handle, WOAD_ATT_ERR_INVALID_VALUE_LENGTH);
    assert_int_equal(gap.appearance, 0x0580);
    peer_free(p);
}

static void what_is_no_table(void **state)
{
    (void)state;
    uint8_t longest[300] = {0};
    struct woad_gap_service s = {.name = {longest, 249, 249}};
    assert_int_equal(woad_gap_service_init(&s), WOAD_ERR_INVALID);
    s.name = (struct woad_gatt_value){longest, 248, 248};
    s.levels_len = 3;
    assert_int_equal(woad_gap_service_init(&s), WOAD_ERR_INVALID);
    s.levels_len = 0;
    assert_int_equal(woad_gap_service_init(&s), 0);
    assert_int_equal(woad_gap_service_key_handle(&s), 0);
}

/* ---- key material ---------------------------------------------------------------------------- */

static void GAP_GAT_BV_09_C(void **state)
{
    (void)state;
    uint8_t properties, pdu[27] = {0x12};
    struct peer *p = start(WOAD_GATT_NEVER);
    uint8_t handle = find(p, KEY_MATERIAL, &properties);
    assert_int_equal(properties, WOAD_GATT_READ | WOAD_GATT_INDICATE);
    assert_int_equal(woad_gap_service_key_handle(&gap), handle);
    link_level = 3;
    allowed = true;
    expect_read(p, handle, gap.key_material, WOAD_GAP_KEY_MATERIAL_LEN);
    assert_int_equal(asked, 1);
    pdu[1] = handle;
    expect_error(ask(p, pdu, sizeof(pdu)), 0x12, handle, WOAD_ATT_ERR_WRITE_NOT_PERMITTED);
    assert_int_equal(gap.key_material[1], 1);
    peer_free(p);
}

static void GAP_GAT_BV_10_C(void **state)
{
    (void)state;
    uint8_t properties;
    struct peer *p = start(WOAD_GATT_NEVER);
    uint8_t handle = find(p, KEY_MATERIAL, &properties);
    allowed = true;
    for (link_level = 1; link_level < 3; link_level++)
        expect_error(ASK(p, 0x0a, handle, 0), 0x0a, handle,
                     WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(asked, 0);
    peer_free(p);
}

static void GAP_GAT_BV_11_C(void **state)
{
    (void)state;
    uint8_t properties;
    struct peer *p = start(WOAD_GATT_NEVER);
    uint8_t handle = find(p, KEY_MATERIAL, &properties);
    link_level = 3;
    allowed = false;
    expect_error(ASK(p, 0x0a, handle, 0), 0x0a, handle, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION);
    assert_int_equal(asked, 1);
    gap.event = NULL; /* nobody to ask */
    expect_error(ASK(p, 0x0a, handle, 0), 0x0a, handle, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION);
    peer_free(p);
}

static void GAP_GAT_BV_15_C(void **state)
{
    (void)state;
    uint8_t properties;
    struct peer *p = start(WOAD_GATT_NEVER);
    uint8_t handle = find(p, KEY_MATERIAL, &properties);
    expect_error(ASK(p, 0x12, (uint8_t)(handle + 1), 0, 2, 0), 0x12, (uint8_t)(handle + 1),
                 WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    link_level = 3;
    assert_int_equal(ASK(p, 0x12, (uint8_t)(handle + 1), 0, 2, 0)->data[0], 0x13);
    memset(gap.key_material, 0x5a, WOAD_GAP_KEY_MATERIAL_LEN);
    assert_int_equal(woad_gatts_indicate(p->dev->h, p->conn, handle, gap.key_material,
                                         WOAD_GAP_KEY_MATERIAL_LEN),
                     0);
    const struct peer_pdu *ind = peer_next(p);
    assert_non_null(ind);
    const uint8_t head[] = {0x1d, handle, 0};
    assert_int_equal(ind->len, 27);
    assert_memory_equal(ind->data, head, 3);
    assert_memory_equal(ind->data + 3, gap.key_material, WOAD_GAP_KEY_MATERIAL_LEN);
    PEER_SEND(p, 4, 0x1e);
    link_level = 1; /* and not to who may no longer read it */
    assert_int_equal(woad_gatts_indicate(p->dev->h, p->conn, handle, gap.key_material,
                                         WOAD_GAP_KEY_MATERIAL_LEN),
                     WOAD_ERR_SECURITY);
    peer_free(p);
}

#define ROW(name, run, ...)                                                                        \
    {                                                                                              \
#name, run, NULL, NULL, &(struct row)                                                      \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(GAP_GAT_BV_04_C, discovered, PREFERRED, 8, {6, 0, 12, 0, 4, 0, 0xf4, 1}, false),
        ROW(GAP_GAT_BV_12_C, discovered, SECURITY_LEVELS, 8, {1, 1, 1, 2, 1, 3, 1, 4}, false),
        ROW(GAP_GAT_BV_16_C, discovered, NAME, 4, {'l', 'a', 'm', 'p'}, true),
        ROW(GAP_GAT_BV_17_C, discovered, APPEARANCE, 2, {0x80, 0x05}, true),
        ROW(GAP_GAT_BV_18_C, discovered, RESOLUTION, 1, {1}, false),
        ROW(GAP_GAT_BV_19_C, discovered, RPA_ONLY, 1, {0}, false),
        ROW(GAP_GAT_BV_05_C, writeable, NAME, 6, "bright", true),
        ROW(GAP_GAT_BV_06_C, writeable, APPEARANCE, 2, {0x81, 0x05}, true),
        cmocka_unit_test(an_appearance_has_two_octets),
        cmocka_unit_test(what_is_no_table),
        cmocka_unit_test(GAP_GAT_BV_09_C),
        cmocka_unit_test(GAP_GAT_BV_10_C),
        cmocka_unit_test(GAP_GAT_BV_11_C),
        cmocka_unit_test(GAP_GAT_BV_15_C),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
