/*
 * The specification's appendix C, stage by stage: 16 kHz, 32 kbit/s, two frames of 10 ms and two of
 * 7.5 ms, from samples to octets and back. Each stage works on what the one before made here, not
 * on the appendix's value. Left out where the values cannot be had, see tests/lc3/appendix.py.
 */
#include "../lc3/support.h"
#include "lc3/attack.h"
#include "lc3/bandwidth.h"
#include "lc3/energy.h"
#include "lc3/mdct.h"
#include "lc3/pitch.h"
#include "lc3/sns.h"
#include "lc3/spectrum.h"
#include "lc3/tns.h"

struct vector {
    char name[32];
    int count;
    double *v;
};

static struct vector vectors[512];
static int vector_count;

static int load(void **state)
{
    FILE *f = popen(
        "python3 " WOAD_SOURCE_DIR "/tests/lc3/appendix.py " WOAD_BINARY_DIR " 2>/dev/null", "r");
    struct vector *next = vectors;

    (void)state;
    while (f && fscanf(f, "%31s %d", next->name, &next->count) == 2) {
        next->v = test_alloc((size_t)next->count * sizeof *next->v);
        for (int i = 0; i < next->count; i++) {
            assert_int_equal(fscanf(f, "%lf", &next->v[i]), 1);
        }
        next++;
        assert_true(next < vectors + 512);
    }
    vector_count = (int)(next - vectors);
    if (f) {
        pclose(f);
    }
    return 0;
}

static int unload(void **state)
{
    (void)state;
    for (int i = 0; i < vector_count; i++) {
        free(vectors[i].v);
    }
    return 0;
}

/* Row `row` of the value called name, or name_10M and name_7M5 for a duration. */
static const struct vector *get(const char *name, int us, int row)
{
    char full[64];

    snprintf(full, sizeof full, "%s%s.%d", name, us == 0 ? "" : us == 10000 ? "_10M" : "_7M5", row);
    for (int i = 0; i < vector_count; i++) {
        if (strcmp(vectors[i].name, full) == 0) {
            return &vectors[i];
        }
    }
    print_message("no %s\n", full);
    assert_true(false);
    return NULL;
}

/* The figure of one frame from a list of one a frame. */
static int figure(const char *name, int us, int frame)
{
    return (int)get(name, us, 0)->v[frame];
}

/* x * unit is the vector, to `limit` of its largest value. */
static void near(const char *what, int us, int frame, const int32_t *x, double unit, double limit)
{
    const struct vector *want = get(what, us, frame);
    double most = 0, error = 0;

    for (int i = 0; i < want->count; i++) {
        most = fmax(most, fabs(want->v[i]));
        error = fmax(error, fabs(x[i] * unit - want->v[i]));
    }
    if (error > limit * most) {
        print_message("%s %d us frame %d: off by %g of %g\n", what, us, frame, error, most);
    }
    assert_true(error <= limit * most);
}

static double power(int32_t log2_q24)
{
    return exp2(log2_q24 / 16777216.0);
}

static const struct woad_lc3_geometry *geometry(int rate, int us)
{
    struct woad_lc3_config cfg = {.rate_hz = (uint32_t)rate, .frame_us = (uint32_t)us};

    return woad_lc3_geometry_find(&cfg);
}

/* ---- encoder --------------------------------------------------------------------------------- */

struct encoding {
    const struct woad_lc3_geometry *geo;
    int us, frame, octets;
    int16_t before[480 + 60]; /* the frame after what came before it */
    int32_t previous[480];
    struct woad_lc3_pitch_analysis analysis;
    struct woad_lc3_rate rate;
};

static void check_pitch(struct encoding *e, struct woad_lc3_pitch *pitch)
{
    woad_lc3_pitch_analyze(e->geo, &e->analysis, e->before + 60, pitch);
    assert_int_equal(e->analysis.lag + 17, figure("T_CURR", e->us, e->frame));
    assert_int_equal(pitch->present, figure("PITCH_PRESENT", e->us, e->frame));
    assert_int_equal(pitch->active, figure("LTPF_ACTIVE", e->us, e->frame));
    assert_int_equal(pitch->index, figure("PITCH_INDEX", e->us, e->frame));
    assert_true(fabs(e->analysis.nc[0] / 32768.0 - get("NC_LTPF", e->us, 0)->v[e->frame]) < 2e-3);
}

