/* How strong a packet arrives and which of its bits arrive wrong.
 *
 * Levels are integers in hundredths of a decibel (cdb). Noise and interference are turned into one
 * equivalent level: that of a wanted signal with a bit error rate of 10^-3. The margin of the
 * wanted signal over it gives the rate in each stretch in which nothing begins or ends, and the
 * distance to the next wrong bit is drawn from it, so a good packet costs nothing.
 */
#include <string.h>

#include "sim_priv.h"
#include "tables.h"

enum {
    SILENCE = -30000,     /* no signal at all */
    LOSS_AT_1M = 4020,    /* free space at 2440 MHz */
    CAPTURE_MARGIN = 500, /* from an error rate of 10^-3 down to none that matters */
    NEGLIGIBLE = 2000,    /* an interferer so far below the wanted signal is left out */
    HOPELESS = -1250,     /* 32 bits survive this margin once in a million */
    COIN = 256,           /* the skip of an error rate of 1/2 */
    DESTROYER = 60000,    /* an interferer nothing survives */
};

/* Level at which the error rate is 10^-3, by enum woad_phy. */
static const int32_t sensitivity[] = {0, -9700, -9400, -10400, -10000};
/* What the decoder of LE Coded gains: symbols with the error rate of a margin this much below 0 dB
 * decode to bits with 10^-3. Measured on fec.c; a test measures it again. */
static const int32_t coding_gain[] = {0, 0, 0, 769, 340};
/* C/I at an interferer 2, 4 and 6 MHz away [Vol 6, Part A, 4.2]. */
static const int32_t adjacent[][4] = {
    [WOAD_PHY_1M] = {0, -1700, -2700, -2700},
    [WOAD_PHY_2M] = {0, 1500, -1700, -2700},
    [WOAD_PHY_CODED_S8] = {0, -2600, -3600, -3600},
    [WOAD_PHY_CODED_S2] = {0, -2100, -3100, -3100},
};

/* 1000 log10(v): the exponent and ten bits of the mantissa of v as a double. */
static int32_t level_of(uint64_t v)
{
    double d = (double)v;
    uint64_t bits;
    memcpy(&bits, &d, sizeof(bits));
    int32_t exponent = (int32_t)(bits >> 52) - 1023;
    return exponent * 30103 / 100 + woad_sim_table_mantissa[bits >> 42 & 1023];
}

static int32_t add_levels(int32_t a, int32_t b)
{
    int32_t high = a > b ? a : b;
    uint32_t apart = (uint32_t)(a > b ? a - b : b - a) >> 4;
    return apart < 160 ? high + woad_sim_table_add[apart] : high;
}

static int32_t path_loss(const struct woad_sim *sim, const struct woad_sim_dev *dev, int64_t x_mm,
                         int64_t y_mm)
{
    int64_t dx = dev->x_mm - x_mm, dy = dev->y_mm - y_mm;
    uint64_t d2 = (uint64_t)(dx * dx) + (uint64_t)(dy * dy);
    if (d2 < 10000) /* nearer than 0.1 m */
        d2 = 10000;
    return LOSS_AT_1M + (level_of(d2) - 6000) * sim->exponent_milli / 2000;
}

int32_t woad_sim_signal_level(const struct woad_sim_dev *dev, const struct sim_pkt *pkt)
{
    int32_t level = pkt->power_dbm * 100;
    return pkt->placed ? level - path_loss(dev->sim, dev, pkt->x_mm, pkt->y_mm) : level;
}

/* A sum of four even distributions: near enough to a normal one within two deviations. */
int32_t woad_sim_signal_fading(struct woad_sim_dev *dev)
{
    int32_t deviation = dev->sim->fading_cdb;
    if (!deviation)
        return 0;
    uint64_t r = woad_sim_rng_next(&dev->air_rng);
    int64_t sum = (int64_t)((r & 0xffff) + (r >> 16 & 0xffff) + (r >> 32 & 0xffff) + (r >> 48));
    return (int32_t)((sum - 2 * 65535) * deviation * 1732 / 65536 / 1000);
}

int8_t woad_sim_signal_rssi(int32_t level)
{
    int32_t dbm = (level - 50) / 100;
    return (int8_t)(dbm < -127 ? -127 : dbm > 20 ? 20 : dbm);
}

