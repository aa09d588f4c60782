/* examples/door.c: an advertisement that only friends can read, and what the GAP service has to do
 * with it. A door advertises its state encrypted [Vol 3, Part C, 10.10]. A phone pairs with it,
 * both people comparing six digits, reads the key material from the door's GAP service, which wants
 * an authenticated link, and from then on reads the state without a link.
 *
 * The door reads in its turn whether the phone resolves private addresses (Central Address
 * Resolution in the phone's GAP service): a peripheral must know that before it advertises to the
 * phone directly [Vol 3, Part C, 10.7.1]. The host does not read it by itself: here is how.
 *
 *     door                                                        both, simulated
 *     door --hci URI                                              the door
 *     door --hci URI --as phone                                   the phone */
#include <stdio.h>
#include <string.h>

#include "central.h"
#include "stage.h"
#include "woad/crypto.h"
#include "woad/ead.h"
#include "woad/gap_privacy.h"
#include "woad/service_gap.h"
#include "woad/smp.h"

static const struct woad_uuid gap_uuid = WOAD_UUID16(0x1800), material_uuid = WOAD_UUID16(0x2B88),
                              resolution_uuid = WOAD_UUID16(0x2AA6);

/* Both compare the digits; a real device waits for its button. */
static void on_security(const char *who, struct woad_host *h, const struct woad_host_evt *evt)
{
    const struct woad_smp_evt *smp = evt->u.smp;
    if (evt->type != WOAD_EVT_SECURITY)
        return;
    if (smp->type == WOAD_SMP_COMPARE)
        stage_check("confirm", woad_smp_confirm(h, evt->conn, true));
    if (smp->type == WOAD_SMP_SECURED) {
        stage_check("security", smp->u.secured.result.err);
        printf("%s: level %u\n", who, smp->u.secured.level);
    }
    if (smp->type == WOAD_SMP_BOND_STORED)
        stage_check("refresh the identities", woad_gap_privacy_refresh(h));
}

/* ---- the door -------------------------------------------------------------------------------- */

static uint8_t door_name[] = "door", state[] = "open";
static struct woad_gap_service door_gap;
static bool phone_resolves; /* what a bond has to remember beside its keys */

/* The identities of the bonds, and what was read from the phone. */
static uint16_t count(const struct woad_host *h)
{
    return woad_smp_identities.count(h);
}

static bool get(const struct woad_host *h, uint16_t at, struct woad_identity *identity)
{
    bool known = woad_smp_identities.get(h, at, identity);
    identity->no_resolution = !phone_resolves;
    return known;
}

static bool own_irk(const struct woad_host *h, uint8_t irk[16])
{
    return woad_smp_identities.own_irk(h, irk);
}

static const struct woad_identities friends = {count, get, own_irk};

/* Every client that is authenticated may have the key material. */
static void on_gap(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_GATTS_AUTHORIZE)
        stage_check("authorize", woad_gatts_answer(h, evt->u.read.req, 0, NULL, 0));
}

static void make_door(void)
{
    door_gap = (struct woad_gap_service){
        .name = {door_name, 4, 4}, .has = WOAD_GAP_KEY_MATERIAL, .event = on_gap};
    struct woad_ead_material material;
    stage_check("crypto", woad_crypto_init());
    stage_check("key material", woad_ead_generate(&material));
    memcpy(door_gap.key_material, material.session_key, 16);
    memcpy(door_gap.key_material + 16, material.iv, 8);
    stage_check("GAP service", woad_gap_service_init(&door_gap));
}

static struct woad_ead_material material_of(const uint8_t octets[WOAD_GAP_KEY_MATERIAL_LEN])
{
    struct woad_ead_material m;
    memcpy(m.session_key, octets, sizeof(m.session_key));
    memcpy(m.iv, octets + sizeof(m.session_key), sizeof(m.iv));
    return m;
}

/* Name and state inside the field that strangers cannot read; a new Randomizer each time. */
static void advertise(struct woad_host *h)
{
    uint8_t clear[20], data[WOAD_AD_LEGACY_MAX];
    struct woad_ad inner = woad_ad_init(clear, sizeof(clear));
    struct woad_ad ad = woad_ad_init(data, sizeof(data));
    const struct woad_ead_material m = material_of(door_gap.key_material);
    woad_ad_name(&inner, (const char *)state);
    woad_ad_flags(&ad, WOAD_AD_GENERAL_DISCOVERABLE | WOAD_AD_NO_BREDR);
    woad_ad_uuids(&ad, &gap_uuid, 1);
    stage_check("encrypt", woad_ead_add(&ad, &m, clear, (size_t)woad_ad_len(&inner)));
    const struct woad_adv_params p = {.data = data, .data_len = (uint8_t)woad_ad_len(&ad)};
    stage_check("advertise", woad_gap_advertise_start(h, &p));
}

