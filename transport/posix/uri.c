#include "woad/transport_uri.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "woad/pipe_posix.h"
#include "woad/transport_h4.h"
#include "woad/transport_replay.h"
#include "woad/transport_user_channel.h"

struct request {
    struct woad_uri *u;
    const struct woad_uri_cfg *cfg;
    const char *rest; /* behind "scheme:" */
};

static int refuse(struct woad_uri *u, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct woad_uri *u, int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(u->why, sizeof(u->why), format, args);
    va_end(args);
    return err;
}

/* Digits and nothing else, at most max. */
static bool parse_number(const char *text, unsigned max, unsigned *value)
{
    unsigned v = 0;
    if (!*text)
        return false;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9' || v > max / 10)
            return false;
        v = v * 10 + (unsigned)(*p - '0');
    }
    *value = v;
    return v <= max;
}

/* ---- H4 over a pipe -------------------------------------------------------------------------- */

struct h4_line {
    struct woad_h4_transport h4;
    struct woad_pipe_posix pipe;
    uint8_t ring[16384];
};

static void destroy_h4(struct woad_uri *u)
{
    struct h4_line *line = u->priv;
    woad_pipe_posix_deinit(&line->pipe);
    free(line);
}

static struct h4_line *new_line(struct woad_uri *u)
{
    struct h4_line *line = calloc(1, sizeof(*line));
    if (!line) {
        refuse(u, WOAD_ERR_NO_MEM, "out of memory");
        return NULL;
    }
    line->pipe.pipe.fd = -1;
    line->pipe.slave_fd = -1;
    u->priv = line;
    u->destroy = destroy_h4;
    return line;
}

static int finish_line(const struct request *q, struct h4_line *line, bool ehcill)
{
    q->u->transport = &line->h4.transport;
    return woad_h4_transport_init(
        &line->h4, &(struct woad_h4_transport_cfg){
                       .pipe = &line->pipe.pipe,
                       .ring = line->ring,
                       .ring_size = sizeof(line->ring),
                       .types = q->cfg->controller ? WOAD_H4_FROM_HOST : WOAD_H4_FROM_CONTROLLER,
                       .tx_max = 32,
                       .ehcill = ehcill,
                   });
}

static int make_unix(const struct request *q)
{
    struct h4_line *line = new_line(q->u);
    if (!line)
        return WOAD_ERR_NO_MEM;
    if (woad_pipe_unix_init(&line->pipe, q->rest) < 0)
        return refuse(q->u, WOAD_ERR_INVALID, "unix: needs the path of a socket: unix:PATH");
    return finish_line(q, line, false);
}

static int make_tcp(const struct request *q)
{
    char host[256];
    unsigned port;
    const char *colon = strrchr(q->rest, ':');
    size_t len = colon ? (size_t)(colon - q->rest) : 0;
    const char *from = q->rest;
    if (len > 2 && from[0] == '[' && from[len - 1] == ']') {
        from++;
        len -= 2;
    }
    if (!len || len >= sizeof(host) || !parse_number(colon + 1, 65535, &port) || port == 0)
        return refuse(q->u, WOAD_ERR_INVALID,
                      "'tcp:%s': expected tcp:HOST:PORT with a port of 1 to 65535", q->rest);
    memcpy(host, from, len);
    host[len] = '\0';
    struct h4_line *line = new_line(q->u);
    if (!line)
        return WOAD_ERR_NO_MEM;
    if (woad_pipe_tcp_init(&line->pipe, host, port) < 0)
        return refuse(q->u, WOAD_ERR_INVALID, "'tcp:%s': expected tcp:HOST:PORT", q->rest);
    return finish_line(q, line, false);
}

static int bad_serial(const struct request *q, const char *what)
{
    return refuse(
        q->u, WOAD_ERR_INVALID,
        "'serial:%s': '%s' is neither a baud rate this system knows (9600 to 4000000) nor "
        "noflow or ehcill; expected serial:DEVICE[,BAUD][,noflow][,ehcill]",
        q->rest, what);
}

static int make_serial(const struct request *q)
{
    char text[PATH_MAX];
    if (!*q->rest || *q->rest == ',' || strlen(q->rest) >= sizeof(text))
        return refuse(q->u, WOAD_ERR_INVALID,
                      "serial: needs a device: serial:DEVICE[,BAUD][,noflow][,ehcill]");
    strcpy(text, q->rest);
    unsigned baud = 115200;
    bool flow = true;
    bool ehcill = false;
    char *option = strchr(text, ',');
    while (option) {
        *option++ = '\0';
        char *next = strchr(option, ',');
        if (next)
            *next = '\0';
        if (strcmp(option, "noflow") == 0)
            flow = false;
        else if (strcmp(option, "ehcill") == 0)
            ehcill = true;
        else if (!parse_number(option, 10000000, &baud) || !woad_pipe_baud_ok(baud))
            return bad_serial(q, option);
        option = next;
    }
    struct h4_line *line = new_line(q->u);
    if (!line)
        return WOAD_ERR_NO_MEM;
    int err = woad_pipe_serial_init(&line->pipe, text, baud, flow);
    return err < 0 ? bad_serial(q, text) : finish_line(q, line, ehcill);
}

static int make_pty(const struct request *q)
{
    if (*q->rest)
        return refuse(
            q->u, WOAD_ERR_INVALID,
            "'pty:%s': pty: makes a new pseudo-terminal and takes no name; an existing one "
            "is opened with serial:%s",
            q->rest, q->rest);
    struct h4_line *line = new_line(q->u);
    if (!line)
        return WOAD_ERR_NO_MEM;
    int err = woad_pipe_pty_init(&line->pipe);
    if (err < 0)
        return refuse(q->u, err, "pty: %s", line->pipe.error);
    q->u->note = woad_pipe_pty_name(&line->pipe);
    return finish_line(q, line, false);
}

