#include "waker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int woad_waker_init(struct woad_waker *w)
{
    atomic_init(&w->woken, false);
    atomic_init(&w->sleeping, false);
    w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return w->fd < 0 ? WOAD_ERR_IO : 0;
}

void woad_waker_deinit(struct woad_waker *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

woad_time woad_waker_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return WOAD_S(ts.tv_sec) + (woad_time)ts.tv_nsec / 1000;
}

/* The waker sets woken and then reads sleeping; the sleeper sets sleeping and then reads woken. In
 * the one order that sequential consistency gives them, at least one sees the other. */
void woad_waker_wake(struct woad_waker *w)
{
    if (atomic_exchange(&w->woken, true) || !atomic_load(&w->sleeping))
        return;
    const uint64_t one = 1;
    ssize_t n = write(w->fd, &one, sizeof(one));
    (void)n; /* it fails only when the counter is full: readable all the same */
}

static void sleep_on(struct woad_waker *w, const struct woad_transport *t, woad_time until_us)
{
    struct pollfd p[2] = {{.fd = w->fd, .events = POLLIN}, {.fd = -1}};
    if (t && t->fd >= 0) {
        p[1].fd = t->fd;
        p[1].events = (short)((t->wants & WOAD_WANT_READ ? POLLIN : 0) |
                              (t->wants & WOAD_WANT_WRITE ? POLLOUT : 0));
    }
    woad_time now = woad_waker_now();
    woad_time left = until_us > now ? until_us - now : 0;
    struct timespec ts = {.tv_sec = (time_t)(left / WOAD_S(1)),
                          .tv_nsec = (long)(left % WOAD_S(1)) * 1000};
    (void)ppoll(p, 2, until_us == WOAD_TIME_NEVER ? NULL : &ts, NULL);
    uint64_t count;
    ssize_t n = p[0].revents ? read(w->fd, &count, sizeof(count)) : 0;
    (void)n;
}

void woad_waker_sleep(struct woad_waker *w, const struct woad_transport *t, woad_time until_us)
{
    atomic_store(&w->sleeping, true);
    if (!atomic_load(&w->woken))
        sleep_on(w, t, until_us);
    atomic_store(&w->sleeping, false);
    atomic_store(&w->woken, false); /* whoever set it is heard in the turn that follows */
}
