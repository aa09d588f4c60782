/* smp_world.h: hosts that pair, each with a person who looks at its display and presses its keys.
 *
 * Over the double of hci_double.h. The persons answer as their switches say: by default they accept
 * what is asked, confirm equal numbers, and enter the passkey that the other device shows. */
#ifndef SMP_WORLD_H
#define SMP_WORLD_H

#include "support/hci_double.h"
#include "woad/smp.h"

#define SW_DEVS   4
#define SW_EVENTS 64
#define SW_PARTS  4

struct sw_event {
    uint16_t conn;
    struct woad_smp_evt evt;
};

struct sw_dev {
    struct sw *w;
    struct dbl_dev *dev;
    struct woad_host *h;
    uint16_t conn;
    bool silent;    /* answers nothing */
    bool says_no;   /* refuses what is asked */
    bool mistypes;  /* enters a wrong passkey */
    bool asked_key; /* ENTER came */
    bool shows;
    uint32_t shown; /* SHOW or COMPARE */
    struct sw_event events[SW_EVENTS];
    unsigned count;
};

struct sw {
    struct dbl *d;
    unsigned n;
    struct sw_dev dev[SW_DEVS];
    struct woad_host_use use[SW_DEVS][SW_PARTS + 2];
};

/* Stands for a host without security. */
extern const struct woad_smp_cfg sw_none;

/* The device whose hosts from now on have woad_smp_peripheral_part; UINT_MAX: none. */
extern unsigned sw_peripheral_only;

/* What hosts of a device have from now on beside security: up to SW_PARTS, the end of them NULL. */
extern const struct woad_host_use *sw_more[SW_DEVS];

/* Hosts with these configurations, started. */
struct sw *sw_new(unsigned n, const struct woad_smp_cfg *const *cfgs);
/* Two of them, linked: device 0 is central. */
struct sw *sw_pair(const struct woad_smp_cfg *a, const struct woad_smp_cfg *b);
void sw_free(struct sw *w);
void sw_connect(struct sw *w, unsigned a, unsigned b);
void sw_disconnect(struct sw *w, unsigned a);
/* Nothing is due for a second. */
void sw_settle(struct sw *w);
unsigned sw_count(const struct sw_dev *dev, uint8_t type);
/* The n-th event of a type; from the last when n is negative. NULL: none such. */
const struct woad_smp_evt *sw_find(const struct sw_dev *dev, uint8_t type, int n);
void sw_forget(struct sw *w);
/* woad_smp_secure() on device i, and what SECURED says in the end. */
struct woad_smp_evt sw_secure(struct sw *w, unsigned i, uint8_t level);
struct woad_smp_info sw_info(const struct sw_dev *dev);

#endif