/* ---- the others ------------------------------------------------------------------------------ */

static void destroy_plain(struct woad_uri *u)
{
    free(u->priv);
}

static int make_hci(const struct request *q)
{
    unsigned dev;
    if (!parse_number(q->rest, 65534, &dev))
        return refuse(q->u, WOAD_ERR_INVALID,
                      "'hci:%s': expected the number of an adapter, as in hci:0", q->rest);
    if (q->cfg->controller)
        return refuse(q->u, WOAD_ERR_INVALID, "hci:%u is a controller itself", dev);
    struct woad_user_channel *uc = malloc(sizeof(*uc));
    if (!uc)
        return refuse(q->u, WOAD_ERR_NO_MEM, "out of memory");
    woad_user_channel_init(uc, (uint16_t)dev, NULL);
    q->u->priv = uc;
    q->u->destroy = destroy_plain;
    q->u->transport = &uc->transport;
    return 0;
}

struct recording {
    struct woad_replay replay;
    uint8_t *file;
};

static void destroy_replay(struct woad_uri *u)
{
    struct recording *rec = u->priv;
    free(rec->file);
    free(rec);
}

/* The whole file; NULL with errno set. */
static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0;
    *len = 0;
    while (f) {
        if (*len == size) {
            size = size ? 2 * size : 65536;
            uint8_t *bigger = realloc(data, size);
            if (!bigger)
                break;
            data = bigger;
        }
        size_t n = fread(data + *len, 1, size - *len, f);
        *len += n;
        if (n == 0)
            break;
    }
    int e = f && ferror(f) ? errno : 0;
    if (f)
        fclose(f);
    if (!e && data)
        return data;
    free(data);
    if (e)
        errno = e;
    return NULL;
}

static int make_replay(const struct request *q)
{
    static const char option[] = ",recorded";
    char path[PATH_MAX];
    size_t len = strlen(q->rest);
    if (!len || len >= sizeof(path))
        return refuse(q->u, WOAD_ERR_INVALID,
                      "replay: needs a btsnoop file: replay:FILE[,recorded]");
    strcpy(path, q->rest);
    size_t n = sizeof(option) - 1;
    bool recorded = len > n && strcmp(path + len - n, option) == 0;
    if (recorded)
        path[len - n] = '\0';
    struct recording *rec = calloc(1, sizeof(*rec));
    if (!rec)
        return refuse(q->u, WOAD_ERR_NO_MEM, "out of memory");
    q->u->priv = rec;
    q->u->destroy = destroy_replay;
    size_t file_len;
    rec->file = read_file(path, &file_len);
    if (!rec->file)
        return refuse(q->u, errno == ENOENT ? WOAD_ERR_NOT_FOUND : WOAD_ERR_IO, "%s: %s", path,
                      strerror(errno));
    int err = woad_replay_init(&rec->replay, &(struct woad_replay_cfg){.file = rec->file,
                                                                       .file_len = file_len,
                                                                       .recorded_time = recorded});
    if (err < 0)
        return refuse(q->u, WOAD_ERR_FORMAT, "%s: not a btsnoop recording of HCI packets (%s)",
                      path, woad_err_name(err));
    q->u->transport = &rec->replay.transport;
    return 0;
}

static int make_sim(const struct request *q)
{
    if (!q->cfg->sim)
        return refuse(q->u, WOAD_ERR_UNSUPPORTED, "sim: is not available here");
    return q->cfg->sim(q->cfg->sim_arg, q->rest, q->u);
}

/* ---- dispatch -------------------------------------------------------------------------------- */

static const struct {
    const char *scheme;
    int (*make)(const struct request *q);
} kinds[] = {
    {"sim:", make_sim}, {"unix:", make_unix}, {"tcp:", make_tcp},       {"serial:", make_serial},
    {"pty:", make_pty}, {"hci:", make_hci},   {"replay:", make_replay},
};

const char *woad_uri_help(void)
{
    return "sim:                                    a controller of the program's own\n"
           "unix:PATH                               H4 over a unix stream socket\n"
           "tcp:HOST:PORT                           H4 over TCP\n"
           "serial:DEVICE[,BAUD][,noflow][,ehcill]  H4 over a serial line (115200, RTS/CTS)\n"
           "pty:                                    H4 over a new pseudo-terminal\n"
           "hci:N                                   the Linux adapter hciN, which must be down\n"
           "replay:FILE[,recorded]                  a btsnoop recording plays the controller\n";
}

int woad_uri_init(struct woad_uri *u, const char *uri, const struct woad_uri_cfg *cfg)
{
    *u = (struct woad_uri){0};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t len = strlen(kinds[i].scheme);
        if (strncmp(uri, kinds[i].scheme, len) != 0)
            continue;
        int err = kinds[i].make(&(struct request){.u = u, .cfg = cfg, .rest = uri + len});
        if (err < 0)
            woad_uri_deinit(u);
        return err;
    }
    return refuse(u, WOAD_ERR_INVALID,
                  "'%.100s' names no transport; accepted are sim:, unix:PATH, tcp:HOST:PORT, "
                  "serial:DEVICE[,BAUD], pty:, hci:N and replay:FILE",
                  uri);
}

void woad_uri_deinit(struct woad_uri *u)
{
    if (u->destroy)
        u->destroy(u);
    u->destroy = NULL;
    u->priv = NULL;
    u->transport = NULL;
    u->note = NULL;
}
