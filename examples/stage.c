#include "stage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "woad/ad.h"
#include "woad/crypto.h"
#include "woad/gap.h"
#include "woad/runtime.h"
#include "woad/sim.h"
#include "woad/transport_direct.h"
#include "woad/transport_uri.h"

struct device {
    struct woad_host *host;
    void *host_mem;
    struct woad_runtime rt;
    /* simulated */
    struct woad_sim_dev *dev;
    struct woad_sim_task *task;
    struct woad_ll *ll;
    void *ll_mem;
    struct woad_direct direct;
    struct woad_runtime_clock clock;
};

static struct {
    struct device devices[STAGE_DEVICES];
    unsigned count;
    struct woad_sim *sim;
    struct woad_uri uri;
    const char *hci, *as, *state;
    unsigned seconds;
    bool ended;
    int exit_code;
} stage;

static unsigned runs; /* each world is another */
static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

static int ask_interrupted(void *arg)
{
    (void)arg;
    return interrupted ? WOAD_ERR_CANCELLED : 0;
}

const char *stage_state(void)
{
    return stage.hci ? stage.state : NULL;
}

bool stage_simulated(void)
{
    return !stage.hci;
}

void stage_end(int exit_code)
{
    if (!stage.ended)
        stage.exit_code = exit_code;
    stage.ended = true;
    woad_runtime_wake(&stage.devices[0].rt); /* the turn does not sleep after this */
}

void stage_check(const char *what, long err)
{
    if (err >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, woad_err_text((int)err));
    stage_end(1);
}

static struct device *device_of(const struct woad_host *h)
{
    for (unsigned i = 0; i < stage.count; i++)
        if (stage.devices[i].host == h)
            return &stage.devices[i];
    abort(); /* not a host of this stage */
}

unsigned stage_index(const struct woad_host *h)
{
    return (unsigned)(device_of(h) - stage.devices);
}

woad_time stage_now(const struct woad_host *h)
{
    return woad_kernel_now(device_of(h)->rt.kernel);
}

struct woad_workq *stage_work(const struct woad_host *h)
{
    return &device_of(h)->rt.work;
}

void stage_advertise(struct woad_host *h, const struct woad_host_evt *evt, const char *name,
                     const struct woad_uuid *service)
{
    uint8_t data[WOAD_AD_LEGACY_MAX], scan_rsp[WOAD_AD_LEGACY_MAX];
    struct woad_ad ad = woad_ad_init(data, sizeof(data));
    struct woad_ad rsp = woad_ad_init(scan_rsp, sizeof(scan_rsp));
    if (evt->type != WOAD_EVT_READY && evt->type != WOAD_EVT_DISCONNECTED)
        return;
    woad_ad_flags(&ad, WOAD_AD_GENERAL_DISCOVERABLE | WOAD_AD_NO_BREDR);
    woad_ad_uuids(&ad, service, 1);
    woad_ad_name(&rsp, name);
    stage_check("advertising data", woad_ad_len(&ad));
    stage_check("advertise",
                woad_gap_advertise_start(
                    h, &(struct woad_adv_params){.data = data,
                                                 .data_len = (uint8_t)woad_ad_len(&ad),
                                                 .scan_rsp = scan_rsp,
                                                 .scan_rsp_len = (uint8_t)woad_ad_len(&rsp)}));
}

/* ---- the simulated world --------------------------------------------------------------------- */

static woad_time sim_now(void *arg)
{
    return woad_sim_dev_now(((struct device *)arg)->dev);
}

static int sim_advance(void *arg, woad_time until_us)
{
    (void)arg;
    (void)until_us; /* the runtime's task ends there */
    return woad_sim_step(stage.sim) ? 0 : WOAD_ERR_EOF;
}

static void sim_wake(void *arg)
{
    woad_sim_task_wake(((struct device *)arg)->task);
}

static woad_time sim_run(void *arg, woad_time now_us)
{
    struct device *d = arg;
    woad_time next = woad_ll_run(d->ll, now_us);
    return woad_time_min(next, woad_runtime_run(&d->rt, now_us));
}

/* A device with a radio of its own; returns its transport, or NULL. */
static struct woad_transport *make_controller(struct device *d, unsigned index)
{
    d->dev = woad_sim_add(stage.sim, &(struct woad_sim_dev_cfg){.x_m = index});
    if (!d->dev)
        return NULL;
    struct woad_ll_cfg cfg = {
        .radio = woad_sim_radio(d->dev),
        .public_addr = {(uint8_t)(index + 1), 0, 0, 0xFF, 0xEE, 0xC0},
        .rand = woad_sim_rand,
        .rand_arg = d->dev,
    };
    size_t size = woad_ll_mem_size(&cfg);
    d->ll_mem = malloc(size);
    d->task = woad_sim_task_add(d->dev, sim_run, d);
    if (!d->ll_mem || !d->task || woad_ll_init(d->ll_mem, size, &cfg, &d->ll))
        return NULL;
    woad_sim_attach(d->dev, d->ll);
    woad_ll_set_wake(d->ll, woad_sim_task_wake, d->task);
    woad_direct_init(&d->direct, d->ll, woad_sim_task_wake, d->task);
    d->clock = (struct woad_runtime_clock){sim_now, sim_advance, sim_wake, d};
    return &d->direct.transport;
}

