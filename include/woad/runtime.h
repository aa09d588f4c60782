/* woad/runtime.h: ready pumps around a host and a transport, in three execution models.
 *
 *   COOP         one thread: the application's. It calls woad_runtime_turn() in its loop, or waits
 *                in a blocking call, which does.
 *   HCI_THREAD   the host stays with the application; a thread of its own reads and writes the
 *                transport, so that no packet waits for an application that computes.
 *   THREADED     the host and the transport have a thread. Any thread of the application calls,
 *                through the kernel (woad_kernel_call) or the blocking calls of woad/stream.h;
 *                events come in the host's thread.
 *
 *       COOP                    HCI_THREAD                        THREADED
 *   +------------------+    +-----------+  rings  +-----+    +-----+  +---------+  mailbox +------+
 *   | app host transp. |    | app  host |<------->| tr. |    | app |..| app     |<--------->| host
 * |
 *   +------------------+    +-----------+         +-----+    +-----+  +---------+           | tr. |
 *                                                                                          +------+
 *
 *     woad_runtime_init(&rt, &(struct woad_runtime_cfg){
 *         .model = WOAD_RUN_COOP, .host = h, .transport = t});
 *     woad_host_start(h);
 *     woad_runtime_start(&rt);
 *     while (!done)
 *         woad_runtime_turn(&rt, WOAD_TIME_NEVER);
 *     woad_runtime_stop(&rt);
 *     woad_runtime_deinit(&rt);
 *
 * The same application runs in all three as long as it follows one rule: the host's own functions
 * (woad_gap_*, woad_l2cap_*) are called in events or through woad_kernel_call(rt.kernel, ...).
 *
 * When the transport fails, the runtime reports it to the host (FAULT event), closes and reopens
 * it, and tries again every second until that succeeds.
 *
 * Time is CLOCK_MONOTONIC, or, in COOP, that of a struct woad_runtime_clock: a simulator moves the
 * world on instead of sleeping, and the run repeats octet by octet.
 */
#ifndef WOAD_RUNTIME_H
#define WOAD_RUNTIME_H

#include <pthread.h>
#include <stdatomic.h>

#include "woad/coop.h"
#include "woad/host.h"
#include "woad/kernel.h"
#include "woad/pkernel.h"
#include "woad/transport.h"

enum woad_run_model {
    WOAD_RUN_COOP,
    WOAD_RUN_HCI_THREAD,
    WOAD_RUN_THREADED,
};

/* Time that is not the machine's. The clock's owner calls woad_runtime_run() at the deadline that
 * its last call returned and after wake(). */
struct woad_runtime_clock {
    woad_time (*now)(void *arg);
    /* Instead of sleeping: moves the world on by one event, at most until until_us. Negative: the
     * wait that asked ends with this error (EOF: nothing will ever happen again). */
    int (*advance)(void *arg, woad_time until_us);
    woad_wake_fn *wake;
    void *arg; /* of all three */
};

struct woad_runtime_cfg {
    enum woad_run_model model;
    struct woad_host *host;                 /* borrowed */
    struct woad_transport *transport;       /* borrowed; opened by start(), closed by stop() */
    const struct woad_runtime_clock *clock; /* borrowed; NULL: the machine's time. COOP only */
    /* Asked once per turn of a wait of COOP and HCI_THREAD; a negative answer ends the wait
     * (Ctrl-C: CANCELLED). May be NULL. */
    int (*interrupted)(void *arg);
    void *interrupted_arg;
    /* For a program whose turns are run where something else decides, such as the scheduler of an
     * interpreter: COOP and HCI_THREAD, which it never lets wait here. Asks for a call of
     * woad_runtime_run(); from any thread. In COOP the program also watches the transport's fd for
     * what it wants, as run() left them. NULL: woad_runtime_turn() sleeps. */
    woad_wake_fn *woken;
    void *woken_arg;
};

/* Puts a thread to sleep and wakes it: an eventfd that is written only when somebody sleeps. */
struct woad_waker {
    int fd;
    atomic_bool woken;
    atomic_bool sleeping;
};

struct woad_hci_thread;

struct woad_runtime {
    struct woad_kernel *kernel;  /* what applications, streams and adapters use */
    struct woad_workq work;      /* runs in the owner's turns */
    struct woad_runtime_cfg cfg; /* the rest is private */
    union {
        struct woad_coop coop;
        struct woad_pkernel pkernel;
    } back_end;
    struct woad_waker waker;
    struct woad_hci_thread *hci; /* HCI_THREAD */
    pthread_t thread;            /* THREADED */
    atomic_bool stopping;
    bool started;
    bool open;         /* the transport */
    bool host_is_next; /* in a turn, before the host's part */
    bool faulted;      /* it has to be closed and opened again */
    woad_time retry_at;
    woad_time next; /* deadline of the last run */
};

/* rt may not move until deinit. INVALID: a clock in a model with threads, woken with a clock or in
 * THREADED. NO_MEM, IO. */
int woad_runtime_init(struct woad_runtime *rt, const struct woad_runtime_cfg *cfg) WOAD_MUST_USE;
void woad_runtime_deinit(struct woad_runtime *rt);

/* Opens the transport and starts the threads of the model. The host is started by the application,
 * before or after. Errors: those of open() (see transport->why), NO_MEM. */
int woad_runtime_start(struct woad_runtime *rt) WOAD_MUST_USE;

/* Ends the threads and closes the transport. Streams are closed before. */
void woad_runtime_stop(struct woad_runtime *rt);

/* COOP: false while the transport, which failed, could not be opened again (its why says more). */
bool woad_runtime_is_open(const struct woad_runtime *rt);

/* One turn without sleeping, in the owner's context; returns the next deadline. rt is a struct
 * woad_runtime: the signature is that of a task of the simulator. */
woad_time woad_runtime_run(void *rt, woad_time now_us);

/* COOP and HCI_THREAD: one turn, then sleeps until until_us at most, unless there is something to
 * do. STATE inside a turn. */
int woad_runtime_turn(struct woad_runtime *rt, woad_time until_us) WOAD_MUST_USE;

/* Asks for a turn. Any context; a woad_wake_fn. */
void woad_runtime_wake(void *rt);

#endif
