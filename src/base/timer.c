#include "woad/timer.h"

#include <stddef.h>

static bool before(const struct woad_timer *a, const struct woad_timer *b)
{
    return a->deadline_us < b->deadline_us ||
           (a->deadline_us == b->deadline_us && a->order - b->order > UINT32_MAX / 2);
}

/* Joins two heaps; either may be NULL. The roots have no siblings. */
static struct woad_timer *meld(struct woad_timer *a, struct woad_timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (before(b, a)) {
        struct woad_timer *t = a;
        a = b;
        b = t;
    }
    b->sibling = a->child;
    if (b->sibling)
        b->sibling->prev = b;
    b->prev = a;
    a->child = b;
    return a;
}

/* Joins a list of siblings pairwise, then from the right: two passes, no recursion. */
static struct woad_timer *meld_siblings(struct woad_timer *list)
{
    struct woad_timer *pairs = NULL;
    while (list) {
        struct woad_timer *a = list;
        struct woad_timer *b = a->sibling;
        list = b ? b->sibling : NULL;
        a->sibling = a->prev = NULL;
        if (b)
            b->sibling = b->prev = NULL;
        a = meld(a, b);
        a->sibling = pairs;
        pairs = a;
    }
    struct woad_timer *root = NULL;
    while (pairs) {
        struct woad_timer *next = pairs->sibling;
        pairs->sibling = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

void woad_timer_cancel(struct woad_timer_queue *q, struct woad_timer *t)
{
    if (!t->armed)
        return;
    struct woad_timer *rest = meld_siblings(t->child);
    if (!t->prev) {
        q->root = rest;
    } else {
        if (t->prev->child == t)
            t->prev->child = t->sibling;
        else
            t->prev->sibling = t->sibling;
        if (t->sibling)
            t->sibling->prev = t->prev;
        q->root = meld(q->root, rest);
    }
    t->child = t->sibling = t->prev = NULL;
    t->armed = false;
}

void woad_timer_arm(struct woad_timer_queue *q, struct woad_timer *t, woad_time deadline_us)
{
    woad_timer_cancel(q, t);
    if (deadline_us == WOAD_TIME_NEVER)
        return;
    t->deadline_us = deadline_us;
    t->order = q->order++;
    t->child = t->sibling = t->prev = NULL;
    t->armed = true;
    q->root = meld(q->root, t);
}

woad_time woad_timer_next(const struct woad_timer_queue *q)
{
    return q->root ? q->root->deadline_us : WOAD_TIME_NEVER;
}

struct woad_timer *woad_timer_pop(struct woad_timer_queue *q, woad_time now_us)
{
    struct woad_timer *t = q->root;
    if (!t || t->deadline_us > now_us)
        return NULL;
    woad_timer_cancel(q, t);
    return t;
}
