/* The radio world under arbitrary use: phantoms with any octets, radios that answer with any
 * operations, faults, moves, captures. The octets are a script. Checked: an operation ends in one
 * event and of a kind that fits it, time never goes back, the checkers and the capture survive
 * whatever is on air. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "woad/sim.h"

#define must(condition) ((condition) ? (void)0 : abort())

enum { RADIOS = 3, STEPS = 400 };

struct script {
    const uint8_t *data;
    size_t len;
};

struct radio {
    struct script *script;
    struct woad_sim_dev *dev;
    struct woad_radio radio;
    struct woad_radio_op op;
    uint8_t pdu[257];
    bool armed;
    woad_time last_us;
};

static uint32_t take(struct script *s, unsigned octets)
{
    uint32_t v = 0;
    for (; octets > 0; octets--) {
        v = v << 8 | (s->len ? *s->data : 0);
        s->data += s->len > 0;
        s->len -= s->len > 0;
    }
    return v;
}

static uint32_t take_address(struct script *s)
{
    static const uint32_t few[] = {0x8e89bed6, 0x71764129, 0x12345679, 0};
    uint32_t pick = take(s, 1);
    return pick < 250 ? few[pick & 3] : take(s, 4);
}

static void take_op(struct radio *r, woad_time now_us)
{
    struct script *s = r->script;
    struct woad_radio_op *op = &r->op;
    uint32_t kind = take(s, 1);
    memset(op, 0, sizeof(*op));
    op->kind = kind & 1 ? WOAD_RADIO_TX : WOAD_RADIO_RX;
    op->flags = kind & 2 ? WOAD_RADIO_OP_IFS : 0;
    op->ifs_us = (uint16_t)(kind & 4 ? 150 : take(s, 2));
    op->phy = (uint8_t)(1 + (kind >> 3 & 3));
    op->start_us = now_us + take(s, 2) % 3000;
    op->window_us = take(s, 1) * 8;
    op->channel = (uint8_t)(kind & 32 ? 37 + take(s, 1) % 3 : take(s, 1) % 40);
    op->access_address = take_address(s);
    op->crc_init = kind & 64 ? 0x555555 : take(s, 3);
    op->tx_power_dbm = (int8_t)take(s, 1);
    op->pdu = r->pdu;
    op->pdu_len = (uint16_t)(op->kind == WOAD_RADIO_TX ? 2 + take(s, 1) : take(s, 2) % 258);
    if (op->kind == WOAD_RADIO_TX && kind & 128) {
        for (unsigned i = 0; i < op->pdu_len && i < 40; i++)
            r->pdu[i] = (uint8_t)take(s, 1);
    }
}

static void check(const struct radio *r, const struct woad_radio_evt *evt)
{
    must(r->armed);
    switch (evt->type) {
    case WOAD_RADIO_TX_END: must(r->op.kind == WOAD_RADIO_TX); break;
    case WOAD_RADIO_RX_END:
        must(r->op.kind == WOAD_RADIO_RX && evt->pdu_len <= r->op.pdu_len);
        break;
    case WOAD_RADIO_RX_TIMEOUT: must(r->op.kind == WOAD_RADIO_RX && r->op.window_us); break;
    default: must(evt->type == WOAD_RADIO_LATE); break;
    }
}

static const struct woad_radio_op *evt_of(void *arg, const struct woad_radio_evt *evt,
                                          woad_time now_us)
{
    struct radio *r = arg;
    must(now_us >= r->last_us);
    r->last_us = now_us;
    if (evt->type == WOAD_RADIO_TIMER) {
        r->radio.ops->timer(r->radio.ctx,
                            now_us + (r->script->len ? take(r->script, 2) : WOAD_S(1)));
        if (r->armed && take(r->script, 1) & 1)
            return NULL; /* what is armed goes on */
    } else {
        check(r, evt);
        r->armed = false;
    }
    if (!r->script->len)
        return NULL;
    take_op(r, now_us);
    r->armed = true;
    return &r->op;
}