static void check_energy(struct encoding *e, const struct woad_lc3_energy *energy)
{
    const struct vector *want = get("E_B", e->us, e->frame);
    double unit = ldexp(power(2 * e->geo->scale_log2), -energy->fraction);

    /* As amplitudes: the weakest bands are 110 dB below the strongest line. */
    for (int i = 0; i < want->count; i++) {
        double error = fabs(sqrt((double)energy->band[i] * unit) - sqrt(want->v[i]));
        assert_true(error <= 1e-4 * sqrt(want->v[i]) + 0.03);
    }
    assert_int_equal(woad_lc3_bandwidth_detect(e->geo, energy), figure("P_BW", e->us, e->frame));
}

static void check_sns(struct encoding *e, const struct woad_lc3_sns *sns)
{
    const double *index_b = get("IDX_B", e->us, 0)->v, *sign_b = get("LS_IND_B", e->us, 0)->v;
    int f = e->frame;

    assert_int_equal(sns->low, figure("IND_LF", e->us, f));
    assert_int_equal(sns->high, figure("IND_HF", e->us, f));
    assert_int_equal(sns->shape,
                     2 * figure("SUBMODE_MSB", e->us, f) + figure("SUBMODE_LSB", e->us, f));
    assert_int_equal(sns->gain, figure("G_IND", e->us, f));
    assert_int_equal(sns->index_a, figure("IDX_A", e->us, f));
    assert_int_equal(sns->sign_a, figure("LS_IND_A", e->us, f));
    if (!isnan(index_b[f])) {
        assert_int_equal(sns->index_b, (int)index_b[f]);
        assert_int_equal(sns->sign_b, (int)sign_b[f]);
    }
}

static void check_tns(struct encoding *e, const struct woad_lc3_tns *tns)
{
    const struct vector *coef = get("RC_I_1", e->us, e->frame);

    assert_int_equal(tns->filters, figure("NUM_TNS_FILTERS", e->us, e->frame));
    assert_int_equal(tns->order[0], (int)get("RC_ORDER", e->us, e->frame)->v[0]);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(tns->coef[0][i] + 8, (int)coef->v[i]);
    }
    assert_int_equal(woad_lc3_tns_bits(tns), figure("NBITS_TNS", e->us, e->frame));
}

static void check_quantized(struct encoding *e, const struct woad_lc3_spectrum *spec,
                            const int32_t *x)
{
    int gain = figure("GG_IND_ADJ", e->us, e->frame);
    bool again = gain != figure("GG_IND", e->us, e->frame);
    const struct vector *want = get(again ? "X_Q_REQ" : "X_Q", e->us, e->frame);

    assert_int_equal(spec->gain, gain);
    assert_int_equal(spec->count, figure(again ? "LASTNZ_REQ" : "LASTNZ", e->us, e->frame));
    assert_int_equal(spec->lsb_mode, figure("LSB_MODE", e->us, e->frame));
    for (int i = 0; i < spec->count; i++) {
        int level =
            (abs(x[i]) + 6 * (1 << WOAD_LC3_QUANT_FRACTION) / 16) >> WOAD_LC3_QUANT_FRACTION;
        assert_int_equal(x[i] < 0 ? -level : level, (int)want->v[i]);
    }
}

