/* Link layers in worlds drawn from a seed: loss, drift at the limit, late interrupts and pumps,
 * bursts of faults, several links, updates and streams at random. Whatever happens, what arrives is
 * what was sent, the checkers of the air stay silent, and a link that lives delivers everything.
 *
 * WOAD_SEED=n runs one world (and WOAD_CAPTURE=FILE captures it), WOAD_SEEDS=n the first n. */
#include "ll_world.h"

struct draw {
    uint64_t state;
    uint64_t seed;
};

static uint32_t below(struct draw *d, uint32_t limit)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) % limit);
}

struct swarm {
    struct draw draw;
    struct w_world world;
    unsigned links; /* device 0 is central of 1..links */
    unsigned violations;
};

static void on_violation(void *arg, woad_sim_time at, const char *text)
{
    struct swarm *s = arg;
    if (s->violations++ < 5)
        print_message("at %.6f s: %s\n", (double)at / 1e9, text);
}

/* Devices with clocks at the limit of what they declare. */
static void add_devices(struct swarm *s)
{
    static const struct woad_ll_cfg limits = {.max_conns = 4};
    struct draw *d = &s->draw;
    s->links = 1 + below(d, 3);
    for (unsigned i = 0; i <= s->links; i++) {
        static const double ppm[] = {20, 50, 250, 500};
        double sign = below(d, 2) ? 1 : -1;
        const struct woad_sim_dev_cfg cfg = {.x_m = below(d, 30),
                                             .y_m = below(d, 30),
                                             .sleep_ppm = sign * ppm[below(d, 4)],
                                             .active_ppm = (int)below(d, 81) - 40,
                                             .clock_offset_us = below(d, 1u << 30),
                                             .timer_latency_us = (uint16_t)(1 + below(d, 30)),
                                             .irq_latency_us = (uint16_t)below(d, 40)};
        struct w_dev *dev = w_add(&s->world, &cfg, &limits);
        woad_sim_task_latency(dev->task, below(d, 300));
        dev->auto_params = true;
    }
}

static void add_faults(struct swarm *s)
{
    struct draw *d = &s->draw;
    const struct woad_sim_fault_mix mix = {
        .from = WOAD_SIM_S(2),
        .to = WOAD_SIM_S(8),
        .duration_max = WOAD_SIM_MS(1 + below(d, 400)),
        .count = {[WOAD_SIM_FAULT_LOSS] = 10, [WOAD_SIM_FAULT_DELAY] = 3},
        .value_max = {[WOAD_SIM_FAULT_LOSS] = 1000, [WOAD_SIM_FAULT_DELAY] = 2000}};
    assert_int_equal(woad_sim_fault_random(s->world.sim, &mix), 0);
}

/* Connects device 0 to each of the others; some links may not come up, which is no fault. */
static void connect_all(struct swarm *s)
{
    struct w_world *w = &s->world;
    for (unsigned i = 1; i <= s->links; i++) {
        const struct w_params params = {.interval = (uint16_t)(6 + below(&s->draw, 60)),
                                        .latency = (uint16_t)below(&s->draw, 4),
                                        .timeout = (uint16_t)(300 + below(&s->draw, 300))};
        w_advertise(&w->devs[i]);
        w_connect(&w->devs[0], &w->devs[i], &params);
        assert_non_null(w_wait_le(&w->devs[0], WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 10000));
    }
}

static void disturb(struct swarm *s, struct w_dev *d, const struct w_link *l)
{
    uint8_t lo = (uint8_t)l->handle, hi = (uint8_t)(l->handle >> 8);
    uint8_t update[14] = {lo, hi};
    if (!l->up || d->cmd_put != d->cmd_get)
        return;
    switch (below(&s->draw, 12)) {
    case 0:
        woad_put_u16(update + 2, (uint16_t)(6 + below(&s->draw, 40)));
        woad_put_u16(update + 4, (uint16_t)(46 + below(&s->draw, 40)));
        woad_put_u16(update + 6, (uint16_t)below(&s->draw, 4));
        woad_put_u16(update + 8, 500);
        w_cmd(d, WOAD_HCI_CMD_LE_CONNECTION_UPDATE, update, 14);
        break;
    case 1: W_CMD(d, LE_SET_DATA_LENGTH, lo, hi, 251, 0, 0x48, 0x08); break;
    case 2: W_CMD(d, LE_SET_PHY, lo, hi, 0, 2, 2, 0, 0); break;
    case 3: W_CMD(d, LE_SET_PHY, lo, hi, 0, 1, 1, 0, 0); break;
    case 4: W_CMD(d, READ_REMOTE_VERSION_INFORMATION, lo, hi); break;
    case 5: W_CMD(d, LE_READ_REMOTE_FEATURES_PAGE_0, lo, hi); break;
    default: break;
    }
}