/* ---- devices --------------------------------------------------------------------------------- */

static void real_rand(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    if (woad_crypto_random(to, len))
        abort(); /* no entropy: no keys */
}

static int make_host(struct device *d, const struct stage_role *role)
{
    struct woad_host_cfg cfg = role->host;
    cfg.rand = d->dev ? woad_sim_rand : real_rand;
    cfg.rand_arg = d->dev;
    size_t size = woad_host_mem_size(&cfg);
    d->host_mem = malloc(size);
    return d->host_mem ? woad_host_init(d->host_mem, size, &cfg, &d->host) : WOAD_ERR_NO_MEM;
}

static int add_device(const struct stage_role *role)
{
    unsigned index = stage.count++;
    struct device *d = &stage.devices[index];
    if (role->prepare)
        role->prepare();
    struct woad_transport *transport = stage.sim ? make_controller(d, index) : stage.uri.transport;
    int err = transport ? make_host(d, role) : WOAD_ERR_NO_MEM;
    if (err)
        return err;
    err = woad_runtime_init(&d->rt, &(struct woad_runtime_cfg){
                                        .model = WOAD_RUN_COOP,
                                        .host = d->host,
                                        .transport = transport,
                                        .clock = stage.sim ? &d->clock : NULL,
                                        .interrupted = ask_interrupted,
                                    });
    if (err)
        return err;
    if (role->start)
        role->start(d->host);
    err = woad_host_start(d->host);
    if (!err)
        err = woad_runtime_start(&d->rt);
    if (err && transport->why)
        fprintf(stderr, "%s\n", transport->why);
    return err;
}

static void remove_device(struct device *d)
{
    if (d->rt.kernel) {
        woad_runtime_stop(&d->rt);
        woad_runtime_deinit(&d->rt);
    }
    if (d->host)
        woad_host_deinit(d->host);
    if (d->ll)
        woad_ll_deinit(d->ll);
    free(d->host_mem);
    free(d->ll_mem);
}

/* ---- the run --------------------------------------------------------------------------------- */

static int build(const struct stage_role *roles, unsigned count)
{
    int err = woad_crypto_init();
    if (stage.hci) {
        if (woad_uri_init(&stage.uri, stage.hci, &(struct woad_uri_cfg){0})) {
            fprintf(stderr, "--hci %s\n", stage.uri.why);
            return 2;
        }
    } else if (!err) {
        stage.sim = woad_sim_new(&(struct woad_sim_cfg){.seed = ++runs});
        err = stage.sim ? 0 : WOAD_ERR_NO_MEM;
    }
    for (unsigned i = 0; i < count && !err; i++) {
        bool mine = stage.sim || (stage.as ? !strcmp(stage.as, roles[i].name) : i == 0);
        unsigned many = stage.sim && roles[i].count ? roles[i].count : 1;
        for (unsigned n = 0; mine && n < many && !err; n++)
            err = add_device(&roles[i]);
    }
    if (err)
        fprintf(stderr, "set-up: %s\n", woad_err_text(err));
    return err ? 5 : 0;
}

static int run(void)
{
    struct device *d = &stage.devices[0];
    woad_time limit = woad_time_add(stage_now(d->host), WOAD_S(1) * stage.seconds);
    while (!stage.ended) {
        int err = woad_runtime_turn(&d->rt, limit);
        if (err == WOAD_ERR_CANCELLED)
            return 130;
        if (stage_now(d->host) >= limit && !stage.ended) {
            fprintf(stderr, "nothing more after %u seconds\n", stage.seconds);
            return 6;
        }
    }
    return stage.exit_code;
}

static bool parse(int argc, char **argv, const struct stage_role *roles, unsigned count)
{
    bool known = true;
    for (int i = 1; i < argc && known; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        known = value != NULL;
        if (known && !strcmp(argv[i], "--hci"))
            stage.hci = strcmp(value, "sim:") ? value : NULL;
        else if (known && !strcmp(argv[i], "--as"))
            stage.as = value;
        else if (known && !strcmp(argv[i], "--state"))
            stage.state = value;
        else if (known && !strcmp(argv[i], "--seconds"))
            known = (stage.seconds = (unsigned)strtoul(value, NULL, 10)) > 0;
        else
            known = false;
    }
    for (unsigned i = 0; stage.as && i < count; i++)
        if (!strcmp(stage.as, roles[i].name))
            return known;
    return known && !stage.as;
}

int stage_main(int argc, char **argv, const struct stage_role *roles, unsigned count)
{
    memset(&stage, 0, sizeof(stage));
    stage.seconds = 120;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!parse(argc, argv, roles, count)) {
        fprintf(stderr,
                "usage: %s [--hci URI [--as ROLE]] [--seconds N] [--state FILE]\nroles:", argv[0]);
        for (unsigned i = 0; i < count; i++)
            fprintf(stderr, " %s", roles[i].name);
        fprintf(stderr, "\nURIs:\n%s", woad_uri_help());
        return 2;
    }
    signal(SIGINT, on_signal);
    int rc = build(roles, count);
    if (rc == 0)
        rc = run();
    for (unsigned i = 0; i < stage.count; i++)
        remove_device(&stage.devices[i]);
    woad_sim_free(stage.sim);
    if (stage.uri.transport)
        woad_uri_deinit(&stage.uri);
    return rc;
}
