/* Calls that wait: streams over channels. */
#include "sync_priv.h"

#define CLOSE_US WOAD_S(5)

static int give_up(struct woad_stream *stream, int err)
{
    if (err < 0)
        (void)!woad_stream_close(stream, false, CLOSE_US);
    return err;
}

int woad_sync_stream(struct woad_sync *s, uint16_t conn, uint16_t psm, struct woad_stream *stream,
                     void *ring, size_t size, woad_time timeout_us)
{
    if (!timeout_us)
        return WOAD_ERR_INVALID;
    if (!woad_kernel_may_wait(s->kernel))
        return WOAD_ERR_STATE;
    woad_stream_init(stream, s->kernel, s->host, ring, size);
    return give_up(
        stream, woad_stream_connect(stream, conn, &(struct woad_chan_cfg){.psm = psm}, timeout_us));
}

/* ---- the accepting side ---------------------------------------------------------------------- */

struct listen {
    uint16_t psm;
    struct woad_stream *stream;
};

static int start_listen(struct woad_sync_call *c);

/* One request may ask for several channels: those after the first find nobody who waits. */
static void on_listener(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct woad_sync_call *c = arg;
    const struct listen *args = c->args;
    if (evt->type != WOAD_CHAN_ACCEPT)
        return;
    if (!c->active || c->start != start_listen || evt->u.opened.psm != args->psm) {
        (void)!woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_NO_RESOURCES, NULL, NULL);
        return;
    }
    (void)!woad_l2cap_unlisten(h, args->psm);
    woad_sync_finish(
        c, woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, woad_stream_event, args->stream));
}

static int start_listen(struct woad_sync_call *c)
{
    const struct listen *args = c->args;
    struct woad_chan_cfg cfg = {.psm = args->psm, .event = on_listener, .arg = c};
    c->size = args->psm;
    return woad_l2cap_listen(c->sync->host, &cfg);
}

static void end_listen(struct woad_sync_call *c)
{
    (void)!woad_l2cap_unlisten(c->sync->host, (uint16_t)c->size);
    woad_sync_finish(c, WOAD_ERR_CANCELLED);
}

int woad_sync_stream_accept(struct woad_sync *s, uint16_t psm, struct woad_stream *stream,
                            void *ring, size_t size, woad_time timeout_us)
{
    struct listen args = {psm, stream};
    woad_time deadline_us = woad_kernel_deadline(s->kernel, timeout_us);
    int err;
    struct woad_sync_call *c = woad_sync_take(s, timeout_us, &err);
    if (!c)
        return err;
    woad_stream_init(stream, s->kernel, s->host, ring, size);
    c->start = start_listen;
    c->end = end_listen;
    c->args = &args;
    err = woad_sync_do(c);
    if (err)
        return err;
    woad_time now_us = woad_kernel_now(s->kernel);
    woad_time left_us = deadline_us == WOAD_TIME_NEVER ? deadline_us
                        : deadline_us > now_us         ? deadline_us - now_us
                                                       : 1;
    return give_up(stream, woad_stream_open(stream, left_us));
}