static struct w_link *peer_of(struct swarm *s, unsigned i)
{
    struct w_link *l = &s->world.devs[i].links[0];
    return l->handle || l->up ? l : NULL;
}

static void stream_all(struct swarm *s)
{
    struct w_world *w = &s->world;
    for (unsigned i = 0; i < s->links; i++) {
        w->devs[0].links[i].to_send = below(&s->draw, 100000);
        w->devs[i + 1].links[0].to_send = below(&s->draw, 100000);
    }
    for (unsigned t = 0; t < 160; t++) {
        for (unsigned i = 0; i <= s->links; i++) {
            woad_sim_task_wake(w->devs[i].task);
            disturb(s, &w->devs[i], &w->devs[i].links[i == 0 ? t % s->links : 0]);
        }
        w_ms(w, 50);
    }
}

/* Link i of device 0 and its other end, by the order in which they came up. */
static void check_link(struct swarm *s, unsigned i)
{
    const struct w_link *c = &s->world.devs[0].links[i];
    const struct w_link *p = peer_of(s, i + 1);
    if (!p)
        return; /* never came up on that side */
    assert_false(c->corrupt);
    assert_false(p->corrupt);
    assert_true(p->received <= c->sent && c->received <= p->sent);
    if (c->up && p->up) {
        assert_true(p->received == c->to_send);
        assert_true(c->received == p->to_send);
        assert_true(c->outstanding == 0 && p->outstanding == 0);
    }
}

/* Octets that arrived on links that are up and not finished; UINT64_MAX when there are none. */
static uint64_t progress(struct swarm *s)
{
    uint64_t octets = UINT64_MAX;
    for (unsigned i = 0; i < s->links; i++) {
        const struct w_link *c = &s->world.devs[0].links[i], *p = peer_of(s, i + 1);
        if (!p || !c->up || !p->up ||
            (p->received == c->to_send && c->received == p->to_send && !c->outstanding &&
             !p->outstanding))
            continue;
        octets = (octets == UINT64_MAX ? 0 : octets) + p->received + c->received;
    }
    return octets;
}

/* Until all is there, or for 20 s nothing has moved. */
static void finish(struct swarm *s)
{
    uint64_t last = 0;
    for (unsigned idle = 0; idle < 200 && progress(s) != UINT64_MAX; idle++) {
        w_ms(&s->world, 100);
        if (progress(s) != last)
            idle = 0;
        last = progress(s);
    }
}

static uint64_t run_world(uint64_t seed, unsigned *up)
{
    struct swarm *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->draw.state = s->draw.seed = seed;
    const struct woad_sim_cfg cfg = {.seed = seed, .loss_permille = (uint16_t)below(&s->draw, 150)};
    w_init(&s->world, &cfg);
    woad_sim_set_report(s->world.sim, on_violation, s);
    if (getenv("WOAD_SEED") && getenv("WOAD_CAPTURE"))
        assert_int_equal(woad_sim_capture_open(s->world.sim, getenv("WOAD_CAPTURE")), 0);
    add_devices(s);
    connect_all(s);
    add_faults(s);
    stream_all(s);
    finish(s);
    for (unsigned i = 0; i < s->links; i++) {
        check_link(s, i);
        *up += s->world.devs[0].links[i].up;
    }
    assert_int_equal(s->violations, 0);
    uint64_t hash = woad_sim_hash(s->world.sim);
    w_free(&s->world);
    free(s);
    return hash;
}

static void worlds_keep_their_rules(void **state)
{
    const char *one = getenv("WOAD_SEED"), *many = getenv("WOAD_SEEDS");
    uint64_t first = one ? strtoull(one, NULL, 0) : 1;
    uint64_t last = one ? first : many ? strtoull(many, NULL, 0) : 30;
    unsigned up = 0;
    (void)state;
    for (uint64_t seed = first; seed <= last; seed++) {
        print_message("WOAD_SEED=%llu ll_swarm_test\n", (unsigned long long)seed);
        run_world(seed, &up);
    }
    if (!one)
        assert_true(up > last / 2); /* the worlds are hard, but links live in them */
}

static void a_world_repeats(void **state)
{
    unsigned up = 0;
    (void)state;
    if (getenv("WOAD_SEED"))
        skip();
    assert_true(run_world(7, &up) == run_world(7, &up));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worlds_keep_their_rules),
        cmocka_unit_test(a_world_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
