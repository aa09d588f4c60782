/* woad ether: the event loop round a world whose controllers anyone may use. */
#include "commands.h"
#include "ether.h"
#include "ether_listen.h"
#include "tool.h"
#include "world.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum clock_mode { CLOCK_REAL, CLOCK_VIRTUAL, CLOCK_STEPPED };

enum {
    DEVICES_MAX = 10000,
    LINE_MAX_LEN = 16384, /* of a control line */
    AWAKE_NS = 300000,    /* after a line of the control socket */
    SLICE_US = 1000,      /* of virtual time between looks at the hosts */
    REAL_SLICE_US = 5000, /* the same when real time has to be caught up with */
    LAG_MAX_S = 2,        /* further behind than this the world takes the loss and goes on */
    ANSWER_US = 200,      /* of wall time for hosts to answer, --clock virtual */
    BUSY_MS = 1000,       /* a second host waits so long for the first to leave */
};

struct options {
    uint64_t devices;
    uint64_t seed;
    const char *listen;
    const char *clock;
    const char *control;
    const char *capture;
    const char *dump_dir;
    const char *loss;
    bool json;
};

static const struct tool_opt opts[] = {
    {"devices", "N", TOOL_U64, offsetof(struct options, devices), "controllers in the world (2)"},
    {"listen", "WHERE", TOOL_STRING, offsetof(struct options, listen),
     "unix:DIR, tcp:[ADDRESS:]PORT or pty:DIR (tcp:9000)"},
    {"clock", "MODE", TOOL_STRING, offsetof(struct options, clock),
     "real (default), virtual: as fast as it goes, or stepped"},
    {"control", "unix:PATH", TOOL_STRING, offsetof(struct options, control), "the control socket"},
    {"capture", "F.pcap", TOOL_STRING, offsetof(struct options, capture), "everything on air"},
    {"dump-dir", "DIR", TOOL_STRING, offsetof(struct options, dump_dir),
     "a file per device with what it sent"},
    {"seed", "N", TOOL_U64, offsetof(struct options, seed), "of all that is random (1)"},
    {"loss", "P", TOOL_STRING, offsetof(struct options, loss),
     "packets lost besides: 0.1 or 10% (0)"},
    {"json", NULL, TOOL_FLAG, offsetof(struct options, json), "print the endpoints as JSON"},
    {0}};

static const struct tool_usage usage = {
    "ether", "[options]",
    "Runs a radio world with N Bluetooth LE controllers in it, and offers each to whoever "
    "connects:\n"
    "one H4 endpoint a controller. Any host stack can use them: Bumble, BTstack, NimBLE, BlueZ, "
    "and\n"
    "the commands of this program (woad scan --hci tcp:localhost:9000).\n"
    "\n"
    "  unix:DIR   sockets DIR/dev0.sock, DIR/dev1.sock, ...\n"
    "  tcp:9000   ports 9000, 9001, ... on the loopback interface (or tcp:ADDRESS:9000)\n"
    "  pty:DIR    links DIR/dev0, DIR/dev1, ... to serial lines\n"
    "\n"
    "One host at a time uses a controller. When it disconnects, the controller drops its links "
    "and\n"
    "is as after power-on. The devices stand in a row, a metre apart.\n"
    "\n"
    "With --clock stepped time stands still until the control socket says so. A command of a host "
    "is\n"
    "executed and answered at the time at which it arrives. The control socket takes one JSON "
    "object\n"
    "a line and answers with one, {\"ok\":true,\"t_us\":N} or {\"ok\":false,\"error\":\"...\"}:\n",
    opts};

struct server;

/* The event loop's part of a device. */
struct endpoint {
    struct server *server;
    struct ether_dev *dev;
    uv_poll_t listener;
    uv_timer_t busy; /* somebody waits at the listener while a host is there */
    int listen_fd;
    uv_poll_t *client; /* on the heap: libuv gives it back later than we reuse it */
    int events;        /* what client waits for */
    char path[LISTEN_PATH_MAX];
    bool path_made;
};

