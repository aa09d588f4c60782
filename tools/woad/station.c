#include "station.h"
#include "company.h"

#include "woad/crypto.h"
#include "woad/gap.h"
#include "woad/runtime.h"
#include "woad/transport_uri.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define PATIENCE_S 8 /* without READY: the controller is given up */
#define LEAVE_S    1 /* for taking leave of peers, and of the controller */
#define STEP_US    WOAD_MS(50)
#define LINKS      16

struct station {
    struct station_cfg cfg;
    bool simulated;
    /* sim: */
    struct world world;
    struct node node;
    struct company company;
    /* elsewhere */
    struct woad_uri uri;
    bool uri_open;
    struct woad_transport *transport; /* of the URI, or the tap on it */
    struct woad_snoop snoop;
    FILE *log;
    struct woad_host *host;
    void *host_mem;
    struct woad_runtime rt;
    bool has_runtime;
    double start_s;
    bool ready;
    double lost_s; /* since when it is not ready */
    uint16_t links[LINKS];
    unsigned link_count;
    bool leaving; /* the command hears no more */
    bool stopped;
    int exit_code; /* set when there is no way on */
};

struct woad_host *station_host(struct station *s)
{
    return s->simulated ? s->node.host : s->host;
}

double station_now_s(const struct station *s)
{
    return s->simulated ? world_now_s(&s->world) : tool_wall_s() - s->start_s;
}

static void give_up(struct station *s, int exit_code, const char *what)
{
    if (s->exit_code)
        return;
    tool_error("%s", what);
    s->exit_code = exit_code;
}

static void link_down(struct station *s, uint16_t conn)
{
    for (unsigned i = 0; i < s->link_count; i++)
        if (s->links[i] == conn)
            s->links[i--] = s->links[--s->link_count];
}

/* Events pass through here on their way to the command. */
static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct station *s = arg;
    if (evt->type == WOAD_EVT_READY)
        s->ready = true;
    if (evt->type == WOAD_EVT_CONNECTED && s->link_count < LINKS)
        s->links[s->link_count++] = evt->conn;
    if (evt->type == WOAD_EVT_DISCONNECTED)
        link_down(s, evt->conn);
    if (evt->type == WOAD_EVT_STOPPED)
        s->stopped = true;
    if (evt->type == WOAD_EVT_FAULT) {
        tool_error("the controller failed: %s", woad_host_fault_text(evt));
        if (s->ready)
            s->lost_s = station_now_s(s);
        s->ready = false;
    }
    if (!s->leaving)
        s->cfg.host.event(s->cfg.host.event_arg, h, evt);
}

/* ---- sim: ------------------------------------------------------------------------------------ */

static int open_sim(struct station *s)
{
    int rc = world_init(&s->world, &(struct world_cfg){.seed = 1, .hci_log = s->cfg.hci_log});
    if (rc)
        return rc;
    struct node_cfg cfg = {
        .name = "ours",
        .host = s->cfg.host,
        .wrap = world_wrap_hci_log,
        .wrap_arg = &s->world,
    };
    cfg.host.event = on_event;
    cfg.host.event_arg = s;
    int err = node_init(&s->node, s->world.sim, &cfg);
    if (err == 0)
        err = woad_host_start(s->node.host);
    if (err == 0)
        err = company_init(&s->company, s->world.sim, s->cfg.company, s->cfg.peer_store);
    if (err < 0) {
        tool_error("cannot build the simulated world: %s", woad_err_text(err));
        return TOOL_FAILED;
    }
    node_wake(&s->node);
    return 0;
}

static void turn_sim(struct station *s)
{
    world_run_for(&s->world, WOAD_SIM_MS(10));
    company_tick(&s->company, world_now_s(&s->world));
    double ahead = world_now_s(&s->world) - (tool_wall_s() - s->start_s);
    if (s->cfg.pace && ahead > 0)
        nanosleep(&(struct timespec){.tv_nsec = (long)(ahead * 1e9) % 1000000000}, NULL);
}