static void encode_stages(struct encoding *e)
{
    const struct vector *pcm = get("X_PCM", e->us, e->frame);
    int32_t x[480], y[480];
    struct woad_lc3_pitch pitch;
    struct woad_lc3_energy energy;
    struct woad_lc3_sns sns;
    struct woad_lc3_tns tns;
    struct woad_lc3_spectrum spec;
    int fraction, budget;

    memmove(e->before, e->before + pcm->count, 60 * sizeof e->before[0]);
    for (int i = 0; i < pcm->count; i++) {
        e->before[60 + i] = (int16_t)pcm->v[i];
        x[i] = (int32_t)pcm->v[i] * 256;
    }
    check_pitch(e, &pitch);
    fraction = woad_lc3_mdct_forward(e->geo, 8, x, e->previous, y);
    near("X", e->us, e->frame, y, ldexp(power(e->geo->scale_log2), -fraction), 1e-5);
    woad_lc3_energy_compute(e->geo, fraction, y, &energy);
    check_energy(e, &energy);
    fraction = woad_lc3_sns_analyze(e->geo, &energy, false, &sns, fraction, y);
    check_sns(e, &sns);
    near("X_S", e->us, e->frame, y, ldexp(1, -fraction), 1e-5);
    budget = 8 * e->octets - woad_lc3_spectrum_side_bits(e->geo, (size_t)e->octets) -
             woad_lc3_bandwidth_bits(e->geo) - 1 - (pitch.present ? 10 : 0) - WOAD_LC3_SNS_BITS;
    woad_lc3_tns_analyze(e->geo, WOAD_LC3_WB, false, (size_t)e->octets, budget, &tns, y);
    check_tns(e, &tns);
    near("X_F", e->us, e->frame, y, ldexp(1, -fraction), 1e-5);
    budget -= woad_lc3_tns_bits(&tns);
    assert_int_equal(budget, figure("NBITS_SPEC", e->us, e->frame));
    woad_lc3_spectrum_quantize(e->geo, (size_t)e->octets, budget, &e->rate, &spec, fraction, y);
    check_quantized(e, &spec, y);
}

static void encoder_stage_by_stage(void **state)
{
    (void)state;
    if (vector_count == 0) {
        skip();
    }
    for (int us = 7500; us <= 10000; us += 2500) {
        struct encoding e = {.geo = geometry(16000, us), .us = us, .octets = us == 10000 ? 40 : 30};

        for (e.frame = 0; e.frame < 2; e.frame++) {
            encode_stages(&e);
        }
    }
}

static void finds_attack(void **state)
{
    (void)state;
    if (vector_count == 0) {
        skip();
    }
    for (int us = 7500; us <= 10000; us += 2500) {
        const struct woad_lc3_geometry *geo = geometry(48000, us);
        struct woad_lc3_attack attack = {0};
        int16_t x[480 + 6] = {0};

        for (int f = 0; f < 2; f++) {
            const struct vector *pcm = get("X_PCM_ATT", us, f);

            memcpy(x, x + pcm->count, 6 * sizeof x[0]);
            for (int i = 0; i < pcm->count; i++) {
                x[6 + i] = (int16_t)pcm->v[i];
            }
            assert_int_equal(woad_lc3_attack_run(geo, us == 10000 ? 110 : 82, &attack, x + 6),
                             figure("F_ATT", us, f));
        }
    }
}

/* ---- decoder --------------------------------------------------------------------------------- */

struct decoding {
    const struct woad_lc3_geometry *geo;
    int us, frame;
    int32_t overlap[480];
};

static void to_octets(const struct vector *v, uint8_t *out)
{
    for (int i = 0; i < v->count; i++) {
        out[i] = (uint8_t)v->v[i];
    }
}

/* Time samples are the sum of this block's first part and the rest of the block before. */
static void check_time(struct decoding *d, const int32_t *x)
{
    const struct vector *now = get("T_HAT_MDCT", d->us, d->frame);
    int n = d->geo->samples, from = n - d->geo->overlap;
    double error = 0;

    for (int i = 0; i < n; i++) {
        double want = now->v[from + i];
        if (d->frame && i < d->geo->overlap) {
            want += get("T_HAT_MDCT", d->us, d->frame - 1)->v[from + n + i];
        }
        error = fmax(error, fabs(ldexp(x[i], -WOAD_LC3_TIME_FRACTION) - want));
    }
    if (error >= 1) {
        print_message("T_HAT_MDCT %d us frame %d: off by %g\n", d->us, d->frame, error);
    }
    assert_true(error < 1); /* steps of 16 bits */
}