struct server {
    struct ether ether;
    struct listen_spec spec;
    enum clock_mode clock;
    struct endpoint *endpoints;
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_pipe_t control;
    uv_poll_t timer;
    uv_idle_t idle;
    uv_idle_t awake;   /* --clock stepped: the loop does not sleep between two steps */
    uint64_t awake_ns; /* wall time until which it does not */
    int timer_fd;
    uint64_t start_ns;      /* wall time of world time 0, --clock real */
    uint64_t hold_ns;       /* wall time until which the hosts may answer, --clock virtual */
    uint64_t delivered;     /* as of the last look */
    struct client *waiting; /* control connections whose run_until is not settled */
    struct client *clients;
    bool ending;
    int exit_code;
};

static uint64_t wall_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void end_loop(struct server *s, int exit_code)
{
    if (!s->ending)
        s->exit_code = exit_code;
    s->ending = true;
    uv_stop(&s->loop);
}

/* ---- time --------------------------------------------------------------------------------------
 */

/* Real time: brings the world up to the wall clock; true when it is there. */
static bool catch_up(struct server *s)
{
    uint64_t lag_max = LAG_MAX_S * UINT64_C(1000000000);
    uint64_t wall = wall_ns();
    uint64_t now = woad_sim_now(s->ether.sim);
    if (wall - s->start_ns > now + lag_max)
        s->start_ns = wall - now - lag_max; /* a suspended machine, or far too much work */
    woad_sim_time t = wall - s->start_ns;
    bool all = t <= now + WOAD_SIM_US(REAL_SLICE_US);
    if (!all)
        t = now + WOAD_SIM_US(REAL_SLICE_US);
    if (t > now)
        ether_advance(&s->ether, t);
    return all;
}