/* ---- elsewhere ------------------------------------------------------------------------------- */

static uint64_t unix_time_us(void *arg)
{
    (void)arg;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int log_write(void *arg, const void *octets, size_t len)
{
    return fwrite(octets, 1, len, arg) == len ? 0 : WOAD_ERR_IO;
}

static int open_log(struct station *s)
{
    s->transport = s->uri.transport;
    if (!s->cfg.hci_log)
        return 0;
    s->log = fopen(s->cfg.hci_log, "wb");
    if (!s->log) {
        tool_error("cannot write %s", s->cfg.hci_log);
        return TOOL_IO;
    }
    woad_snoop_init(&s->snoop, s->uri.transport,
                    &(struct woad_snoop_cfg){.link = WOAD_BTSNOOP_H4,
                                             .write = log_write,
                                             .write_arg = s->log,
                                             .now_us = unix_time_us});
    s->transport = &s->snoop.transport;
    return 0;
}

static void os_rand(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    while (len) {
        ssize_t n = getrandom(to, len, 0);
        if (n <= 0)
            continue;
        to += n;
        len -= (size_t)n;
    }
}

static int build_host(struct station *s)
{
    struct woad_host_cfg cfg = s->cfg.host;
    cfg.event = on_event;
    cfg.event_arg = s;
    cfg.rand = os_rand;
    size_t size = woad_host_mem_size(&cfg);
    s->host_mem = malloc(size);
    int err = woad_crypto_init();
    if (err == 0)
        err = s->host_mem ? woad_host_init(s->host_mem, size, &cfg, &s->host) : WOAD_ERR_NO_MEM;
    if (err == 0)
        err = woad_host_start(s->host);
    if (err == 0)
        return 0;
    tool_error("cannot start the host: %s", woad_err_text(err));
    return TOOL_FAILED;
}

static int open_elsewhere(struct station *s)
{
    int err = woad_uri_init(&s->uri, s->cfg.uri, &(struct woad_uri_cfg){0});
    if (err < 0) {
        tool_error("--hci %s", s->uri.why);
        return err == WOAD_ERR_INVALID  ? TOOL_USAGE
               : err == WOAD_ERR_FORMAT ? TOOL_BAD_INPUT
                                        : TOOL_IO;
    }
    s->uri_open = true;
    if (s->uri.note)
        fprintf(stderr, "%s\n", s->uri.note);
    int rc = open_log(s);
    if (rc == 0)
        rc = build_host(s);
    if (rc)
        return rc;
    err = woad_runtime_init(&s->rt, &(struct woad_runtime_cfg){.model = WOAD_RUN_COOP,
                                                               .host = s->host,
                                                               .transport = s->transport});
    s->has_runtime = err == 0;
    if (err == 0)
        err = woad_runtime_start(&s->rt);
    if (err < 0) {
        tool_error("--hci %s: %s", s->cfg.uri,
                   s->transport->why ? s->transport->why : "cannot open");
        return TOOL_IO;
    }
    return 0;
}

/* step() looks at the clock and at the terminal. */
static void turn_elsewhere(struct station *s)
{
    (void)!woad_runtime_turn(&s->rt, woad_kernel_now(s->rt.kernel) + STEP_US);
    if (!woad_runtime_is_open(&s->rt))
        give_up(s, TOOL_PEER, s->transport->why ? s->transport->why : "the controller is gone");
}

/* ---- both ------------------------------------------------------------------------------------ */

int station_open(struct station **out, const struct station_cfg *cfg)
{
    struct station *s = calloc(1, sizeof(*s));
    *out = s;
    if (!s)
        return TOOL_FAILED;
    s->cfg = *cfg;
    if (!s->cfg.uri)
        s->cfg.uri = "sim:";
    s->simulated = strcmp(s->cfg.uri, "sim:") == 0;
    s->start_s = tool_wall_s();
    int rc = s->simulated ? open_sim(s) : open_elsewhere(s);
    if (rc) {
        station_close(s);
        *out = NULL;
    }
    return rc;
}

static void turn(struct station *s)
{
    if (s->simulated)
        turn_sim(s);
    else
        turn_elsewhere(s);
}

int station_run(struct station *s, int (*step)(void *arg), void *arg)
{
    for (;;) {
        bool stop = tool_interrupted(); /* unless step() deals with it */
        int rc = step(arg);
        if (rc >= 0)
            return rc;
        if (s->exit_code)
            return s->exit_code;
        if (stop && tool_interrupted())
            return TOOL_INTERRUPTED;
        if (!s->ready && station_now_s(s) - s->lost_s > PATIENCE_S)
            give_up(s, TOOL_PEER, "the controller does not answer; is it one that speaks HCI?");
        turn(s);
    }
}

/* In order, but not at any price: peers are told, and the controller is left idle. A second Ctrl-C
 * cuts it short. */
static void leave(struct station *s)
{
    struct woad_host *h = station_host(s);
    s->leaving = true;
    tool_clear_interrupt();
    double until_s = station_now_s(s) + LEAVE_S;
    for (unsigned i = 0; i < s->link_count; i++)
        if (woad_gap_disconnect(h, s->links[i], 0) < 0)
            until_s = 0;
    while (s->link_count && s->ready && station_now_s(s) < until_s && !tool_interrupted())
        turn(s);
    until_s = station_now_s(s) + LEAVE_S;
    if (woad_host_stop(h) < 0)
        return;
    while (!s->stopped && s->ready && station_now_s(s) < until_s && !tool_interrupted())
        turn(s);
}

static int close_elsewhere(struct station *s)
{
    int rc = 0;
    if (s->has_runtime) {
        woad_runtime_stop(&s->rt);
        woad_runtime_deinit(&s->rt);
    }
    if (s->host)
        woad_host_deinit(s->host);
    free(s->host_mem);
    if (s->uri_open)
        woad_uri_deinit(&s->uri);
    bool failed = s->log && woad_snoop_failed(&s->snoop);
    if (s->log && (fclose(s->log) != 0 || failed)) {
        tool_error("cannot write %s: is the disk full?", s->cfg.hci_log);
        rc = TOOL_IO;
    }
    return rc;
}

int station_close(struct station *s)
{
    int rc = 0;
    if (s->ready && !s->exit_code)
        leave(s);
    if (s->simulated) {
        company_deinit(&s->company);
        node_deinit(&s->node);
        rc = world_deinit(&s->world);
    } else {
        rc = close_elsewhere(s);
    }
    free(s);
    return rc;
}

void station_adv_name(const uint8_t *data, size_t len, char *to, size_t size)
{
    to[0] = '\0';
    for (size_t at = 0; at + 1 < len && data[at] && at + 1 + data[at] <= len; at += 1u + data[at]) {
        size_t n = data[at] - 1u;
        if (data[at + 1] != 0x08 && data[at + 1] != 0x09) /* shortened, complete local name */
            continue;
        n = n < size ? n : size - 1;
        for (size_t i = 0; i < n; i++) {
            uint8_t c = data[at + 2 + i];
            to[i] = (char)(c < 0x20 || c == 0x7F ? '?' : c);
        }
        to[n] = '\0';
        return;
    }
}

uint8_t station_adv_data(const char *name, uint8_t to[31])
{
    size_t n = strlen(name);
    bool cut = n > 31 - 5;
    n = cut ? 31 - 5 : n;
    const uint8_t head[5] = {2, 0x01, 0x06, (uint8_t)(n + 1), cut ? 0x08 : 0x09};
    memcpy(to, head, sizeof(head));
    memcpy(to + sizeof(head), name, n);
    return (uint8_t)(sizeof(head) + n);
}
