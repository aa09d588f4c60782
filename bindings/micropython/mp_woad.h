/* mp_woad.h: the inside of MicroPython's bluetooth module on woad.
 *
 *     Python:  bluetooth.BLE            handler(event, data)          L2CAPChannel
 *                 | mp_bluetooth_*           ^ mp_bluetooth_*_on_*       |
 *              ble.c gap.c gatts.c gattc.c l2cap.c pairing.c        channel.c (_woad)
 *                 |                          |
 *                 v  mpw_enter ... mpw_leave | MPW_UP(...)
 *              struct woad_host       pump_unix.c: the transport, the thread that watches it, the
 *                                     scheduler's node that runs the host's turns
 *
 * The engine runs in the interpreter's thread, from the scheduler's node, or (model 2) in
 * a thread of its own that lets the interpreter's thread have its events. Either way a handler is
 * called in the interpreter's thread alone and with the host at rest; every function of the module
 * may be called in it.
 *
 * Nothing waits inside a handler: what would have to (a blocking read, hci_cmd) raises EDEADLK
 * there.
 *
 * Exceptions do not pass through the engine: MPW_UP stops them. On the unix port Ctrl-C is held
 * back between mpw_enter() and mpw_leave(), and while a handler runs.
 */
#ifndef MP_WOAD_H
#define MP_WOAD_H

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"

#include "extmod/modbluetooth.h"

#include "woad/gap.h"
#include "woad/gattc.h"
#include "woad/gatts.h"
#include "woad/host.h"
#include "woad/l2cap.h"
#include "woad/smp.h"
#include "woad/store.h"
#include "woad/store_ram.h"

#define MPW_EDEADLK 35 /* MicroPython has no name for it */

struct mpw_pump;

/* Advertising and scanning: what is asked for while the last state is still coming about. */
enum mpw_activity { MPW_OFF, MPW_STARTING, MPW_ON, MPW_STOPPING };

struct mpw_link {
    bool used;
    uint16_t conn;
    uint8_t role;
    struct woad_addr peer;
    bool hang_up;         /* when the client has sent the commands that wait */
    woad_time hang_up_by; /* of a disconnection that lets go out what was sent; 0: none */
};

/* Of a characteristic or a descriptor of ours. */
struct mpw_value {
    uint8_t *data;
    uint16_t size, len;
    uint16_t handle;
    bool append;
    bool update; /* gatts_write(send_update) found no room: sent as soon as there is */
};

struct mpw_service {
    struct mpw_service *next;
    struct woad_gatt_service service;
    struct woad_gatt_attr *attrs;
    struct woad_uuid *uuids;
    struct mpw_value *values;
    size_t value_count;
    uint16_t *handles; /* of the caller, until the end of the registration */
    size_t handle_count;
    uint8_t *handle_attr; /* handles[i] is that of attrs[handle_attr[i]] */
    bool attached;
};

/* Data on its way out, copied from the script. */
struct mpw_block {
    size_t len;
    uint8_t data[];
};

struct mpw_chan {
    bool used;
    bool open;       /* data can be sent */
    bool stalled;    /* event 26 is owed */
    bool closed;     /* event 24 was told; unread data may be left */
    bool over;       /* it ended and the host has no more of it; here for an L2CAPChannel only */
    bool ending;     /* to be closed when what is gathered has gone to the host */
    bool attached;   /* an L2CAPChannel wants to know how it ended */
    bool more_due;   /* a reader left data: event 25 comes again */
    uint32_t serial; /* tells the users of a place apart */
    uint16_t conn, cid, psm;
    uint16_t our_mtu, peer_mtu;
    int error; /* why it ended: 0, or an MP_E* */
    woad_chan chan;
    unsigned blocks;          /* given to the host and not sent */
    size_t queued;            /* octets of these */
    struct mpw_block *gather; /* octets of the stream that wait for company */
};

/* The state of the module, reached through a root pointer of MicroPython. */
struct mpw {
    struct woad_host *host;
    void *host_mem;
    struct mpw_pump *pump;
    bool active;  /* as Python sees it */
    bool ready;   /* the host is */
    bool stopped; /* the host has ended in order */
    bool closing; /* active(False) inside a handler: ended when that returned */
    unsigned up;  /* handlers under way */
    int start_error;
    const char *start_why;
    struct woad_addr addr;
    uint8_t addr_mode;
    struct woad_addr static_addr;
    char name[249];
    uint16_t mtu;
    struct woad_smp_cfg policy;
    bool policy_due;

    uint8_t adv_state, scan_state; /* enum mpw_activity */
    bool adv_again, scan_again;
    struct woad_adv_params adv;
    struct woad_scan_params scan;
    uint8_t adv_data[31], scan_rsp[31];
    struct woad_addr connecting;
    struct mpw_link links[WOAD_MPY_CONNS];

    struct mpw_service *services;
    struct mpw_service *pending; /* of the registration under way */
    bool append, append_next;
    struct mpw_op *ops;
    struct mpw_chan chans[WOAD_MPY_CHANS];
    uint32_t chan_serial;

    struct woad_store store;
    struct woad_store file_store;
    struct woad_store_ram file_ram;
    void *file_mem;
    bool file_loaded;

    /* hci_cmd */
    bool hci_done;
    int hci_err;
    uint8_t hci_status;
    uint8_t *hci_resp;
    size_t hci_resp_len;
};

/* NULL before the first use. */
static inline struct mpw *mpw_state(void)
{
    return (struct mpw *)MP_STATE_PORT(woad_state);
}
struct mpw *mpw_get(void); /* makes it; NULL: no memory */