static void arm_timer(struct server *s, bool at_once)
{
    woad_sim_time next = at_once ? 0 : woad_sim_next(s->ether.sim);
    struct itimerspec when = {0};
    if (next != UINT64_MAX) {
        uint64_t at = s->start_ns + next;
        uint64_t soon = wall_ns() + 1;
        if (at < soon)
            at = soon;
        when.it_value.tv_sec = (time_t)(at / 1000000000u);
        when.it_value.tv_nsec = (long)(at % 1000000000u);
    }
    timerfd_settime(s->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Before a host is served, real time has to be what the wall clock says. */
static void before(struct server *s)
{
    if (s->clock == CLOCK_REAL)
        (void)catch_up(s);
}

static void update_clients(struct server *s);
static void answer_waiting(struct server *s);

/* After anything happened: waits for what there is to wait for. */
static void after(struct server *s)
{
    if (s->ending)
        return;
    answer_waiting(s);
    update_clients(s);
    if (s->clock == CLOCK_REAL)
        arm_timer(s, false);
}

static void on_timer(uv_poll_t *handle, int status, int events)
{
    struct server *s = handle->data;
    uint64_t expirations;
    (void)status;
    (void)events;
    if (read(s->timer_fd, &expirations, sizeof(expirations)) < 0)
        return;
    bool all = catch_up(s);
    after(s);
    if (!all)
        arm_timer(s, true);
}

/* Virtual time: a slice whenever nothing else is to be done. It also finishes what hosts that
 * answer at once left over. */
static void on_idle(uv_idle_t *handle)
{
    struct server *s = handle->data;
    struct ether *e = &s->ether;
    if (e->dirty_count)
        ether_service_all(e);
    if (s->clock == CLOCK_VIRTUAL && wall_ns() >= s->hold_ns) {
        woad_sim_time now = woad_sim_now(e->sim);
        woad_sim_time next = woad_sim_next(e->sim);
        if (next != UINT64_MAX)
            ether_advance(e,
                          next > now + WOAD_SIM_US(SLICE_US) ? next : now + WOAD_SIM_US(SLICE_US));
        if (e->delivered != s->delivered)
            s->hold_ns = wall_ns() + ANSWER_US * 1000u;
        s->delivered = e->delivered;
    }
    after(s);
}

/* Must the loop come back at once? */
static bool is_busy(const struct server *s)
{
    return s->ether.dirty_count || (s->clock == CLOCK_VIRTUAL && s->ether.connected_count &&
                                    woad_sim_next(s->ether.sim) != UINT64_MAX);
}

/* ---- hosts -------------------------------------------------------------------------------------
 */

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void on_client(uv_poll_t *handle, int status, int events)
{
    struct endpoint *ep = handle->data;
    (void)status; /* the read that follows finds the error */
    (void)events;
    before(ep->server);
    ether_service(ep->dev);
    after(ep->server);
}

static void drop_client_handle(struct endpoint *ep)
{
    if (!ep->client)
        return;
    uv_poll_stop(ep->client);
    uv_close((uv_handle_t *)ep->client, free_handle);
    ep->client = NULL;
    ep->events = 0;
}

static int watch(struct endpoint *ep)
{
    ep->events = 0;
    ep->client = malloc(sizeof(*ep->client));
    if (!ep->client)
        return -1;
    if (uv_poll_init(&ep->server->loop, ep->client, ep->dev->h4.transport.fd) < 0) {
        free(ep->client);
        ep->client = NULL;
        return -1;
    }
    ep->client->data = ep;
    return 0;
}

/* A pty, and the link by which people find it. */
static int open_pty(struct endpoint *ep)
{
    if (ether_attach_pty(ep->dev) < 0) {
        tool_error("%s", ep->dev->pipe.error);
        return TOOL_IO;
    }
    if (ep->path_made)
        unlink(ep->path);
    if (symlink(woad_pipe_pty_name(&ep->dev->pipe), ep->path) < 0) {
        tool_error("cannot make the link %s: %s", ep->path, strerror(errno));
        return TOOL_IO;
    }
    ep->path_made = true;
    return watch(ep) < 0 ? TOOL_IO : 0;
}

static void on_listener(uv_poll_t *handle, int status, int events);

static void on_gone(void *arg, struct ether_dev *dev)
{
    struct server *s = arg;
    struct endpoint *ep = dev->io;
    drop_client_handle(ep);
    if (s->ending)
        return;
    if (s->spec.kind != LISTEN_PTY) {
        uv_timer_stop(&ep->busy);
        uv_poll_start(&ep->listener, UV_READABLE, on_listener);
        return;
    }
    int rc = open_pty(ep);
    if (rc)
        end_loop(s, rc);
}

/* Waits at each endpoint for what its transport waits for. */
static void update_clients(struct server *s)
{
    for (unsigned i = 0; i < s->ether.cfg.devices; i++) {
        struct endpoint *ep = &s->endpoints[i];
        if (!ep->client)
            continue;
        uint8_t wants = ep->dev->h4.transport.wants;
        int events = (wants & WOAD_WANT_READ ? UV_READABLE : 0) |
                     (wants & WOAD_WANT_WRITE ? UV_WRITABLE : 0);
        if (events == ep->events)
            continue;
        ep->events = events;
        if (events)
            uv_poll_start(ep->client, events, on_client);
        else
            uv_poll_stop(ep->client);
    }
    if (is_busy(s))
        uv_idle_start(&s->idle, on_idle);
    else
        uv_idle_stop(&s->idle);
}

/* The host has not left: whoever waits is told so by a closed connection. */
static void on_busy(uv_timer_t *timer)
{
    struct endpoint *ep = timer->data;
    int fd = accept4(ep->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    uv_poll_start(&ep->listener, UV_READABLE, on_listener);
}

static void take_host(struct endpoint *ep)
{
    struct server *s = ep->server;
    int on = 1;
    int fd = accept4(ep->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (s->spec.kind == LISTEN_TCP)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (ether_attach(ep->dev, fd) == 0 && watch(ep) < 0)
        end_loop(s, TOOL_IO);
    ether_service(ep->dev);
}

static void on_listener(uv_poll_t *handle, int status, int events)
{
    struct endpoint *ep = handle->data;
    (void)status;
    (void)events;
    before(ep->server);
    /* The host that is there may be gone, and its end not been seen yet. */
    if (ep->dev->connected)
        ether_service(ep->dev);
    if (ep->dev->connected) {
        /* A controller serves one host. It may be about to leave, so let the next one wait. */
        uv_poll_stop(&ep->listener);
        uv_timer_start(&ep->busy, on_busy, BUSY_MS, 0);
    } else {
        take_host(ep);
    }
    after(ep->server);
}

/* ---- control -----------------------------------------------------------------------------------
 */

/* One control connection. */
struct client {
    uv_pipe_t pipe;
    struct server *server;
    struct client *next;
    struct client *next_waiting;
    char buf[LINE_MAX_LEN];
    size_t len;
    bool skipping; /* the rest of a line that was too long */
    bool waits;    /* for the answer to run_until; what follows is not looked at */
    bool closing;
    char answer[ETHER_ANSWER_SIZE];
};

struct reply {
    uv_write_t write;
    struct client *client;
    bool quit;
    char text[ETHER_ANSWER_SIZE];
};

static void on_client_closed(uv_handle_t *handle)
{
    struct client *c = handle->data;
    struct client **at = &c->server->clients;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    free(c);
}

static void close_client(struct client *c)
{
    if (c->closing)
        return;
    c->closing = true;
    struct client **at = &c->server->waiting;
    while (*at && *at != c)
        at = &(*at)->next_waiting;
    if (*at)
        *at = c->next_waiting;
    uv_close((uv_handle_t *)&c->pipe, on_client_closed);
}

static void on_written(uv_write_t *write, int status)
{
    struct reply *r = write->data;
    if (r->quit)
        end_loop(r->client->server, TOOL_OK);
    if (status < 0)
        close_client(r->client);
    free(r);
}

static void send_answer(struct client *c, bool quit)
{
    uv_buf_t buf = uv_buf_init(c->answer, (unsigned)strlen(c->answer));
    int n = uv_try_write((uv_stream_t *)&c->pipe, &buf, 1);
    if (n == (int)buf.len && quit)
        end_loop(c->server, TOOL_OK);
    if (n == (int)buf.len)
        return;
    /* A client that does not read its answers: the loop keeps them. */
    struct reply *r = malloc(sizeof(*r));
    if (!r) {
        close_client(c);
        return;
    }
    *r = (struct reply){.client = c, .quit = quit, .write = {.data = r}};
    strcpy(r->text, c->answer + (n > 0 ? n : 0));
    uv_buf_t rest = uv_buf_init(r->text, (unsigned)strlen(r->text));
    if (uv_write(&r->write, (uv_stream_t *)&c->pipe, &rest, 1, on_written) < 0) {
        free(r);
        close_client(c);
    }
}

/* Executes the lines that are complete, up to one whose answer has to wait. */
static void execute_lines(struct client *c)
{
    size_t at = 0;
    while (!c->waits && !c->closing && !c->server->ending) {
        char *newline = memchr(c->buf + at, '\n', c->len - at);
        if (!newline)
            break;
        size_t len = (size_t)(newline - (c->buf + at));
        const char *line = c->buf + at;
        at += len + 1;
        if (c->skipping) {
            c->skipping = false;
            continue;
        }
        if (len && line[len - 1] == '\r')
            len--;
        enum ether_reply reply = ether_control_line(&c->server->ether, line, len, c->answer);
        if (reply == ETHER_REPLY_LATER && !ether_settled(&c->server->ether)) {
            c->waits = true;
            c->next_waiting = c->server->waiting;
            c->server->waiting = c;
        } else {
            send_answer(c, reply == ETHER_REPLY_QUIT);
        }
    }
    c->len -= at;
    memmove(c->buf, c->buf + at, c->len);
    if (c->len == sizeof(c->buf) && !c->waits) {
        if (!c->skipping) {
            ether_control_too_long(sizeof(c->buf) - 1, c->answer);
            send_answer(c, false);
        }
        c->skipping = true;
        c->len = 0;
    }
}

static void answer_waiting(struct server *s)
{
    if (!s->waiting || !ether_settled(&s->ether))
        return;
    struct client *list = s->waiting;
    s->waiting = NULL;
    while (list) {
        struct client *c = list;
        list = c->next_waiting;
        c->waits = false;
        send_answer(c, false);
        execute_lines(c);
    }
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct client *c = handle->data;
    (void)suggested;
    *buf = uv_buf_init(c->buf + c->len, (unsigned)(sizeof(c->buf) - c->len));
}

/* Who steps time waits for each answer; being woken would cost more than a step. */
static void on_awake(uv_idle_t *handle)
{
    struct server *s = handle->data;
    if (wall_ns() >= s->awake_ns)
        uv_idle_stop(handle);
}

static void stay_awake(struct server *s)
{
    if (s->clock != CLOCK_STEPPED || s->ending)
        return;
    s->awake_ns = wall_ns() + AWAKE_NS;
    uv_idle_start(&s->awake, on_awake);
}

static void on_control_octets(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct client *c = stream->data;
    (void)buf;
    if (n == UV_ENOBUFS) /* it goes on talking while an answer waits: it is heard later */
        return;
    if (n < 0) {
        close_client(c);
        return;
    }
    c->len += (size_t)n;
    before(c->server);
    execute_lines(c);
    after(c->server);
    stay_awake(c->server);
}

static void on_control_client(uv_stream_t *listener, int status)
{
    struct server *s = listener->data;
    struct client *c = status < 0 ? NULL : calloc(1, sizeof(*c));
    if (!c)
        return;
    c->server = s;
    c->next = s->clients;
    s->clients = c;
    uv_pipe_init(&s->loop, &c->pipe, 0);
    c->pipe.data = c;
    if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0 ||
        uv_read_start((uv_stream_t *)&c->pipe, give_room, on_control_octets) < 0)
        close_client(c);
}

/* ---- set-up ------------------------------------------------------------------------------------
 */

static int open_endpoint(struct server *s, unsigned index)
{
    struct endpoint *ep = &s->endpoints[index];
    ep->server = s;
    ep->dev = &s->ether.devs[index];
    ep->dev->io = ep;
    ep->listen_fd = -1;
    if (s->spec.kind != LISTEN_TCP)
        listen_path(&s->spec, index, ep->path);
    if (s->spec.kind == LISTEN_PTY) {
        unlink(ep->path); /* a link left over; a folder or the like stays and fails the next step */
        return open_pty(ep);
    }
    int fd = s->spec.kind == LISTEN_UNIX ? listen_unix(ep->path)
                                         : listen_tcp(s->spec.host, s->spec.port + index);
    if (fd < 0)
        return -fd;
    ep->listen_fd = fd;
    ep->path_made = s->spec.kind == LISTEN_UNIX;
    uv_poll_init(&s->loop, &ep->listener, fd);
    ep->listener.data = ep;
    uv_timer_init(&s->loop, &ep->busy);
    ep->busy.data = ep;
    uv_poll_start(&ep->listener, UV_READABLE, on_listener);
    return 0;
}

static int open_control(struct server *s, const char *where)
{
    if (!where)
        return 0;
    if (strncmp(where, "unix:", 5) != 0 || !where[5])
        return tool_usage_error(&usage, "--control %s: expected unix:PATH", where);
    int fd = listen_unix(where + 5);
    if (fd < 0)
        return -fd;
    uv_pipe_init(&s->loop, &s->control, 0);
    s->control.data = s;
    if (uv_pipe_open(&s->control, fd) < 0 ||
        uv_listen((uv_stream_t *)&s->control, 16, on_control_client) < 0) {
        tool_error("cannot listen at %s", where);
        return TOOL_IO;
    }
    return 0;
}

static void endpoint_name(const struct server *s, unsigned i, char *name, size_t size)
{
    if (s->spec.kind == LISTEN_TCP)
        snprintf(name, size, "tcp:%s:%u", s->spec.host, s->spec.port + i);
    else if (s->spec.kind == LISTEN_UNIX)
        snprintf(name, size, "unix:%s", s->endpoints[i].path);
    else
        snprintf(name, size, "serial:%s,115200,noflow", s->endpoints[i].path);
}

static void addr_text(const uint8_t *a, char text[18])
{
    snprintf(text, 18, "%02X:%02X:%02X:%02X:%02X:%02X", a[5], a[4], a[3], a[2], a[1], a[0]);
}

static void print_json(const struct server *s, const struct options *o)
{
    struct tool_json j;
    char name[160];
    char addr[18];
    tool_json_begin(&j, stdout);
    tool_json_open(&j, NULL, '{');
    tool_json_str(&j, "clock", o->clock);
    if (o->control)
        tool_json_str(&j, "control", o->control);
    tool_json_open(&j, "devices", '[');
    for (unsigned i = 0; i < s->ether.cfg.devices; i++) {
        endpoint_name(s, i, name, sizeof(name));
        addr_text(s->ether.devs[i].public_addr, addr);
        tool_json_open(&j, NULL, '{');
        tool_json_str(&j, "hci", name);
        tool_json_str(&j, "address", addr);
        tool_json_close(&j, '}');
    }
    tool_json_close(&j, ']');
    tool_json_close(&j, '}');
    tool_json_end(&j);
    fflush(stdout);
}

static void print_endpoints(const struct server *s, const struct options *o)
{
    char name[160];
    char addr[18];
    for (unsigned i = 0; i < s->ether.cfg.devices; i++) {
        endpoint_name(s, i, name, sizeof(name));
        addr_text(s->ether.devs[i].public_addr, addr);
        printf("dev%-4u %s  %s%s%s\n", i, addr, name, s->spec.kind == LISTEN_PTY ? "  now " : "",
               s->spec.kind == LISTEN_PTY ? woad_pipe_pty_name(&s->ether.devs[i].pipe) : "");
    }
    if (o->control)
        printf("control %s\n", o->control);
    printf("%s time; Ctrl-C ends it\n", o->clock);
    fflush(stdout);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    (void)signum;
    end_loop(handle->data, TOOL_INTERRUPTED);
}

static int open_loop(struct server *s)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&s->loop, &s->signals[i]);
        s->signals[i].data = s;
        uv_signal_start(&s->signals[i], on_signal, numbers[i]);
    }
    uv_idle_init(&s->loop, &s->idle);
    s->idle.data = s;
    uv_idle_init(&s->loop, &s->awake);
    s->awake.data = s;
    if (s->clock != CLOCK_REAL)
        return 0;
    s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (s->timer_fd < 0) {
        tool_error("no timer: %s", strerror(errno));
        return TOOL_IO;
    }
    uv_poll_init(&s->loop, &s->timer, s->timer_fd);
    s->timer.data = s;
    uv_poll_start(&s->timer, UV_READABLE, on_timer);
    s->start_ns = wall_ns();
    return 0;
}

