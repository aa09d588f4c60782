/* woad replay: our host against a recording that plays the controller. */
#include "commands.h"
#include "replay_app.h"
#include "tool.h"

#include "woad/crypto.h"

#include <stdlib.h>
#include <string.h>

struct replay_opts {
    bool json;
    bool verbose;
};

static const struct tool_opt options[] = {
    {"verbose", NULL, TOOL_FLAG, offsetof(struct replay_opts, verbose),
     "say what the application is made to do"},
    {"json", NULL, TOOL_FLAG, offsetof(struct replay_opts, json), "print the result as JSON"},
    {0},
};

static const struct tool_usage usage = {
    "replay",
    "FILE [options]",
    "Plays a btsnoop file as the controller of our host. What the recorded host sent is expected\n"
    "of ours, octet by octet (random numbers and keys excepted); what the recorded controller\n"
    "sent is fed to it. The application is inferred: it scans, advertises, connects, opens\n"
    "channels and sends the SDUs of the recording when the recording waits for that.\n"
    "\n"
    "  woad demo --hci-log run.btsnoop && woad replay run.btsnoop\n"
    "\n"
    "Exit code 0 when everything went as recorded, 1 at the first difference (which is printed),\n"
    "3 when FILE is no btsnoop file.",
    options,
};

struct run {
    struct woad_replay replay;
    struct woad_host *host;
    void *host_mem;
    struct replay_app app;
    uint64_t random;
};

static struct woad_buf *up_alloc(void *arg, uint8_t type, uint16_t len, const uint8_t *head,
                                 uint16_t head_len, bool *discard)
{
    return woad_host_rx_alloc(((struct run *)arg)->host, type, len, head, head_len, discard);
}

static void up_rx(void *arg, struct woad_buf *pkt)
{
    if (woad_host_rx(((struct run *)arg)->host, pkt) < 0)
        woad_buf_unref(pkt);
}

static void up_tx_done(void *arg, struct woad_buf *pkt)
{
    (void)arg;
    woad_buf_unref(pkt);
}

static void up_fault(void *arg, enum woad_transport_fault reason)
{
    (void)arg;
    (void)reason; /* the driver's state tells */
}

static const struct woad_transport_up up = {up_alloc, up_rx, up_tx_done, up_fault, NULL};

/* The same run twice gives the same packets. */
static void repeatable_rand(void *arg, uint8_t *to, size_t len)
{
    struct run *r = arg;
    for (size_t i = 0; i < len; i++) {
        r->random = r->random * 6364136223846793005u + 1442695040888963407u;
        to[i] = (uint8_t)(r->random >> 56);
    }
}

/* One turn; true when a packet moved in either direction. */
static bool turn(struct run *r, woad_time now, woad_time *next)
{
    uint32_t before = r->replay.fed + r->replay.matched + r->replay.extra;
    *next = woad_transport_poll(&r->replay.transport, now);
    *next = woad_time_min(*next, woad_host_run(r->host, now));
    struct woad_buf *pkt;
    bool sent = false;
    while ((pkt = woad_host_tx(r->host))) {
        if (woad_transport_tx(&r->replay.transport, pkt) < 0) {
            woad_host_tx_undo(r->host, pkt);
            break;
        }
        sent = true;
    }
    return sent || r->replay.fed + r->replay.matched + r->replay.extra != before;
}

/* Virtual time: it stands still while packets move and then jumps to the next deadline. The
 * application acts when nothing moves any more and the recording waits for us. */
static void play(struct run *r)
{
    woad_time now = 0;
    while (woad_replay_state(&r->replay) == WOAD_REPLAY_RUNNING && !tool_interrupted()) {
        woad_time next;
        if (turn(r, now, &next) || replay_app_act(&r->app))
            continue;
        if (next == WOAD_TIME_NEVER)
            break;
        now = next > now ? next : now + 1;
    }
}

static int build(struct run *r, const uint8_t *file, size_t len, bool verbose)
{
    struct woad_replay_cfg replay = {.file = file, .file_len = len};
    int err = woad_replay_init(&r->replay, &replay);
    if (err < 0)
        return err;
    struct woad_host_cfg cfg = {
        .event = replay_app_event,
        .event_arg = &r->app,
        .rand = repeatable_rand,
        .rand_arg = r,
        .cmd_timeout_ms = 60000, /* a stall is for the replay to report */
    };
    err = replay_app_init(&r->app, &r->replay, verbose, &cfg);
    size_t size = woad_host_mem_size(&cfg);
    r->host_mem = malloc(size);
    if (err == 0)
        err = r->host_mem ? woad_crypto_init() : WOAD_ERR_NO_MEM;
    if (err == 0)
        err = woad_host_init(r->host_mem, size, &cfg, &r->host);
    if (err == 0)
        err = woad_transport_open(&r->replay.transport, &up, r);
    if (err == 0)
        err = woad_host_start(r->host);
    r->app.host = r->host;
    return err == 0 ? replay_app_listen(&r->app) : err;
}

static int result(const struct run *r, const char *path, const struct replay_opts *o)
{
    const struct woad_replay *p = &r->replay;
    bool good = woad_replay_state(p) == WOAD_REPLAY_DONE;
    const char *why = good               ? NULL
                      : p->transport.why ? p->transport.why
                                         : "it did not come to its end";
    if (o->json) {
        struct tool_json j;
        tool_json_begin(&j, stdout);
        tool_json_open(&j, NULL, '{');
        tool_json_str(&j, "file", path);
        tool_json_bool(&j, "as_recorded", good);
        tool_json_u64(&j, "fed", p->fed);
        tool_json_u64(&j, "matched", p->matched);
        tool_json_u64(&j, "extra", p->extra);
        if (!good) {
            tool_json_u64(&j, "record", p->index + 1u);
            tool_json_str(&j, "difference", why);
        }
        tool_json_close(&j, '}');
        tool_json_end(&j);
    } else if (good) {
        printf("%s: as recorded; %u packets fed, %u sent alike, %u after the end\n", path, p->fed,
               p->matched, p->extra);
    } else {
        printf("%s: differs at record %u, after %u fed and %u sent alike\n%s\n", path, p->index + 1,
               p->fed, p->matched, why);
    }
    return good ? TOOL_OK : TOOL_FAILED;
}

int woad_cmd_replay(int argc, char **argv)
{
    struct replay_opts o = {0};
    int first;
    int rc = tool_parse(&usage, argc, argv, &o, &first);
    if (rc < 0 && argc - first != 1)
        rc = tool_usage_error(&usage, "give one FILE");
    if (rc >= 0)
        return rc;
    size_t len;
    uint8_t *file = tool_read_file(argv[first], &len);
    struct run *r = calloc(1, sizeof(*r));
    if (!file || !r) {
        free(file);
        free(r);
        return TOOL_IO;
    }
    int err = build(r, file, len, o.verbose);
    if (err < 0) {
        tool_error("%s: %s", argv[first], woad_err_text(err));
        rc = TOOL_BAD_INPUT;
    } else {
        play(r);
        rc = tool_interrupted() ? TOOL_INTERRUPTED : result(r, argv[first], &o);
    }
    if (r->replay.transport.up)
        woad_transport_close(&r->replay.transport);
    if (r->host)
        woad_host_deinit(r->host);
    replay_app_deinit(&r->app);
    free(r->host_mem);
    free(r);
    free(file);
    return rc;
}