static void decode_stages(struct decoding *d)
{
    const struct vector *octets = get("BYTES_AC", d->us, d->frame);
    const struct woad_lc3_geometry *geo = d->geo;
    size_t len = (size_t)octets->count;
    struct woad_lc3_reader r;
    struct woad_lc3_spectrum spec;
    struct woad_lc3_tns tns;
    struct woad_lc3_sns sns;
    struct woad_lc3_pitch pitch = {0};
    unsigned bandwidth;
    int32_t x[480], out[480], gain;
    uint8_t frame[400];
    int fraction, sum_bits;

    to_octets(octets, frame);
    woad_lc3_reader_init(&r, frame, len);
    assert_int_equal(woad_lc3_bandwidth_read(&r, geo, &bandwidth), 0);
    assert_int_equal(woad_lc3_spectrum_read_side(&r, geo, &spec), 0);
    woad_lc3_tns_read(&r, geo, bandwidth, len, &tns);
    pitch.present = woad_lc3_read(&r, 1);
    assert_int_equal(woad_lc3_sns_read(&r, &sns), 0);
    woad_lc3_pitch_read(&r, &pitch);
    assert_int_equal(pitch.index, figure("PITCH_INDEX", d->us, d->frame));
    assert_int_equal(woad_lc3_spectrum_read(&r, geo, &spec, bandwidth, len, x), 0);
    near("X_HAT_Q", d->us, d->frame, x, ldexp(1, -WOAD_LC3_LINE_FRACTION), 1e-6);
    gain = woad_lc3_spectrum_gain(geo, spec.gain, len);
    fraction = woad_lc3_tns_synthesize(geo, bandwidth, &tns, WOAD_LC3_LINE_FRACTION, x);
    near("X_HAT_TNS", d->us, d->frame, x, ldexp(power(gain), -fraction), 1e-4);
    fraction = woad_lc3_sns_synthesize(geo, &sns, gain, fraction, woad_lc3_mdct_fraction_max(geo),
                                       x, &sum_bits);
    near("X_HAT_SNS", d->us, d->frame, x, ldexp(1 / power(geo->scale_log2), -fraction), 1e-4);
    woad_lc3_mdct_inverse(geo, fraction, sum_bits, x);
    woad_lc3_mdct_overlap(geo, x, d->overlap, 0, geo->samples, out);
    woad_lc3_mdct_keep(geo, x, d->overlap);
    check_time(d, out);
}

static void decoder_stage_by_stage(void **state)
{
    (void)state;
    if (vector_count == 0) {
        skip();
    }
    for (int us = 7500; us <= 10000; us += 2500) {
        struct decoding d = {.geo = geometry(16000, us), .us = us};

        for (d.frame = 0; d.frame < 2; d.frame++) {
            decode_stages(&d);
        }
    }
}

/* Two filters at once, which 16 kHz does not have. */
static void tns_at_48_khz(void **state)
{
    const struct woad_lc3_geometry *geo = geometry(48000, 10000);
    struct woad_lc3_tns tns = {.filters = 2};
    const struct vector *in, *order, *coef[2];
    int32_t x[480] = {0};
    int fraction;

    (void)state;
    if (vector_count == 0) {
        skip();
    }
    in = get("X_HAT_F_48K_10M", 0, 0);
    order = get("RC_ORDER_48K_10M", 0, 0);
    coef[0] = get("RC_I_1_48K_10M", 0, 0);
    coef[1] = get("RC_I_2_48K_10M", 0, 0);
    for (int f = 0; f < 2; f++) {
        tns.order[f] = (uint8_t)order->v[f];
        for (int i = 0; i < 8; i++) {
            tns.coef[f][i] = (int8_t)(coef[f]->v[i] - 8);
        }
    }
    for (int i = 0; i < in->count; i++) {
        x[i] = (int32_t)lrint(ldexp(in->v[i], 8));
    }
    fraction = woad_lc3_tns_synthesize(geo, WOAD_LC3_FB, &tns, 8, x);
    near("X_HAT_TNS_48K_10M", 0, 0, x, ldexp(1, -fraction), 1e-5);
}

/* The postfilter's memory, filled with the appendix's past. */
static void fill_past(const struct woad_lc3_geometry *geo, struct woad_lc3_ltpf *ltpf,
                      const char *name)
{
    unsigned taps = woad_lc3_ltpf_taps(geo);
    char full[16];

    snprintf(full, sizeof full, "%s_PREV", name);
    ltpf->position = 0;
    for (int i = 0; i < 320; i++) {
        int at = (int)woad_lc3_ltpf_history(geo) - 320 + i;
        int32_t v = (int32_t)lrint(get(full, 0, i / 160)->v[i % 160] * 16);

        ltpf->history[at] = (int16_t)(v >> 4);
        ltpf->low[at / 2] |= (uint8_t)((v & 15) << 4 * (at & 1));
    }
    snprintf(full, sizeof full, "%s_X", name);
    for (unsigned i = 0; i < taps - 1; i++) {
        ltpf->input[i] = (int32_t)lrint(get(full, 0, 0)->v[160 - (taps - 1) + i] *
                                        (1 << WOAD_LC3_TIME_FRACTION));
    }
}

