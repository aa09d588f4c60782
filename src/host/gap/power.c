/* Subrating, transmit power, path loss and channels of links [Vol 4, Part
 * E, 7.8.19, 7.8.20, 7.8.74, 7.8.117-7.8.124, 7.7.65.32, 7.7.65.33, 7.7.65.35]. Every operation is
 * one command; a row says what it is called with, what completes it and how its answer reads. */
#include "gap_priv.h"
#include "params_priv.h"
#include "woad/gap_power.h"

#include <string.h>

/* What waits: on each link one, and one of the device. */
struct power_op {
    struct host_cmd cmd;
    const struct power_row *row; /* NULL: nothing waits */
    bool then_enable;            /* path loss: the parameters are being set, then it is enabled */
    union {
        struct woad_subrate_params subrate;
        struct woad_path_loss_params loss;
        uint8_t bytes[5];
    } p;
};

struct host_power {
    struct host_cmd feature;
    struct power_op device;
    struct power_op link[]; /* by woad_host_link_index() */
};

/* A kind of operation: its command, and the event that tells its result. */
struct power_row {
    struct host_cmd_row cmd;
    uint16_t bit; /* enum woad_hci_cmd_bit */
    uint8_t type; /* enum woad_power_evt_type */
    bool event;   /* completed by an event of the controller */
    void (*read)(struct woad_rd *ret, struct woad_power_evt *evt);
};

static struct host_power *power_of(const struct woad_host *h)
{
    return h->part[HOST_PART_POWER];
}

static const struct host_link *link_of(const struct woad_host *h, const struct power_op *op)
{
    const struct host_power *pw = power_of(h);
    return op == &pw->device ? NULL : &h->links[op - pw->link];
}

static void tell(struct woad_host *h, uint16_t conn, const struct woad_power_evt *evt)
{
    woad_host_tell(h,
                   &(struct woad_host_evt){.type = WOAD_EVT_POWER, .conn = conn, .u.power = evt});
}

/* Every result stands at the head of its struct in the union. */
static void complete(struct woad_host *h, struct power_op *op, struct woad_power_evt *evt,
                     struct woad_result result)
{
    const struct host_link *link = link_of(h, op);
    evt->type = op->row->type;
    evt->u.done = result;
    op->row = NULL;
    h->ops_pending--;
    tell(h, link ? link->handle : WOAD_CONN_NONE, evt);
}

static const struct power_row path_loss_on_row;

static void done(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret)
{
    struct power_op *op = HOST_OWNER(cmd, struct power_op, cmd);
    struct woad_power_evt evt = {0};
    const struct power_row *row = op->row;
    if (!status && op->then_enable) {
        op->then_enable = false;
        op->p.bytes[0] = 1;
        op->row = &path_loss_on_row;
        woad_host_cmd_push(h, cmd, &path_loss_on_row.cmd);
        return;
    }
    if (!status && row->event)
        return;
    if (!status && row->read) {
        row->read(ret, &evt);
        if (!woad_rd_ok(ret)) {
            h->bad_packets++;
            complete(h, op, &evt, woad_host_error(WOAD_ERR_FORMAT));
            return;
        }
    }
    complete(h, op, &evt, woad_host_result(status));
}

static int begin(struct woad_host *h, struct power_op *op, const struct power_row *row)
{
    if (!woad_host_has_cmd(h, (enum woad_hci_cmd_bit)row->bit))
        return WOAD_ERR_UNSUPPORTED;
    if (op->row)
        return WOAD_ERR_BUSY;
    op->row = row;
    op->then_enable = false;
    h->ops_pending++;
    woad_host_cmd_push(h, &op->cmd, &row->cmd);
    return 0;
}

/* The operation of a link, free to be used; NULL with err. */
static struct power_op *free_op(struct woad_host *h, uint16_t conn, int *err)
{
    const struct host_link *link = woad_host_link_of(h, conn, err);
    if (!power_of(h))
        *err = WOAD_ERR_UNSUPPORTED;
    if (*err)
        return NULL;
    struct power_op *op = &power_of(h)->link[woad_host_link_index(link)];
    if (op->row)
        *err = WOAD_ERR_BUSY;
    return *err ? NULL : op;
}

static struct power_op *free_device_op(struct woad_host *h, int *err)
{
    woad_host_enter(h);
    *err = 0;
    if (!power_of(h))
        *err = WOAD_ERR_UNSUPPORTED;
    else if (h->state != HOST_ON)
        *err = WOAD_ERR_STATE;
    else if (power_of(h)->device.row)
        *err = WOAD_ERR_BUSY;
    return *err ? NULL : &power_of(h)->device;
}