bool woad_sim_signal_in_range(const struct woad_sim_dev *dev, const struct sim_pkt *pkt,
                              int32_t level)
{
    return dev->sim->cfg.ideal || level > sensitivity[pkt->phy] - 1000;
}

/* Finds the packets that overlap a stretch of a packet. All receivers of the packet ask for the
 * same stretch at the same time, so the answer is kept. */
static const struct sim_overlaps *find_overlaps(struct woad_sim *sim, const struct sim_pkt *pkt,
                                                woad_sim_time from, woad_sim_time to)
{
    struct sim_overlaps *found = &sim->overlaps;
    unsigned last = pkt->rf + 3u < SIM_CHANNELS ? pkt->rf + 3u : SIM_CHANNELS - 1;
    if (found->number == pkt->number && found->from_ns == from)
        return found;
    found->number = pkt->number;
    found->from_ns = from;
    found->count = 0;
    for (unsigned i = pkt->rf < 3 ? 0 : pkt->rf - 3u; i <= last; i++) {
        unsigned apart = i > pkt->rf ? i - pkt->rf : pkt->rf - i;
        int32_t offset = apart ? adjacent[pkt->phy][apart] + coding_gain[pkt->phy]
                               : sim->capture_cdb - CAPTURE_MARGIN;
        if (!apart && sim->cfg.no_capture)
            offset = DESTROYER;
        for (const struct sim_pkt *o = sim->on_rf[i]; o; o = o->rf_next) {
            if (o != pkt && o->start_ns < to && o->power_end_ns > from &&
                found->count < SIM_OVERLAPS_MAX)
                found->items[found->count++] = (struct sim_overlap){.pkt = o, .offset = offset};
        }
    }
    return found;
}

struct interferer {
    woad_sim_time start_ns, end_ns;
    int32_t level; /* equivalent */
};

struct reception {
    const struct sim_pkt *pkt;
    int32_t level;
    int32_t noise;
    uint32_t count;
    struct interferer interferers[SIM_OVERLAPS_MAX];
};

/* Everything but the interferers that matter is left as it is: the array is large. Stops at one
 * that is there all the time and leaves less than the hopeless margin: false. */
static bool begin(struct reception *rx, struct woad_sim_dev *dev, const struct sim_pkt *pkt,
                  woad_sim_time from, woad_sim_time to, int32_t hopeless)
{
    struct woad_sim *sim = dev->sim;
    rx->pkt = pkt;
    rx->level = dev->rx_level;
    rx->noise = sim->cfg.ideal ? SILENCE : sensitivity[pkt->phy] + coding_gain[pkt->phy];
    rx->count = 0;
    if (!pkt->overlapped)
        return true;
    const struct sim_overlaps *found = find_overlaps(sim, pkt, from, to);
    for (uint32_t i = 0; i < found->count; i++) {
        const struct sim_overlap *o = &found->items[i];
        int32_t level = woad_sim_signal_level(dev, o->pkt) + o->offset;
        if (level < rx->level - NEGLIGIBLE)
            continue;
        if (rx->level - level < hopeless && o->pkt->start_ns <= from && o->pkt->power_end_ns >= to)
            return false;
        rx->interferers[rx->count++] = (struct interferer){
            .start_ns = o->pkt->start_ns, .end_ns = o->pkt->power_end_ns, .level = level};
    }
    return true;
}

/* The end of the stretch from `from` on in which nothing changes, and the margin in it. */
static woad_sim_time stretch(const struct reception *rx, woad_sim_time from, woad_sim_time to,
                             int32_t *margin)
{
    int32_t sum = rx->noise;
    int32_t level = rx->level;
    if (from >= rx->pkt->power_end_ns)
        level = SILENCE;
    else if (rx->pkt->power_end_ns < to)
        to = rx->pkt->power_end_ns;
    for (uint32_t i = 0; i < rx->count; i++) {
        const struct interferer *in = &rx->interferers[i];
        if (in->start_ns > from) {
            to = in->start_ns < to ? in->start_ns : to;
        } else if (in->end_ns > from) {
            to = in->end_ns < to ? in->end_ns : to;
            sum = add_levels(sum, in->level);
        }
    }
    *margin = level == SILENCE ? SILENCE : level - sum;
    return to;
}