/* Each endpoint needs two descriptors. */
static void raise_limit(unsigned devices)
{
    struct rlimit lim;
    rlim_t want = 2 * (rlim_t)devices + 64;
    if (getrlimit(RLIMIT_NOFILE, &lim) < 0 || lim.rlim_cur >= want)
        return;
    lim.rlim_cur = want < lim.rlim_max ? want : lim.rlim_max;
    setrlimit(RLIMIT_NOFILE, &lim);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    struct server *s = arg;
    if (uv_is_closing(handle))
        return;
    for (struct client *c = s->clients; c; c = c->next)
        if (handle == (uv_handle_t *)&c->pipe) {
            close_client(c);
            return;
        }
    uv_close(handle, NULL);
}

/* Leaves nothing behind: sockets, links, the folder. */
static int close_server(struct server *s, const struct options *o)
{
    s->ending = true;
    for (unsigned i = 0; s->endpoints && i < s->ether.cfg.devices; i++) {
        struct endpoint *ep = &s->endpoints[i];
        drop_client_handle(ep);
        if (ep->path_made)
            unlink(ep->path);
    }
    if (s->control.data && o->control)
        unlink(o->control + 5);
    listen_cleanup(&s->spec);
    uv_walk(&s->loop, close_handle, s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    for (unsigned i = 0; s->endpoints && i < s->ether.cfg.devices; i++)
        if (s->endpoints[i].listen_fd >= 0)
            close(s->endpoints[i].listen_fd);
    if (s->timer_fd >= 0)
        close(s->timer_fd);
    int rc = s->ether.sim ? ether_deinit(&s->ether) : 0;
    free(s->endpoints);
    return rc;
}

static int serve(struct server *s, const struct options *o)
{
    unsigned devices = s->ether.cfg.devices;
    int rc = listen_prepare(&s->spec);
    if (!rc)
        rc = open_loop(s);
    s->endpoints = calloc(devices, sizeof(*s->endpoints));
    if (!s->endpoints)
        return TOOL_IO;
    for (unsigned i = 0; i < devices; i++)
        s->endpoints[i].listen_fd = -1;
    for (unsigned i = 0; !rc && i < devices; i++)
        rc = open_endpoint(s, i);
    if (!rc)
        rc = open_control(s, o->control);
    if (rc)
        return rc;
    if (o->json)
        print_json(s, o);
    else
        print_endpoints(s, o);
    after(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    return s->exit_code;
}

static int parse_clock(const char *text, enum clock_mode *mode)
{
    static const char *const names[] = {"real", "virtual", "stepped"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *mode = (enum clock_mode)i;
            return 0;
        }
    return tool_usage_error(&usage, "--clock %s: expected real, virtual or stepped", text);
}

int woad_cmd_ether(int argc, char **argv)
{
    struct options o = {.devices = 2, .seed = 1, .listen = "tcp:9000", .clock = "real"};
    int first;
    struct tool_usage full = usage;
    char text[4096];
    snprintf(text, sizeof(text), "%s\n%s", usage.text, ether_control_help);
    full.text = text;
    int rc = tool_parse(&full, argc, argv, &o, &first);
    if (rc >= 0)
        return rc;
    if (first < argc)
        return tool_usage_error(&usage, "'%s' is one argument too many", argv[first]);
    if (o.devices < 1 || o.devices > DEVICES_MAX)
        return tool_usage_error(&usage, "--devices has to be 1 to %d", DEVICES_MAX);
    struct server *s = calloc(1, sizeof(*s));
    if (!s)
        return TOOL_IO;
    s->timer_fd = -1;
    struct ether_cfg cfg = {.devices = (unsigned)o.devices,
                            .sim = {.seed = o.seed},
                            .capture = o.capture,
                            .dump_dir = o.dump_dir,
                            .gone = on_gone,
                            .arg = s};
    rc = parse_clock(o.clock, &s->clock);
    if (!rc && s->clock == CLOCK_STEPPED && !o.control)
        rc = tool_usage_error(&usage, "--clock stepped needs a --control socket to step it");
    if (!rc && o.loss && !world_parse_loss(o.loss, &cfg.sim.loss_permille))
        rc = tool_usage_error(&usage, "--loss %s: expected a share like 0.1 or 10%%", o.loss);
    if (!rc)
        rc = listen_parse(o.listen, cfg.devices, &s->spec);
    if (!rc) {
        cfg.stepped = s->clock == CLOCK_STEPPED;
        raise_limit(cfg.devices);
        rc = ether_init(&s->ether, &cfg);
    }
    if (!rc) {
        uv_loop_init(&s->loop);
        rc = serve(s, &o);
        int rc_close = close_server(s, &o);
        rc = rc_close ? rc_close : rc;
    }
    free(s);
    return rc;
}