/* ---- builders and readers -------------------------------------------------------------------- */

static const struct power_op *put_link(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    const struct power_op *op = HOST_OWNER(cmd, struct power_op, cmd);
    const struct host_link *link = link_of(h, op);
    if (link)
        woad_wr_u16(w, link->handle);
    return op;
}

static void build_link(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    put_link(h, cmd, w);
}

static void build_one(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    woad_wr_u8(w, put_link(h, cmd, w)->p.bytes[0]);
}

static void build_two(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    woad_wr_bytes(w, put_link(h, cmd, w)->p.bytes, 2);
}

static void build_map(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    woad_wr_bytes(w, put_link(h, cmd, w)->p.bytes, 5);
}

static void build_subrate(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    const struct woad_subrate_params *p = &put_link(h, cmd, w)->p.subrate;
    woad_wr_u16(w, p->min);
    woad_wr_u16(w, p->max);
    woad_wr_u16(w, p->latency);
    woad_wr_u16(w, p->continuation);
    woad_wr_u16(w, p->timeout_10ms);
}

static void build_loss(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    const struct woad_path_loss_params *p = &put_link(h, cmd, w)->p.loss;
    woad_wr_u8(w, p->high_db);
    woad_wr_u8(w, p->high_hysteresis_db);
    woad_wr_u8(w, p->low_db);
    woad_wr_u8(w, p->low_hysteresis_db);
    woad_wr_u16(w, p->min_events);
}

static void read_level(struct woad_rd *ret, struct woad_power_evt *evt)
{
    woad_rd_u16(ret);
    evt->u.level.own = true;
    evt->u.level.phy = woad_rd_u8(ret);
    evt->u.level.dbm = (int8_t)woad_rd_u8(ret);
    evt->u.level.max_dbm = (int8_t)woad_rd_u8(ret);
    evt->u.level.delta_db = 127;
}

static void read_channels(struct woad_rd *ret, struct woad_power_evt *evt)
{
    woad_rd_u16(ret);
    woad_rd_bytes(ret, evt->u.channels.map, 5);
}

static void read_range(struct woad_rd *ret, struct woad_power_evt *evt)
{
    evt->u.range.min_dbm = (int8_t)woad_rd_u8(ret);
    evt->u.range.max_dbm = (int8_t)woad_rd_u8(ret);
}

