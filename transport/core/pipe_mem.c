#include "woad/pipe.h"

#include <string.h>

static struct woad_pipe_mem *mem_of(struct woad_pipe *p)
{
    return (struct woad_pipe_mem *)p;
}

static int mem_open(struct woad_pipe *p, struct woad_ring *rx, void (*wake)(void *arg),
                    void *wake_arg)
{
    struct woad_pipe_mem *m = mem_of(p);
    if (m->rx)
        return WOAD_ERR_STATE;
    m->rx = rx;
    m->wake = wake;
    m->wake_arg = wake_arg;
    m->was_open = false;
    return 0;
}

static void notify(const struct woad_pipe_mem *m)
{
    if (m->rx && m->wake)
        m->wake(m->wake_arg);
}

static void mem_close(struct woad_pipe *p)
{
    struct woad_pipe_mem *m = mem_of(p);
    if (!m->rx)
        return;
    m->rx = NULL;
    m->was_open = true;
    notify(m->peer);
}

static int mem_fill(struct woad_pipe *p)
{
    return mem_of(p)->peer->was_open ? WOAD_ERR_EOF : 0;
}

static int mem_write(struct woad_pipe *p, const struct woad_span *spans, size_t count)
{
    struct woad_pipe_mem *m = mem_of(p);
    struct woad_pipe_mem *peer = m->peer;
    if (peer->was_open)
        return WOAD_ERR_EOF;
    if (!peer->rx)
        return 0;
    size_t room = peer->rx->size - woad_ring_len(peer->rx);
    if (m->write_max && room > m->write_max)
        room = m->write_max;
    size_t done = 0;
    for (size_t i = 0; i < count && done < room; i++) {
        size_t n = spans[i].len < room - done ? spans[i].len : room - done;
        done += woad_ring_put(peer->rx, spans[i].data, n);
    }
    if (done)
        notify(peer);
    return (int)done;
}

static const struct woad_pipe_ops mem_ops = {
    .open = mem_open,
    .close = mem_close,
    .fill = mem_fill,
    .write = mem_write,
};

void woad_pipe_mem_pair(struct woad_pipe_mem *a, struct woad_pipe_mem *b)
{
    *a = (struct woad_pipe_mem){.pipe = {.ops = &mem_ops, .fd = -1}, .peer = b};
    *b = (struct woad_pipe_mem){.pipe = {.ops = &mem_ops, .fd = -1}, .peer = a};
}