/* The state if the stack is on, else NULL. */
static inline struct mpw *mpw_on(void)
{
    struct mpw *m = mpw_state();
    return m && m->active ? m : NULL;
}

/* Memory that the collector does not know. */
#ifndef MPW_MALLOC
#include <stdlib.h>
#define MPW_MALLOC malloc
#define MPW_FREE   free
#endif
void *mpw_zalloc(size_t size);

/* A positive MP_E* for an error of woad; 0 for 0 and above. */
int mpw_errno(int err);
void mpw_to_big_endian(const struct woad_addr *addr, uint8_t to[6]);
struct woad_addr mpw_from_big_endian(uint8_t type, const uint8_t *addr);
struct woad_uuid mpw_uuid(const mp_obj_bluetooth_uuid_t *uuid);
void mpw_uuid_object(const struct woad_uuid *uuid, mp_obj_bluetooth_uuid_t *to);

/* ---- the pump (pump_unix.c) ------------------------------------------------------------------ */

/* Finds the transport, places the pump. 0 or an MP_E*, with *why in words. */
int mpw_pump_init(struct mpw *m, const char **why);
/* The host is there: opens the transport and begins. */
int mpw_pump_start(struct mpw *m, const char **why);
void mpw_pump_stop(struct mpw *m);
void mpw_pump_deinit(struct mpw *m);
unsigned mpw_pump_model(void); /* execution model: 0 cooperative, 1 a thread for HCI, 2 threaded */

/* Between these the caller owns the host. They nest. */
void mpw_enter(void);
void mpw_leave(void);

/* Waits, with the pump running, until test() (called as owner) is true. 0, MP_ETIMEDOUT,
 * MPW_EDEADLK inside a handler. Exceptions of Python (Ctrl-C) leave it. timeout_us may be
 * WOAD_TIME_NEVER. */
int mpw_wait(struct mpw *m, bool (*test)(void *arg), void *arg, woad_time timeout_us);

woad_time mpw_now(void);

/* Runs fn in the interpreter's thread; called by whoever runs the host. */
void mpw_in_vm(void (*fn)(void *arg), void *arg);

/* A turn of the host is wanted: the caller has something to tell in it. */
void mpw_pump_wake(struct mpw *m);

/* Brackets a call of Python. */
void mpw_up_begin(struct mpw *m);
void mpw_up_end(struct mpw *m);
void mpw_up_failed(struct mpw *m, mp_obj_t exception);

#define MPW_UP(m, call)                                                                            \
    do {                                                                                           \
        nlr_buf_t nlr_;                                                                            \
        if (nlr_push(&nlr_) == 0) {                                                                \
            mpw_up_begin(m);                                                                       \
            call;                                                                                  \
            mpw_up_end(m);                                                                         \
            nlr_pop();                                                                             \
        } else {                                                                                   \
            mpw_up_end(m);                                                                         \
            mpw_up_failed(m, MP_OBJ_FROM_PTR(nlr_.ret_val));                                       \
        }                                                                                          \
    } while (0)

/* ---- between the files ----------------------------------------------------------------------- */

int mpw_host_open(struct mpw *m);
void mpw_shut(struct mpw *m);       /* ends everything at once */
void mpw_after_turn(struct mpw *m); /* what has to wait until the host is at rest */
void mpw_gap_event(struct mpw *m, const struct woad_host_evt *evt);
void mpw_gap_reset(struct mpw *m);
int mpw_gap_disconnect(struct mpw *m, uint16_t conn);
void mpw_hang_up(struct mpw *m, struct mpw_link *link); /* the last of its commands has gone */
woad_time mpw_gap_run(struct mpw *m, woad_time now_us); /* does what is due; the next deadline */
struct mpw_link *mpw_link(struct mpw *m, uint16_t conn);
void mpw_pairing_event(struct mpw *m, uint16_t conn, const struct woad_smp_evt *evt);
void mpw_pairing_apply(struct mpw *m);
void mpw_secrets_open(struct mpw *m);
void mpw_secrets_late(
    struct mpw *m); /* before a link can come about: the handler may be there now */
void mpw_gatts_reset(struct mpw *m);
void mpw_gatts_again(struct mpw *m);
void mpw_gattc_event(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt);
void mpw_gattc_reset(struct mpw *m);
unsigned mpw_gattc_commands(const struct mpw *m, uint16_t conn); /* writes not yet at the link */
void mpw_l2cap_reset(struct mpw *m);
void mpw_l2cap_again(struct mpw *m); /* tells what is due */
void mpw_l2cap_link_down(struct mpw *m, uint16_t conn);

struct mpw_chan *mpw_chan_find(struct mpw *m, uint16_t conn, uint16_t cid);
/* The place of a channel if it is still the same one, else NULL. */
struct mpw_chan *mpw_chan_at(struct mpw *m, unsigned place, uint32_t serial);
/* Octets of a stream: how many of them were taken, or an error of woad. */
long mpw_chan_write(struct mpw *m, struct mpw_chan *c, const void *data, size_t len);
/* Ends it, after all that was written when flush; again, without flush, cuts that short. */
int mpw_chan_end(struct mpw *m, struct mpw_chan *c, bool flush);
/* When all that is there has been read: sees to it that event 25 tells what comes next. */
void mpw_chan_emptied(struct mpw *m, struct mpw_chan *c);
bool mpw_chan_writable(const struct mpw_chan *c);
void mpw_chan_free(struct mpw *m, struct mpw_chan *c);

#endif