#define ROW(NAME, build, type, event, read)                                                        \
    {                                                                                              \
        {WOAD_HCI_CMD_##NAME, build, done}, WOAD_HCI_CMD_BIT_##NAME, type, event, read             \
    }

static const struct power_row subrate_row =
    ROW(LE_SUBRATE_REQUEST, build_subrate, WOAD_POWER_SUBRATE, true, NULL);
static const struct power_row subrate_default_row =
    ROW(LE_SET_DEFAULT_SUBRATE, build_subrate, WOAD_POWER_SET, false, NULL);
static const struct power_row level_row =
    ROW(LE_ENHANCED_READ_TRANSMIT_POWER_LEVEL, build_one, WOAD_POWER_LEVEL, false, read_level);
static const struct power_row remote_row =
    ROW(LE_READ_REMOTE_TRANSMIT_POWER_LEVEL, build_one, WOAD_POWER_CHANGED, true, NULL);
static const struct power_row report_row =
    ROW(LE_SET_TRANSMIT_POWER_REPORTING_ENABLE, build_two, WOAD_POWER_SET, false, NULL);
static const struct power_row range_row =
    ROW(LE_READ_TRANSMIT_POWER, NULL, WOAD_POWER_RANGE, false, read_range);
static const struct power_row path_loss_row =
    ROW(LE_SET_PATH_LOSS_REPORTING_PARAMETERS, build_loss, WOAD_POWER_SET, false, NULL);
static const struct power_row path_loss_on_row =
    ROW(LE_SET_PATH_LOSS_REPORTING_ENABLE, build_one, WOAD_POWER_SET, false, NULL);
static const struct power_row channels_row =
    ROW(LE_READ_CHANNEL_MAP, build_link, WOAD_POWER_CHANNELS, false, read_channels);
static const struct power_row classify_row =
    ROW(LE_SET_HOST_CHANNEL_CLASSIFICATION, build_map, WOAD_POWER_SET, false, NULL);

/* ---- calls ----------------------------------------------------------------------------------- */

/* [Vol 4, Part E, 7.8.123, 7.8.124]; the timeout against the interval is the controller's to judge.
 */
static bool subrate_valid(struct woad_subrate_params *p)
{
    if (!p->timeout_10ms)
        p->timeout_10ms = 500;
    return p->min >= 1 && p->min <= p->max && p->max <= 500 && p->latency <= 499 &&
           p->max * (p->latency + UINT32_C(1)) <= 500 && p->continuation < p->max &&
           p->timeout_10ms >= 10 && p->timeout_10ms <= 3200;
}

static int subrate(struct woad_host *h, struct power_op *op, int err,
                   const struct woad_subrate_params *from, const struct power_row *row)
{
    struct woad_subrate_params p = *from;
    if (!subrate_valid(&p))
        return WOAD_ERR_INVALID;
    if (!op)
        return err;
    op->p.subrate = p;
    return begin(h, op, row);
}

int woad_gap_subrate(struct woad_host *h, uint16_t conn, const struct woad_subrate_params *p)
{
    int err;
    struct power_op *op = free_op(h, conn, &err);
    return subrate(h, op, err, p, &subrate_row);
}

int woad_gap_subrate_default(struct woad_host *h, const struct woad_subrate_params *p)
{
    int err;
    struct power_op *op = free_device_op(h, &err);
    return subrate(h, op, err, p, &subrate_default_row);
}

static int with_bytes(struct woad_host *h, uint16_t conn, uint8_t a, uint8_t b,
                      const struct power_row *row)
{
    int err;
    struct power_op *op = free_op(h, conn, &err);
    if (!op)
        return err;
    op->p.bytes[0] = a;
    op->p.bytes[1] = b;
    return begin(h, op, row);
}

int woad_gap_read_power(struct woad_host *h, uint16_t conn, uint8_t phy)
{
    return phy < 1 || phy > 4 ? WOAD_ERR_INVALID : with_bytes(h, conn, phy, 0, &level_row);
}

int woad_gap_read_remote_power(struct woad_host *h, uint16_t conn, uint8_t phy)
{
    return phy < 1 || phy > 4 ? WOAD_ERR_INVALID : with_bytes(h, conn, phy, 0, &remote_row);
}

int woad_gap_report_power(struct woad_host *h, uint16_t conn, bool own, bool remote)
{
    return with_bytes(h, conn, own, remote, &report_row);
}

int woad_gap_read_channels(struct woad_host *h, uint16_t conn)
{
    return with_bytes(h, conn, 0, 0, &channels_row);
}

int woad_gap_read_power_range(struct woad_host *h)
{
    int err;
    struct power_op *op = free_device_op(h, &err);
    return op ? begin(h, op, &range_row) : err;
}

static bool loss_valid(const struct woad_path_loss_params *p)
{
    bool high = p->high_db == 0xff || p->high_db + p->high_hysteresis_db <= 0xff;
    return high && p->low_db >= p->low_hysteresis_db && p->low_db <= p->high_db &&
           p->low_db + p->low_hysteresis_db <= p->high_db - p->high_hysteresis_db;
}

int woad_gap_report_path_loss(struct woad_host *h, uint16_t conn,
                              const struct woad_path_loss_params *p)
{
    int err;
    if (!p)
        return with_bytes(h, conn, 0, 0, &path_loss_on_row);
    if (!loss_valid(p))
        return WOAD_ERR_INVALID;
    struct power_op *op = free_op(h, conn, &err);
    if (!op)
        return err;
    op->p.loss = *p;
    err = begin(h, op, &path_loss_row);
    op->then_enable = !err;
    return err;
}

int woad_gap_classify_channels(struct woad_host *h, const uint8_t map[5])
{
    unsigned good = 0;
    for (unsigned i = 0; i < 37; i++)
        good += map[i / 8] >> i % 8 & 1u;
    if (good < 2 || map[4] & 0xe0)
        return WOAD_ERR_INVALID;
    int err;
    struct power_op *op = free_device_op(h, &err);
    if (!op)
        return err;
    memcpy(op->p.bytes, map, 5);
    return begin(h, op, &classify_row);
}

int woad_gap_set_phy_coding(struct woad_host *h, uint16_t conn, uint8_t tx, uint8_t rx,
                            uint8_t coding)
{
    if (coding > 2)
        return WOAD_ERR_INVALID;
    int err = woad_gap_set_phy(h, conn, tx, rx);
    if (!err)
        woad_host_link_find(h, conn)->want_coding = coding;
    return err;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void told(struct woad_host *h, struct host_link *link, const struct power_row *row,
                 struct woad_power_evt *evt, struct woad_result result)
{
    struct power_op *op = &power_of(h)->link[woad_host_link_index(link)];
    evt->u.done = result;
    if (op->row == row && op->cmd.state == HOST_CMD_IDLE)
        complete(h, op, evt, result);
    else if (!result.err)
        tell(h, link->handle, evt);
}

static void evt_subrate(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    struct woad_power_evt evt = {.type = WOAD_POWER_SUBRATE};
    evt.u.subrate.factor = woad_rd_u16(r);
    evt.u.subrate.latency = woad_rd_u16(r);
    evt.u.subrate.continuation = woad_rd_u16(r);
    evt.u.subrate.timeout_10ms = woad_rd_u16(r);
    if (!status) {
        link->latency = evt.u.subrate.latency;
        link->timeout_10ms = evt.u.subrate.timeout_10ms;
    }
    told(link->h, link, &subrate_row, &evt, woad_host_result(status));
}

enum { REASON_LOCAL, REASON_REMOTE, REASON_READ };

static void evt_power(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    struct woad_power_evt evt = {.type = WOAD_POWER_CHANGED};
    uint8_t reason = woad_rd_u8(r);
    evt.u.level.own = reason == REASON_LOCAL;
    evt.u.level.phy = woad_rd_u8(r);
    evt.u.level.dbm = (int8_t)woad_rd_u8(r);
    uint8_t flags = woad_rd_u8(r);
    evt.u.level.at_min = flags & 1;
    evt.u.level.at_max = flags >> 1 & 1;
    evt.u.level.delta_db = (int8_t)woad_rd_u8(r);
    evt.u.level.max_dbm = 127;
    if (reason == REASON_READ)
        told(link->h, link, &remote_row, &evt, woad_host_result(status));
    else if (!status)
        tell(link->h, link->handle, &evt);
}

static void evt_path_loss(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    struct woad_power_evt evt = {.type = WOAD_POWER_PATH_LOSS};
    (void)status;
    evt.u.path_loss.db = woad_rd_u8(r);
    evt.u.path_loss.zone = woad_rd_u8(r);
    if (evt.u.path_loss.zone <= 2)
        tell(link->h, link->handle, &evt);
}

/* ---- the part -------------------------------------------------------------------------------- */

static size_t mem_size(const struct woad_host_cfg *cfg, const void *part_cfg)
{
    (void)part_cfg;
    return sizeof(struct host_power) + cfg->max_conns * sizeof(struct power_op);
}

static int init(struct woad_host *h, void *mem, const void *part_cfg)
{
    (void)h;
    (void)mem;
    (void)part_cfg;
    return 0;
}

static void fail(struct woad_host *h, struct power_op *op, int err)
{
    woad_host_cmd_drop(h, &op->cmd);
    if (op->row)
        complete(h, op, &(struct woad_power_evt){0}, woad_host_error(err));
}

static void link_down(struct host_link *link, int err)
{
    fail(link->h, &power_of(link->h)->link[woad_host_link_index(link)], err);
}

static void drop(struct woad_host *h, int err)
{
    woad_host_cmd_drop(h, &power_of(h)->feature);
    fail(h, &power_of(h)->device, err);
}

/* A controller subrates only for a host that says it can [Vol 4, Part E, 7.8.115]. */
static void build_feature(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u8(w, WOAD_LE_FEATURE_CONNECTION_SUBRATING_HOST_SUPPORT);
    woad_wr_u8(w, 1);
}

static const struct host_cmd_row feature_row = {WOAD_HCI_CMD_LE_SET_HOST_FEATURE, build_feature,
                                                NULL};

static void ready(struct woad_host *h)
{
    if (woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SET_HOST_FEATURE) &&
        woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_LE_SUBRATE_REQUEST))
        woad_host_cmd_push(h, &power_of(h)->feature, &feature_row);
}

static const struct host_event_row le_events[] = {
    {WOAD_HCI_LE_EVT_SUBRATE_CHANGE, 11, HOST_EVENT_STATUS_LINK, {.link = evt_subrate}},
    {WOAD_HCI_LE_EVT_TRANSMIT_POWER_REPORTING, 8, HOST_EVENT_STATUS_LINK, {.link = evt_power}},
    {WOAD_HCI_LE_EVT_PATH_LOSS_THRESHOLD, 4, HOST_EVENT_LINK, {.link = evt_path_loss}},
};

const struct woad_host_part woad_gap_power_part = {
    .id = HOST_PART_POWER,
    .mem_size = mem_size,
    .init = init,
    .ready = ready,
    .drop = drop,
    .link_down = link_down,
    .le_events = le_events,
    .le_event_count = sizeof(le_events) / sizeof(le_events[0]),
};
