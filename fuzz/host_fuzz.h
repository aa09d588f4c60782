/* host_fuzz.h: a started host with one link and two channels, for targets that feed it one kind of
 * packet. The controller answers every command with success. */
#ifndef HOST_FUZZ_H
#define HOST_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "woad/cursor.h"
#include "woad/gap.h"
#include "woad/hci.h"
#include "woad/l2cap.h"

#define FUZZ_CONN 0x0040
#ifndef FUZZ_PARTS /* the optional parts of the host */
#define FUZZ_PARTS NULL
#endif

struct host_fuzz {
    struct woad_host *h;
    void *mem;
    woad_time now;
    woad_chan chan;
};

static inline void fuzz_give(struct host_fuzz *f, uint8_t type, const void *data, size_t len)
{
    bool discard;
    struct woad_buf *buf =
        woad_host_rx_alloc(f->h, type, (uint16_t)len, data, (uint16_t)len, &discard);
    if (!buf)
        return;
    memcpy(woad_buf_put(buf, (uint16_t)len), data, len);
    if (woad_host_rx(f->h, buf))
        woad_buf_unref(buf);
}

static inline void fuzz_answer(struct host_fuzz *f, uint16_t opcode)
{
    uint8_t evt[70] = {WOAD_HCI_EVT_COMMAND_COMPLETE, 68, 1};
    woad_put_u16(evt + 3, opcode);
    memset(evt + 6, 0xff, 64);
    evt[6] = 251;
    evt[7] = 0;
    evt[8] = 8;
    fuzz_give(f, WOAD_PKT_EVT, evt, sizeof(evt));
}

static inline void fuzz_pump(struct host_fuzz *f)
{
    struct woad_buf *buf;
    for (int i = 0; i < 3; i++) {
        woad_host_run(f->h, ++f->now);
        while ((buf = woad_host_tx(f->h))) {
            if (buf->type == WOAD_PKT_CMD)
                fuzz_answer(f, woad_get_u16(buf->data));
            woad_buf_unref(buf);
        }
        const uint8_t done[7] = {
            WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, 5, 1, FUZZ_CONN, 0, 8, 0};
        fuzz_give(f, WOAD_PKT_EVT, done, sizeof(done));
    }
}

static inline void fuzz_on_host(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    (void)h;
    (void)evt;
}

static inline void fuzz_on_chan(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct host_fuzz *f = arg;
    uint8_t to[128];
    if (evt->type == WOAD_CHAN_ACCEPT)
        (void)!woad_l2cap_accept(h, evt->chan, 0, NULL, NULL);
    else if (evt->type == WOAD_CHAN_OPENED)
        f->chan = evt->chan;
    else if (evt->type == WOAD_CHAN_RECEIVED)
        while (woad_l2cap_recv(h, evt->chan, to, sizeof(to), NULL) > 0) {
        }
    else if (evt->type == WOAD_CHAN_CLOSED)
        (void)!woad_l2cap_release(h, evt->chan);
}

static inline void fuzz_random(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    memset(to, 0x24, len);
}

/* A started host with these parts (NULL: none) and one link. */
static inline void fuzz_link(struct host_fuzz *f, const struct woad_host_use *parts)
{
    static const uint8_t link[21] = {WOAD_HCI_EVT_LE_META,
                                     19,
                                     WOAD_HCI_LE_EVT_CONNECTION_COMPLETE,
                                     0,
                                     FUZZ_CONN,
                                     0,
                                     0,
                                     0,
                                     1,
                                     2,
                                     3,
                                     4,
                                     5,
                                     6,
                                     24,
                                     0,
                                     0,
                                     0,
                                     50,
                                     0};
    struct woad_host_cfg cfg = {.event = fuzz_on_host,
                                .rand = fuzz_random,
                                .max_conns = 2,
                                .max_chans = 4,
                                .chan_rx_size = 1024,
                                .att_bearers = 2,
                                .parts = parts};
    memset(f, 0, sizeof(*f));
    size_t size = woad_host_mem_size(&cfg);
    f->mem = malloc(size);
    if (!f->mem || woad_host_init(f->mem, size, &cfg, &f->h) || woad_host_start(f->h))
        abort();
    for (int i = 0; i < 16; i++)
        fuzz_pump(f);
    fuzz_give(f, WOAD_PKT_EVT, link, sizeof(link));
    fuzz_pump(f);
}

static inline void fuzz_start(struct host_fuzz *f)
{
    struct woad_chan_cfg chan = {.psm = 0x80, .event = fuzz_on_chan, .arg = f};
    fuzz_link(f, FUZZ_PARTS);
    /* one channel that the peer opened, one request of ours that waits */
    static const uint8_t req[] = {FUZZ_CONN, 0x20, 18, 0,    14, 0,   5, 0,  0x14, 1, 10,
                                  0,         0x80, 0,  0x40, 0,  100, 0, 64, 0,    9, 0};
    if (woad_l2cap_listen(f->h, &chan))
        abort();
    fuzz_give(f, WOAD_PKT_ACL, req, sizeof(req));
    fuzz_pump(f);
    woad_chan pending[2];
    (void)!woad_l2cap_connect_enhanced(f->h, FUZZ_CONN, &chan, pending, 2);
    fuzz_pump(f);
}

static inline void fuzz_end(struct host_fuzz *f)
{
    fuzz_pump(f);
    woad_host_deinit(f->h);
    free(f->mem);
}

#endif