static uint64_t skip_of(int32_t margin)
{
    if (margin >= SIM_TABLE_SKIP_MAX)
        return 0;
    if (margin < SIM_TABLE_SKIP_MIN)
        return COIN;
    return woad_sim_table_skip[(margin - SIM_TABLE_SKIP_MIN) / SIM_TABLE_SKIP_STEP];
}

/* Good bits before the next bad one: -log2 of a random number, scaled. */
static uint64_t draw_gap(uint64_t *rng, uint64_t skip)
{
    double d = (double)(woad_sim_rng_next(rng) >> 11 | 1);
    uint64_t bits;
    memcpy(&bits, &d, sizeof(bits));
    uint64_t log2 = ((bits >> 52) - 1023) << 16;
    log2 += woad_sim_table_log2[bits >> 42 & 1023];
    return ((53ull << 16) - log2) * skip >> 24;
}

/* Flips every other bit at random. */
static uint32_t toss(uint64_t *rng, uint8_t *bits, uint64_t from, uint64_t to)
{
    uint64_t coins = 0;
    uint32_t flips = 0;
    for (uint64_t i = from; i < to; i++, coins >>= 1) {
        if (!((i - from) & 63))
            coins = woad_sim_rng_next(rng);
        bits[i >> 3] ^= (uint8_t)((coins & 1) << (i & 7));
        flips += coins & 1;
    }
    return flips;
}

static uint32_t flip(uint64_t *rng, uint64_t skip, uint8_t *bits, uint64_t from, uint64_t to)
{
    uint32_t flips = 0;
    if (skip == COIN)
        return toss(rng, bits, from, to);
    for (uint64_t i = from;; i++) {
        uint64_t gap = draw_gap(rng, skip);
        if (gap >= to - i)
            return flips;
        i += gap;
        bits[i >> 3] ^= (uint8_t)(1u << (i & 7));
        flips++;
    }
}

/* Flips one bit of the stretch for certain. */
static uint32_t spoil(uint64_t *rng, uint8_t *bits, uint64_t from, uint64_t to)
{
    uint64_t i = from + woad_sim_rng_below(rng, to - from);
    bits[i >> 3] ^= (uint8_t)(1u << (i & 7));
    return 1;
}

uint32_t woad_sim_signal_flip(struct woad_sim_dev *dev, const struct sim_pkt *pkt,
                              woad_sim_time from, woad_sim_time to, uint8_t *bits)
{
    struct reception rx;
    uint64_t unit = pkt->phy == WOAD_PHY_2M ? 500 : 1000;
    uint32_t flips = 0;
    begin(&rx, dev, pkt, from, to, INT32_MIN);
    for (woad_sim_time at = from; at < to;) {
        int32_t margin;
        woad_sim_time end = stretch(&rx, at, to, &margin);
        uint64_t first = (at - from) / unit, last = (end - from + unit - 1) / unit;
        if (margin < SILENCE)
            flips += spoil(&dev->air_rng, bits, first, last);
        else if (skip_of(margin))
            flips += flip(&dev->air_rng, skip_of(margin), bits, first, last);
        at = end;
    }
    return flips;
}

bool woad_sim_signal_spoils(struct woad_sim_dev *dev, const struct sim_pkt *pkt, woad_sim_time from,
                            woad_sim_time to)
{
    struct reception rx;
    uint64_t unit = pkt->phy == WOAD_PHY_2M ? 500 : 1000;
    if (!begin(&rx, dev, pkt, from, to, HOPELESS))
        return true;
    for (woad_sim_time at = from; at < to;) {
        int32_t margin;
        woad_sim_time end = stretch(&rx, at, to, &margin);
        uint64_t skip = margin < SILENCE ? 0 : skip_of(margin);
        if (margin < SILENCE ||
            (skip && draw_gap(&dev->air_rng, skip) < (end - at + unit - 1) / unit))
            return true;
        at = end;
    }
    return false;
}

/* Whether no bit of the packet can arrive wrong; true for most, and cheap. */
bool woad_sim_signal_clean(const struct woad_sim_dev *dev, const struct sim_pkt *pkt)
{
    if (pkt->overlapped || pkt->power_end_ns < pkt->rx_end_ns)
        return false;
    return dev->sim->cfg.ideal ||
           dev->rx_level - sensitivity[pkt->phy] - coding_gain[pkt->phy] >= SIM_TABLE_SKIP_MAX;
}
