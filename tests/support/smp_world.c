#include "support/smp_world.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SW_CHECK(x)                                                                                \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #x);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Both people look at both displays. */
static void type_passkeys(struct sw *w)
{
    bool shown = false;
    uint32_t passkey = 271828;
    unsigned asking = 0;
    for (unsigned i = 0; i < w->n; i++) {
        asking += w->dev[i].asked_key;
        shown |= w->dev[i].shows;
        if (w->dev[i].shows)
            passkey = w->dev[i].shown;
    }
    if (!shown && asking < 2)
        return;
    for (unsigned i = 0; i < w->n; i++) {
        struct sw_dev *s = &w->dev[i];
        if (!s->asked_key || s->silent)
            continue;
        s->asked_key = false;
        SW_CHECK(woad_smp_passkey(s->h, s->conn, s->mistypes ? (passkey + 1) % 1000000 : passkey) ==
                 0);
    }
}

static void answer(struct sw_dev *s, const struct woad_smp_evt *evt)
{
    switch (evt->type) {
    case WOAD_SMP_ASK:
        if (!s->silent)
            SW_CHECK(woad_smp_accept(s->h, s->conn, !s->says_no) == 0);
        break;
    case WOAD_SMP_COMPARE:
        s->shown = evt->u.passkey;
        if (!s->silent)
            SW_CHECK(woad_smp_confirm(s->h, s->conn, !s->says_no) == 0);
        break;
    case WOAD_SMP_SHOW:
        s->shown = evt->u.passkey;
        s->shows = true;
        break;
    case WOAD_SMP_ENTER: s->asked_key = true; break;
    case WOAD_SMP_SECURED: s->asked_key = s->shows = false; break;
    default: break;
    }
}

static void on_event(struct dbl_dev *dev, const struct woad_host_evt *evt)
{
    struct sw_dev *s = dev->app;
    if (evt->type != WOAD_EVT_SECURITY)
        return;
    SW_CHECK(s->count < SW_EVENTS);
    s->events[s->count++] = (struct sw_event){.conn = evt->conn, .evt = *evt->u.smp};
    if (evt->conn != WOAD_CONN_NONE)
        s->conn = evt->conn;
    answer(s, evt->u.smp);
}

const struct woad_smp_cfg sw_none;

unsigned sw_peripheral_only = UINT_MAX;
const struct woad_host_use *sw_more[SW_DEVS];

struct sw *sw_new(unsigned n, const struct woad_smp_cfg *const *cfgs)
{
    const struct woad_host_use *parts[SW_DEVS] = {NULL};
    struct sw *w = calloc(1, sizeof(*w));
    SW_CHECK(n <= SW_DEVS);
    w->n = n;
    for (unsigned i = 0; i < n; i++) {
        struct woad_host_use *use = w->use[i];
        if (cfgs[i] != &sw_none)
            *use++ = (struct woad_host_use){
                i == sw_peripheral_only ? &woad_smp_peripheral_part : &woad_smp_part, cfgs[i]};
        for (unsigned k = 0; sw_more[i] && sw_more[i][k].part; k++)
            *use++ = sw_more[i][k];
        parts[i] = w->use[i];
    }
    w->d = dbl_new_parts(n, NULL, parts);
    for (unsigned i = 0; i < n; i++) {
        struct sw_dev *s = &w->dev[i];
        *s = (struct sw_dev){.w = w, .dev = &w->d->dev[i], .h = w->d->dev[i].h};
        s->dev->app = s;
        s->dev->on_event = on_event;
    }
    dbl_start(w->d);
    return w;
}

struct sw *sw_pair(const struct woad_smp_cfg *a, const struct woad_smp_cfg *b)
{
    struct sw *w = sw_new(2, (const struct woad_smp_cfg *const[]){a, b});
    sw_connect(w, 0, 1);
    return w;
}

void sw_free(struct sw *w)
{
    dbl_free(w->d);
    free(w);
}

void sw_connect(struct sw *w, unsigned a, unsigned b)
{
    dbl_connect(w->d, a, b, &w->dev[a].conn, &w->dev[b].conn);
    sw_settle(w);
}

void sw_disconnect(struct sw *w, unsigned a)
{
    SW_CHECK(woad_gap_disconnect(w->dev[a].h, w->dev[a].conn, 0) == 0);
    sw_settle(w);
}

void sw_settle(struct sw *w)
{
    dbl_settle(w->d);
    for (int i = 0; i < 2; i++) {
        type_passkeys(w);
        dbl_settle(w->d);
    }
}

const struct woad_smp_evt *sw_find(const struct sw_dev *dev, uint8_t type, int n)
{
    if (n < 0)
        n += (int)sw_count(dev, type);
    for (unsigned i = 0; i < dev->count; i++)
        if (dev->events[i].evt.type == type && n-- == 0)
            return &dev->events[i].evt;
    return NULL;
}

unsigned sw_count(const struct sw_dev *dev, uint8_t type)
{
    unsigned n = 0;
    for (unsigned i = 0; i < dev->count; i++)
        n += dev->events[i].evt.type == type;
    return n;
}

void sw_forget(struct sw *w)
{
    for (unsigned i = 0; i < w->n; i++)
        w->dev[i].count = 0;
}

struct woad_smp_evt sw_secure(struct sw *w, unsigned i, uint8_t level)
{
    struct sw_dev *s = &w->dev[i];
    unsigned before = sw_count(s, WOAD_SMP_SECURED);
    SW_CHECK(woad_smp_secure(s->h, s->conn, level) == 0);
    sw_settle(w);
    SW_CHECK(sw_count(s, WOAD_SMP_SECURED) == before + 1);
    return *sw_find(s, WOAD_SMP_SECURED, -1);
}

struct woad_smp_info sw_info(const struct sw_dev *dev)
{
    struct woad_smp_info info;
    SW_CHECK(woad_smp_info(dev->h, dev->conn, &info) == 0);
    return info;
}
