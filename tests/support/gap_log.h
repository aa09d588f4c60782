/* gap_log.h: a controller that keeps every command it got, and what the parts of GAP told.
 *
 *     struct gap_log g;
 *     gap_open(&g, parts, NULL, 0);                a started host; rows as in script_ctrl.h
 *     ... calls, gap_turn(&g) ...
 *     assert_memory_equal(gap_cmd(&g, OPCODE, 0)->params, ...)
 */
#ifndef GAP_LOG_H
#define GAP_LOG_H

#include "support/script_ctrl.h"
#include "woad/gap_ext.h"
#include "woad/gap_many.h"
#include "woad/gap_periodic.h"
#include "woad/gap_power.h"
#include "woad/gap_privacy.h"

#define GAP_LOG_CMDS   512
#define GAP_LOG_EVENTS 512

struct gap_cmd {
    uint16_t opcode;
    uint8_t len;
    uint8_t params[255];
};

/* The last report's data are kept whole, of the others their length and sum. */
struct gap_event {
    uint8_t type; /* enum woad_host_evt_type */
    uint16_t conn;
    struct woad_result result;
    struct woad_addr peer;
    struct woad_adv_set_evt set;
    struct woad_ext_report report;
    struct woad_pa_evt pa;
    struct woad_privacy_evt privacy;
    struct woad_power_evt power;
};

struct gap_log {
    struct dbl *d;
    struct dbl_dev *dev;
    struct woad_host *h;
    struct script script;
    unsigned cmd_count;
    struct gap_cmd cmds[GAP_LOG_CMDS];
    unsigned event_count;
    struct gap_event events[GAP_LOG_EVENTS];
    uint8_t data[2048]; /* of the last report */
    /* before the double: true = answered */
    bool (*answer)(struct gap_log *g, uint16_t opcode, const uint8_t *params, uint8_t len);
    void (*on_event)(struct gap_log *g, const struct woad_host_evt *evt);
};

void gap_open(struct gap_log *g, const struct woad_host_use *parts, const struct script_row *rows,
              unsigned count);
/* The same with a controller changed by setup before it is started; setup may be NULL. */
void gap_open_with(struct gap_log *g, const struct woad_host_use *parts,
                   const struct script_row *rows, unsigned count, void (*setup)(struct dbl_dev *));
void gap_close(struct gap_log *g);
/* Everything that is due now, and a millisecond. */
void gap_turn(struct gap_log *g);
/* The n-th command of this opcode since gap_forget(); NULL: there were fewer. */
const struct gap_cmd *gap_cmd(const struct gap_log *g, uint16_t opcode, unsigned n);
unsigned gap_cmds(const struct gap_log *g, uint16_t opcode);
/* The n-th event of this type; NULL. */
const struct gap_event *gap_event(const struct gap_log *g, uint8_t type, unsigned n);
unsigned gap_events(const struct gap_log *g, uint8_t type);
void gap_forget(struct gap_log *g);
unsigned gap_pending(const struct gap_log *g);
/* An LE event from the controller, then a turn. */
void gap_le(struct gap_log *g, uint8_t code, const void *params, uint8_t len);
/* A link with this handle comes up. */
void gap_link(struct gap_log *g, uint16_t handle, uint8_t role, const struct woad_addr *peer);

#endif
