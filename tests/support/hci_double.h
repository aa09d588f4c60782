/* hci_double.h: an ideal radio between hosts, at the level of HCI.
 *
 * Each device is a host with a controller that answers every command at once and correctly; ACL
 * packets of a link arrive at the other end in order, after latency_us, cut anew as split says. No
 * link layer, no air: for tests of the host alone. Faults are switches: mute, lose a link, refuse
 * commands (see script_ctrl.h), hold back completed packets.
 *
 *     struct dbl *d = dbl_new(2, NULL);
 *     dbl_start(d);                     both hosts are READY
 *     uint16_t c0, c1;
 *     dbl_connect(d, 0, 1, &c0, &c1);   a link, 0 central
 *     ... woad_l2cap_connect(d->dev[0].h, c0, ...)
 *     dbl_run(d, 1000000);              one second of virtual time, or dbl_settle(d)
 */
#ifndef HCI_DOUBLE_H
#define HCI_DOUBLE_H

#include "woad/gap.h"
#include "woad/hci.h"
#include "woad/host.h"
#include "woad/l2cap.h"

#define DBL_DEVS   10
#define DBL_LINKS  16
#define DBL_EVENTS 4096

struct dbl_pkt {
    struct dbl_pkt *next;
    woad_time at;
    uint8_t type;
    uint16_t len;
    uint8_t data[];
};

struct dbl_link {
    bool up;
    unsigned peer;
    uint16_t handle, peer_handle;
    uint8_t role;
    bool encrypted;
    uint8_t key[16];            /* that the central encrypts with */
    uint16_t out;               /* ACL packets of the host not yet completed */
    struct woad_buf *held[256]; /* their buffers */
};

struct dbl;

/* What the application of a device was told, in order. */
struct dbl_event {
    bool chan;
    uint8_t type;
    uint16_t conn;
    woad_chan handle;
    int err;
    uint8_t hci;
    uint16_t value;
    size_t len;
    void *tag;
};

struct dbl_dev {
    struct dbl *d;
    unsigned index;
    struct woad_host *h;
    void *mem;
    struct woad_addr addr;
    uint8_t bd_addr[6];
    uint16_t acl_len, acl_count;
    uint8_t version;
    uint64_t le_features;
    uint8_t commands[64];
    bool advertising, scanning, initiating, init_by_list;
    uint8_t adv_data[31], adv_len;
    struct woad_addr init_peer;
    struct dbl_link links[DBL_LINKS];
    struct dbl_pkt *to_host, *to_host_tail;
    woad_time deadline;
    bool woken;
    bool mute;           /* the controller is dead: takes packets, answers nothing */
    bool hold_completed; /* keeps completed packets to itself */
    unsigned commands_seen;
    uint16_t last_opcode;
    uint32_t acl_seen;
    /* true: the command has been dealt with */
    bool (*on_cmd)(struct dbl_dev *dev, void *arg, uint16_t opcode, const uint8_t *params,
                   uint8_t len);
    /* sees every ACL packet the host sent; true: it is not delivered */
    bool (*on_acl)(struct dbl_dev *dev, void *arg, const uint8_t *pkt, uint16_t len);
    void *arg;
    /* the application */
    void (*on_event)(struct dbl_dev *dev, const struct woad_host_evt *evt);
    void (*on_chan)(struct dbl_dev *dev, const struct woad_chan_evt *evt);
    void *app;
    struct dbl_event *events;
    unsigned event_count;
};

struct dbl {
    woad_time now;
    unsigned count;
    struct dbl_dev dev[DBL_DEVS];
    uint32_t latency_us; /* of ACL packets */
    uint16_t split;      /* octets in each fragment towards the host; 0 = as sent, 0xffff random */
    uint64_t rng;
    uint16_t next_handle;
};

/* count devices; cfg (may be NULL) gives their limits, the rest is filled in. */
struct dbl *dbl_new(unsigned count, const struct woad_host_cfg *cfg);
/* The same with parts of its own for each device (NULL: those of cfg). */
struct dbl *dbl_new_parts(unsigned count, const struct woad_host_cfg *cfg,
                          const struct woad_host_use *const *parts);
void dbl_free(struct dbl *d);

/* Starts every host and runs until all are READY. */
void dbl_start(struct dbl *d);
/* A link between two devices, made by the hosts; a is central. */
void dbl_connect(struct dbl *d, unsigned a, unsigned b, uint16_t *conn_a, uint16_t *conn_b);
/* Runs until nothing is due within a second. */
void dbl_settle(struct dbl *d);
/* Lets virtual time pass. */
void dbl_run(struct dbl *d, woad_time us);
/* One turn of every pump, no time passes; true when something happened. */
bool dbl_turn(struct dbl *d);

/* As the controller of dev: an event {code, parameters} or an ACL packet to the host. */
void dbl_evt(struct dbl_dev *dev, uint8_t code, const void *params, uint8_t len);
void dbl_le_evt(struct dbl_dev *dev, uint8_t code, const void *params, uint8_t len);
void dbl_complete(struct dbl_dev *dev, uint16_t opcode, const void *ret, uint8_t len);
void dbl_status(struct dbl_dev *dev, uint16_t opcode, uint8_t status);
void dbl_acl(struct dbl_dev *dev, uint16_t handle_flags, const void *data, uint16_t len);
/* A whole L2CAP PDU in one ACL packet. */
void dbl_l2cap(struct dbl_dev *dev, uint16_t conn, uint16_t cid, const void *data, uint16_t len);
/* The link of dev is lost, with this reason at both ends. */
void dbl_lose_link(struct dbl_dev *dev, uint16_t handle, uint8_t reason);
struct dbl_link *dbl_link(struct dbl_dev *dev, uint16_t handle);
/* Gives back every ACL buffer that a muted controller holds, as closing a transport does. */
void dbl_release_held(struct dbl_dev *dev);
uint32_t dbl_random(struct dbl *d, uint32_t below);

/* How often an event of this type was told, and the n-th of them (from 0; NULL if there is none).
 */
unsigned dbl_count(const struct dbl_dev *dev, uint8_t type);
unsigned dbl_chan_count(const struct dbl_dev *dev, uint8_t type);
const struct dbl_event *dbl_find(const struct dbl_dev *dev, bool chan, uint8_t type, unsigned n);
void dbl_forget(struct dbl_dev *dev);
/* For struct woad_chan_cfg: records the event and hands it to dev->on_chan. arg is the device. */
void dbl_chan_event(void *arg, struct woad_host *h, const struct woad_chan_evt *evt);

#endif
