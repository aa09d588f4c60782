/* The optional parts of GAP, every one there: the input is a row of records {kind, length, octets}.
 * A kind below 0x40 is an LE subevent with these parameters; above, a call or a span of time. After
 * it all, a stop: every accepted operation must have completed. */
#include "woad/crypto.h"
#include "woad/gap_ext.h"
#include "woad/gap_many.h"
#include "woad/gap_periodic.h"
#include "woad/gap_power.h"
#include "woad/gap_privacy.h"

static const struct woad_adv_set_cfg sets = {.sets = 2};
static const struct woad_ext_scan_cfg scan = {.chains = 2, .chain_size = 300, .duplicates = 4};
static const struct woad_pa_cfg periodic = {.trains = 2, .syncs = 2, .chain_size = 300};
static const struct woad_many_cfg many = {.count = 3};
static const struct woad_host_use fuzzed_parts[] = {{&woad_gap_ext_adv_part, &sets},
                                                    {&woad_gap_ext_scan_part, &scan},
                                                    {&woad_gap_periodic_part, &periodic},
                                                    {&woad_gap_privacy_part, NULL},
                                                    {&woad_gap_power_part, NULL},
                                                    {&woad_gap_many_part, &many},
                                                    {NULL, NULL}};
#define FUZZ_PARTS fuzzed_parts
#include "host_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t lent[WOAD_ADV_DATA_MAX];

static void advertise(struct woad_host *h, uint8_t kind, uint8_t a, uint8_t b)
{
    uint8_t set = a & 1;
    const struct woad_adv_set_params p = {
        .props = b, .data = lent, .data_len = b & 1 ? 0 : (uint16_t)(b * 6), .max_events = a >> 4};
    const struct woad_pa_params t = {.data = lent, .data_len = (uint16_t)(b * 6)};
    switch (kind & 7) {
    case 0: (void)!woad_adv_set_start(h, set, &p); break;
    case 1: (void)!woad_adv_set_stop(h, set); break;
    case 2: (void)!woad_adv_set_data(h, set, lent, (uint16_t)(b * 6), lent, a); break;
    case 3: (void)!woad_pa_start(h, set, &t); break;
    case 4: (void)!woad_pa_stop(h, set); break;
    case 5: (void)!woad_pa_data(h, set, lent, (uint16_t)(b * 6)); break;
    case 6: (void)!woad_gap_advertise_start(h, &(struct woad_adv_params){.kind = b % 5}); break;
    default: (void)!woad_gap_advertise_stop(h); break;
    }
}

static void listen(struct woad_host *h, uint8_t kind, uint8_t a, uint8_t b)
{
    const struct woad_addr peer = {a & 1, {b & 3}};
    const struct woad_ext_scan_params p = {.duration_ms = b, .period_1280ms = a & 2};
    switch (kind & 7) {
    case 0: (void)!woad_gap_ext_scan_start(h, &p); break;
    case 1: (void)!woad_gap_scan_start(h, &(struct woad_scan_params){.duration_ms = b}); break;
    case 2: (void)!woad_gap_scan_stop(h); break;
    case 3: (void)!woad_pa_sync(h, &peer, &(struct woad_pa_sync_params){.duration_ms = b}); break;
    case 4: (void)!woad_pa_sync_cancel(h); break;
    case 5: (void)!woad_pa_sync_end(h, a); break;
    case 6: (void)!woad_pa_receive(h, b & 1 ? FUZZ_CONN : WOAD_CONN_NONE, a & 3, 0, 0); break;
    default: (void)!woad_pa_transfer(h, FUZZ_CONN, a, b); break;
    }
}

static void connect(struct host_fuzz *f, uint8_t kind, uint8_t a, uint8_t b)
{
    const struct woad_addr peer = {a & 1, {b & 3}};
    const struct woad_conn_params p = {.duration_ms = a};
    const struct woad_subrate_params s = {.min = 1, .max = 2};
    switch (kind & 7) {
    case 0: (void)!woad_gap_connect(f->h, &peer, &p); break;
    case 1: (void)!woad_gap_connect_cancel_peer(f->h, &peer); break;
    case 2: (void)!woad_gap_connect_cancel(f->h); break;
    case 3: (void)!woad_gap_privacy_renew(f->h); break;
    case 4: (void)!woad_gap_privacy_refresh(f->h); break;
    case 5: (void)!woad_gap_subrate(f->h, FUZZ_CONN, &s); break;
    case 6: (void)!woad_gap_read_remote_power(f->h, FUZZ_CONN, 1 + (a & 3)); break;
    default: f->now += UINT64_C(1) << (b % 32); break;
    }
}

static void record(struct host_fuzz *f, struct woad_rd *r)
{
    uint8_t evt[3 + 252] = {WOAD_HCI_EVT_LE_META};
    uint8_t kind = woad_rd_u8(r);
    uint8_t len = woad_rd_u8(r);
    const uint8_t *p = woad_rd_take(r, len < r->left ? len : r->left);
    size_t n = p ? (size_t)(r->p - p) : 0;
    uint8_t a = n > 0 ? p[0] : 0, b = n > 1 ? p[1] : 0;
    if (kind < 0x40) {
        n = n < 252 ? n : 252;
        evt[1] = (uint8_t)(n + 1);
        evt[2] = kind;
        if (n)
            memcpy(evt + 3, p, n);
        fuzz_give(f, WOAD_PKT_EVT, evt, n + 3);
    } else if (kind < 0x80) {
        advertise(f->h, kind, a, b);
    } else if (kind < 0xc0) {
        listen(f->h, kind, a, b);
    } else {
        connect(f, kind, a, b);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_fuzz f;
    struct woad_host_stats stats;
    struct woad_rd r = woad_rd_init(data, size);
    if (woad_crypto_init())
        abort();
    fuzz_start(&f);
    while (r.left > 1) {
        record(&f, &r);
        fuzz_pump(&f);
    }
    if (woad_host_stop(f.h) == 0)
        for (int i = 0; i < 8; i++)
            fuzz_pump(&f);
    woad_host_get_stats(f.h, &stats);
    if (stats.ops_pending)
        abort();
    fuzz_end(&f);
    return 0;
}
