/* examples/beacon.c: a beacon that advertises in two ways, and a scanner that takes it apart.
 *
 *   legacy     ADV_NONCONN_IND, up to 31 octets, heard by everything since Bluetooth 4.0
 *   extended   an advertising set on 1M with a secondary channel on 2M, up to 1,650 octets, where
 *              the controller has extended advertising */
#include <stdio.h>
#include <string.h>

#include "stage.h"
#include "woad/ad.h"
#include "woad/fields.h"
#include "woad/gap.h"
#include "woad/gap_ext.h"

#define COMPANY 0xFFFF /* for tests [Assigned Numbers, 7.1] */

/* ---- the beacon ------------------------------------------------------------------------------ */

static uint8_t long_data[400]; /* lent to the set while it runs */

static int build_legacy(uint8_t to[WOAD_AD_LEGACY_MAX])
{
    static const uint8_t place[] = {0x01, 0x2A, 0x00, 0x07}; /* kind, place, zone: one's own */
    struct woad_ad ad = woad_ad_init(to, WOAD_AD_LEGACY_MAX);
    woad_ad_flags(&ad, WOAD_AD_NO_BREDR);
    woad_ad_tx_power(&ad, 0);
    woad_ad_manufacturer(&ad, COMPANY, place, sizeof(place));
    woad_ad_uri(&ad, 0x17, "//example.org/"); /* 0x17: "https:" */
    return woad_ad_len(&ad);
}

static int build_extended(void)
{
    const struct woad_uuid environment = woad_uuid16(0x181A);      /* Environmental Sensing */
    static const uint8_t readings[100] = {0x15, 0x09, 0x10, 0x27}; /* 23.25 degrees, 100.00 % ... */
    struct woad_ad ad = woad_ad_init(long_data, sizeof(long_data));
    woad_ad_appearance(&ad, 0x0540); /* sensor */
    woad_ad_uuids(&ad, &environment, 1);
    woad_ad_service_data(&ad, &environment, readings, sizeof(readings));
    woad_ad_name(&ad, "a beacon whose name does not fit into a legacy advertisement");
    return woad_ad_len(&ad);
}

static void on_beacon(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_EVT_ADV_SET && evt->u.adv_set->type == WOAD_ADV_SET_STARTED)
        stage_check("the advertising set", evt->u.adv_set->result.err);
    if (evt->type == WOAD_EVT_ADV_STARTED)
        stage_check("the legacy advertising", evt->u.done.err);
    if (evt->type != WOAD_EVT_READY)
        return;
    uint8_t data[WOAD_AD_LEGACY_MAX];
    int len = build_legacy(data), long_len = build_extended();
    stage_check("legacy data", len);
    stage_check("extended data", long_len);
    stage_check("advertise", woad_gap_advertise_start(h, &(struct woad_adv_params){
                                                             .kind = WOAD_ADV_NONCONNECTABLE,
                                                             .data = data,
                                                             .data_len = (uint8_t)len,
                                                         }));
    int err = woad_adv_set_start(h, 0,
                                 &(struct woad_adv_set_params){
                                     .sid = 1,
                                     .phy_secondary = WOAD_PHY_2M,
                                     .data = long_data,
                                     .data_len = (uint16_t)long_len,
                                 });
    if (err == WOAD_ERR_UNSUPPORTED)
        printf("beacon: legacy alone, the controller has no extended advertising\n");
    else
        stage_check("advertise in the extended way", err);
}

/* ---- the scanner ----------------------------------------------------------------------------- */

static unsigned seen;   /* bit 0: the short advertisement, bit 1: the long one */
static unsigned wanted; /* what this controller can hear */
static struct woad_addr beacon;

static void print_fields(const uint8_t *data, size_t len)
{
    struct woad_rd r = woad_rd_init(data, len);
    struct woad_ad_field f;
    while (woad_ad_next(&r, &f) > 0) {
        const struct woad_ad_row *row = woad_ad_find(f.type);
        printf("  %s, %u octets", row ? row->name : "a field of another kind", f.len);
        if (f.type == WOAD_AD_NAME || f.type == WOAD_AD_URI)
            printf(": %.*s", f.len - (f.type == WOAD_AD_URI),
                   (const char *)f.data + (f.type == WOAD_AD_URI));
        printf("\n");
    }
}

/* Ours are known by what they carry; each is shown once. */
static void on_advertisement(const struct woad_addr *addr, bool legacy, const uint8_t *data,
                             size_t len)
{
    struct woad_ad_field f;
    char text[WOAD_ADDR_STR_SIZE];
    unsigned kind = 0;
    if (woad_ad_get(data, len, WOAD_AD_MANUFACTURER, &f) && f.len >= 2 &&
        woad_get_u16(f.data) == COMPANY)
        kind = 1;
    else if (woad_ad_get(data, len, WOAD_AD_SERVICE_DATA16, &f))
        kind = 2;
    if (!kind || seen & kind || (seen && memcmp(addr->val, beacon.val, 6) != 0))
        return;
    beacon = *addr;
    seen |= kind;
    printf("%s, %s, %zu octets\n", woad_addr_format(addr, text), legacy ? "legacy" : "extended",
           len);
    print_fields(data, len);
    if (seen == wanted)
        stage_end(0);
}

static void on_scanner(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_EVT_READY) {
        int err = woad_gap_ext_scan_start(h, &(struct woad_ext_scan_params){0});
        wanted = err == WOAD_ERR_UNSUPPORTED ? 1 : 3;
        if (wanted == 1)
            err = woad_gap_scan_start(h, &(struct woad_scan_params){0});
        stage_check("scan", err);
    } else if (evt->type == WOAD_EVT_ADV_REPORT) {
        on_advertisement(&evt->u.report.addr, true, evt->u.report.data, evt->u.report.data_len);
    } else if (evt->type == WOAD_EVT_EXT_REPORT) {
        const struct woad_ext_report *r = evt->u.ext_report;
        on_advertisement(&r->addr, r->flags & WOAD_EXT_REPORT_LEGACY, r->data, r->data_len);
    }
}

int main(int argc, char **argv)
{
    static const struct woad_host_use advertiser[] = {{&woad_gap_ext_adv_part, NULL}, {NULL, NULL}};
    static const struct woad_host_use observer[] = {{&woad_gap_ext_scan_part, NULL}, {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "beacon", .host = {.event = on_beacon, .parts = advertiser}},
        {.name = "scanner", .host = {.event = on_scanner, .parts = observer}},
    };
    return stage_main(argc, argv, roles, 2);
}