/* Off to on, on to off, the same again, and from one pitch to another. */
static void ltpf_transition(const char *name)
{
    const struct woad_lc3_geometry *geo = geometry(16000, 10000);
    int16_t history[512] = {0};
    uint8_t low[256] = {0};
    int32_t input[WOAD_LC3_TAPS_MAX] = {0}, block[WOAD_LC3_TAPS_MAX + 40];
    struct woad_lc3_ltpf ltpf = {.size = (uint16_t)woad_lc3_ltpf_history(geo),
                                 .history = history,
                                 .low = low,
                                 .input = input};
    struct woad_lc3_ltpf_filter filter[2];
    char full[24];

    for (int f = 0; f < 2; f++) {
        struct woad_lc3_pitch pitch = {.present = true};

        snprintf(full, sizeof full, "%s_ACTIVE", name);
        pitch.active = get(full, 0, 0)->v[f] > 0;
        snprintf(full, sizeof full, "%s_PITCH_INDEX", name);
        pitch.index = (uint16_t)get(full, 0, 0)->v[f];
        filter[f] = woad_lc3_ltpf_choose(geo, &pitch, 40);
    }
    fill_past(geo, &ltpf, name);
    ltpf.filter = filter[0];
    for (int at = 0; at < 160; at += 40) {
        int32_t *x = block + WOAD_LC3_TAPS_MAX;

        snprintf(full, sizeof full, "%s_X", name);
        for (int i = 0; i < 40; i++) {
            x[i] = (int32_t)lrint(ldexp(get(full, 0, 1)->v[at + i], WOAD_LC3_TIME_FRACTION));
        }
        woad_lc3_ltpf_synthesize(geo, &ltpf, &filter[1], at == 0, x);
        snprintf(full, sizeof full, "%s_TRANS", name);
        for (int i = 0; i < 40; i++) {
            double error = fabs(ldexp(x[i], -WOAD_LC3_TIME_FRACTION) - get(full, 0, 0)->v[at + i]);
            if (error >= 0.1) {
                print_message("%s sample %d: off by %g\n", name, at + i, error);
            }
            assert_true(error < 0.1);
        }
    }
}

static void ltpf_transitions(void **state)
{
    static const char *const names[] = {"LTPF_C2", "LTPF_C3", "LTPF_C4", "LTPF_C5"};

    (void)state;
    if (vector_count == 0) {
        skip();
    }
    for (int i = 0; i < 4; i++) {
        ltpf_transition(names[i]);
    }
}

/* ---- both ------------------------------------------------------------------------------------ */

/* Samples to the very octets of the appendix, and these to its samples within one step. */
static void whole_frames(void **state)
{
    (void)state;
    if (vector_count == 0) {
        skip();
    }
    for (int us = 7500; us <= 10000; us += 2500) {
        struct pair p = pair_open(16000, us);

        for (int f = 0; f < 2; f++) {
            const struct vector *in = get("X_PCM", us, f), *out = get("X_HAT_CLIP", us, f);
            const struct vector *octets = get("BYTES_AC", us, f);
            uint8_t want[400], frame[400];
            int16_t pcm[480];

            to_octets(octets, want);
            for (int i = 0; i < in->count; i++) {
                pcm[i] = (int16_t)in->v[i];
            }
            assert_int_equal(woad_lc3_encode(p.enc, p.scratch, WOAD_LC3_S16, pcm, 1, frame,
                                             (size_t)octets->count),
                             WOAD_LC3_OK);
            assert_memory_equal(frame, want, (size_t)octets->count);
            assert_int_equal(woad_lc3_decode(p.dec, p.scratch, want, (size_t)octets->count,
                                             WOAD_LC3_S16, pcm, 1),
                             WOAD_LC3_OK);
            for (int i = 0; i < out->count; i++) {
                assert_true(fabs(pcm[i] - out->v[i]) <= 1);
            }
        }
        pair_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoder_stage_by_stage), cmocka_unit_test(finds_attack),
        cmocka_unit_test(decoder_stage_by_stage), cmocka_unit_test(tns_at_48_khz),
        cmocka_unit_test(ltpf_transitions),       cmocka_unit_test(whole_frames),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