static void on_resolution(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_GATTC_VALUE)
        phone_resolves = evt->u.value.len == 1 && evt->u.value.data[0] == 1;
    if (evt->type != WOAD_GATTC_DONE)
        return;
    printf("door: the phone %s private addresses\n", phone_resolves ? "resolves" : "knows no");
    stage_check("refresh the identities", woad_gap_privacy_refresh(h));
}

static void on_door(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    static struct woad_gattc_op op = {.event = on_resolution};
    (void)arg;
    on_security("door", h, evt);
    if (evt->type == WOAD_EVT_READY || evt->type == WOAD_EVT_DISCONNECTED)
        advertise(h);
    if (evt->type == WOAD_EVT_SECURITY && evt->u.smp->type == WOAD_SMP_SECURED)
        stage_check("read",
                    woad_gattc_read_by_uuid(h, evt->conn, &op, 1, 0xFFFF, &resolution_uuid));
}

/* ---- the phone ------------------------------------------------------------------------------- */

static uint8_t phone_name[] = "phone";
static struct woad_gap_service phone_gap;
static uint8_t key_material[WOAD_GAP_KEY_MATERIAL_LEN];
static bool friend;
static struct woad_host *phone_host;
static struct central central;

static void make_phone(void)
{
    phone_gap = (struct woad_gap_service){
        .name = {phone_name, 5, 5}, .has = WOAD_GAP_ADDRESS_RESOLUTION, .resolves = true};
    friend = false;
    stage_check("GAP service", woad_gap_service_init(&phone_gap));
}

static void read_state(const uint8_t *data, size_t len)
{
    const struct woad_ead_material m = material_of(key_material);
    struct woad_ad_field field;
    uint8_t clear[WOAD_AD_LEGACY_MAX];
    char text[20];
    if (!woad_ad_get(data, len, WOAD_AD_ENCRYPTED, &field))
        return;
    int n = woad_ead_decrypt(&m, field.data, field.len, clear, sizeof(clear));
    if (n < 0) /* somebody else's */
        return;
    if (woad_ad_get_name(clear, (size_t)n, text, sizeof(text)) <= 0)
        return;
    printf("phone: the door is %s\n", text);
    stage_end(0);
}

static bool is_it(struct woad_host *h, const struct woad_host_evt *report)
{
    const uint8_t *data = report->u.report.data;
    struct woad_ad_field field;
    (void)h;
    if (friend)
        read_state(data, report->u.report.data_len);
    else if (woad_ad_get(data, report->u.report.data_len, WOAD_AD_ENCRYPTED, &field))
        return true;
    return false;
}

static struct woad_delayed leave;

static void on_leave(struct woad_work *work)
{
    (void)work;
    stage_check("disconnect", woad_gap_disconnect(phone_host, central.conn, 0));
}

/* The server wants an authenticated link: the client pairs, and asks again. */
static void on_material(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_GATTC_VALUE && evt->u.value.len == sizeof(key_material))
        memcpy(key_material, evt->u.value.data, sizeof(key_material));
    if (evt->type != WOAD_GATTC_DONE)
        return;
    stage_check("read the key material", evt->u.done.err);
    printf("phone: has the key material\n");
    friend = true;
    phone_host = h; /* a moment more: the door asks something as well */
    woad_delayed_init(&leave, on_leave);
    woad_delayed_schedule(stage_work(h), &leave, WOAD_S(1));
}

static void on_found(struct central *c, struct woad_host *h)
{
    central_read(c, h, &material_uuid, on_material);
}

static struct central central = {.is_it = is_it, .found = on_found};

static void on_phone(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    on_security("phone", h, evt);
    central_event(&central, h, evt);
    if (evt->type == WOAD_EVT_DISCONNECTED) {
        central.seen = false;
        stage_check("scan", woad_gap_scan_start(h, &(struct woad_scan_params){0}));
    }
}

int main(int argc, char **argv)
{
    static const struct woad_smp_cfg smp = {.io = WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO, .mitm = true};
    static const struct woad_privacy_cfg door_privacy = {.identities = &friends};
    static const struct woad_privacy_cfg phone_privacy = {.identities = &woad_smp_identities};
    const struct woad_gatts_cfg gatts[2] = {{.gap = &door_gap.service},
                                            {.gap = &phone_gap.service}};
    const struct woad_host_use door[] = {{&woad_gatts_part, &gatts[0]},
                                         {&woad_gattc_part, NULL},
                                         {&woad_smp_part, &smp},
                                         {&woad_gap_privacy_part, &door_privacy},
                                         {NULL, NULL}};
    const struct woad_host_use phone[] = {{&woad_gatts_part, &gatts[1]},
                                          {&woad_gattc_part, NULL},
                                          {&woad_smp_part, &smp},
                                          {&woad_gap_privacy_part, &phone_privacy},
                                          {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "door", .prepare = make_door, .host = {.event = on_door, .parts = door}},
        {.name = "phone", .prepare = make_phone, .host = {.event = on_phone, .parts = phone}},
    };
    return stage_main(argc, argv, roles, 2);
}