static void power_cycled(void *arg)
{
    struct radio *r = arg;
    r->armed = false;
}

static void inject(struct woad_sim *sim, struct script *s)
{
    uint8_t octets[280];
    size_t len = take(s, 1) + (take(s, 1) & 15);
    for (size_t i = 0; i < len && i < sizeof(octets); i++)
        octets[i] = (uint8_t)take(s, 1);
    const struct woad_sim_inject in = {.start = woad_sim_now(sim) + take(s, 2) * 100,
                                       .octets = octets,
                                       .len = len,
                                       .access_address = take_address(s),
                                       .phy = (uint8_t)(take(s, 1) % 6),
                                       .channel = (uint8_t)(take(s, 1) % 42),
                                       .power_dbm = (int8_t)take(s, 1),
                                       .placed = len & 1,
                                       .x_m = take(s, 1)};
    int err = woad_sim_inject(sim, &in);
    must(err == 0 || err == WOAD_ERR_INVALID);
}

static void fault(struct woad_sim *sim, struct script *s)
{
    const struct woad_sim_fault f = {.kind = (uint8_t)(take(s, 1) % 7),
                                     .at = woad_sim_now(sim) + take(s, 2) * 1000,
                                     .duration = take(s, 2) * 1000,
                                     .dev = take(s, 1) % 5 == 4 ? WOAD_SIM_ALL : take(s, 1) % 4,
                                     .value = (int32_t)take(s, 2) - 500};
    int err = woad_sim_fault_add(sim, &f);
    must(err == 0 || err == WOAD_ERR_INVALID);
}

static void act(struct woad_sim *sim, struct radio *radios, struct script *s)
{
    struct radio *r = &radios[take(s, 1) % RADIOS];
    switch (take(s, 1) % 8) {
    case 0: inject(sim, s); break;
    case 1: fault(sim, s); break;
    case 2: woad_sim_move(r->dev, (double)(int32_t)take(s, 4), take(s, 1)); break;
    case 3:
        r->radio.ops->abort(r->radio.ctx);
        r->armed = false;
        break;
    case 4: r->radio.ops->timer(r->radio.ctx, r->last_us + take(s, 2)); break;
    case 5: woad_sim_power_cycle(r->dev); break;
    default: break;
    }
    woad_sim_time before = woad_sim_now(sim);
    woad_sim_run_until(sim, before + take(s, 2) * 50);
    must(woad_sim_now(sim) >= before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script s = {.data = data, .len = size};
    struct woad_sim *sim = woad_sim_new(&(struct woad_sim_cfg){
        .seed = take(&s, 1), .loss_permille = (uint16_t)take(&s, 1), .fading_db = take(&s, 1) & 7});
    struct radio radios[RADIOS];
    memset(radios, 0, sizeof(radios));
    for (unsigned i = 0; i < RADIOS; i++) {
        struct radio *r = &radios[i];
        const struct woad_sim_dev_cfg cfg = {
            .x_m = i * 20.0, .sleep_ppm = (int)take(&s, 1) - 128, .active_ppm = i * 10.0};
        r->script = &s;
        r->dev = woad_sim_add(sim, &cfg);
        r->radio = woad_sim_radio(r->dev);
        woad_sim_set_sink(
            r->dev, &(struct woad_sim_sink){.evt = evt_of, .power_cycle = power_cycled, .arg = r});
        r->radio.ops->timer(r->radio.ctx, take(&s, 2));
    }
    int err = woad_sim_capture_open(sim, "/dev/null");
    must(err == 0);
    for (unsigned i = 0; i < STEPS && s.len; i++)
        act(sim, radios, &s);
    woad_sim_run_until(sim, woad_sim_now(sim) + WOAD_SIM_MS(100));
    err = woad_sim_capture_close(sim);
    must(err == 0);
    woad_sim_free(sim);
    return 0;
}
