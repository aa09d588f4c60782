/* The start-up procedure: a const array of steps and one runner. A step runs when the controller
 * has what it needs; what it answers decides about later steps. Steps that are not a must may
 * fail: the host goes on without the feature. */
#include <string.h>

#include "gap/gap_priv.h"
#include "host_priv.h"
#include "startup_priv.h"

/* ---- what the controller answers ------------------------------------------------------------- */

static void parse_version(struct host_controller *ctrl, struct woad_rd *ret)
{
    ctrl->version = woad_rd_u8(ret);
    woad_rd_u16(ret); /* HCI revision */
    woad_rd_u8(ret);  /* LL version */
    ctrl->company_id = woad_rd_u16(ret);
}

static void parse_commands(struct host_controller *ctrl, struct woad_rd *ret)
{
    size_t n = ret->left < sizeof(ctrl->commands) ? ret->left : sizeof(ctrl->commands);
    woad_rd_bytes(ret, ctrl->commands, n);
}

static void parse_features(struct host_controller *ctrl, struct woad_rd *ret)
{
    ctrl->features = woad_rd_u64(ret);
}

static void parse_le_features(struct host_controller *ctrl, struct woad_rd *ret)
{
    ctrl->le_features = woad_rd_u64(ret);
}

static void parse_addr(struct host_controller *ctrl, struct woad_rd *ret)
{
    woad_rd_bytes(ret, ctrl->public_addr.val, 6);
}

/* The first three fields of LE Read Buffer Size, both versions [7.8.2]. */
static void parse_le_buffers(struct host_controller *ctrl, struct woad_rd *ret)
{
    ctrl->acl_len = woad_rd_u16(ret);
    ctrl->acl_count = woad_rd_u8(ret);
}

static void parse_buffers(struct host_controller *ctrl, struct woad_rd *ret)
{
    ctrl->acl_len = woad_rd_u16(ret);
    woad_rd_u8(ret);
    ctrl->acl_count = woad_rd_u16(ret);
}

static void parse_list_size(struct host_controller *ctrl, struct woad_rd *ret)
{
    ctrl->accept_list_size = woad_rd_u8(ret);
}

/* ---- what a step needs ----------------------------------------------------------------------- */

static bool no_le_buffers(struct woad_host *h)
{
    return h->ctrl.acl_len == 0 || h->ctrl.acl_count == 0;
}

static bool wants_le_host(struct woad_host *h)
{
    return !(h->ctrl.features >> 37 & 1); /* "BR/EDR not supported" is clear */
}

bool woad_host_addr_unset(const struct woad_addr *addr)
{
    const uint8_t *val = addr->val;
    return memcmp(val, val + 1, 5) == 0 && (val[0] == 0 || val[0] == 0xff);
}

/* The configured static address, else the controller's public one, else a random static one, kept
 * for the life of the host [Vol 6, Part B, 1.3.2.1]. True: the controller is to be told. */
static bool choose_random_addr(struct woad_host *h)
{
    const struct woad_addr *from = &h->cfg.static_addr;
    bool none_given = woad_host_addr_unset(from);
    if (none_given)
        from = &h->ctrl.public_addr;
    if (!woad_host_addr_unset(from)) {
        h->own = *from;
        h->own.type = none_given ? WOAD_ADDR_PUBLIC : WOAD_ADDR_RANDOM;
    } else if (h->own.type != WOAD_ADDR_RANDOM) {
        h->own.type = WOAD_ADDR_RANDOM;
        h->cfg.rand(h->cfg.rand_arg, h->own.val, 6);
        h->own.val[5] |= 0xc0;
        h->own.val[0] |= 1; /* the random part is neither all zeros nor all ones */
        h->own.val[1] &= 0x7f;
    }
    return h->own.type == WOAD_ADDR_RANDOM;
}

/* ---- what a step sends ----------------------------------------------------------------------- */

static void build_event_mask(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u64(w, WOAD_HCI_EVT_MASK_DISCONNECTION_COMPLETE | WOAD_HCI_EVT_MASK_ENCRYPTION_CHANGE |
                       WOAD_HCI_EVT_MASK_READ_REMOTE_VERSION | WOAD_HCI_EVT_MASK_HARDWARE_ERROR |
                       WOAD_HCI_EVT_MASK_DATA_BUFFER_OVERFLOW |
                       WOAD_HCI_EVT_MASK_ENCRYPTION_KEY_REFRESH | WOAD_HCI_EVT_MASK_LE_META);
}

/* The subevents that a version had [Vol 4, Part E, 7.8.1]. */
static uint64_t known_le_events(uint8_t version)
{
    static const uint8_t bits[] = {5, 6, 11, 20, 24, 34, 35, 42};
    if (version < WOAD_HCI_VERSION_4_0)
        return 0x1f;
    unsigned at = (unsigned)(version - WOAD_HCI_VERSION_4_0);
    return at < sizeof(bits) ? (UINT64_C(1) << bits[at]) - 1 : UINT64_MAX >> 1;
}

/* Only bits that the controller's version knows: some refuse the others. */
static void build_le_event_mask(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    uint64_t own = 0x1f | WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE) |
                   WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE) |
                   WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_PHY_UPDATE_COMPLETE) |
                   WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_CHANNEL_SELECTION_ALGORITHM);
    if (h->full)
        own |= WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_REMOTE_CONNECTION_PARAMETER_REQUEST);
    woad_wr_u64(w, (own | woad_host_parts_le_mask(h)) & known_le_events(h->ctrl.version));
}

static void build_le_host(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u8(w, 1);
    woad_wr_u8(w, 0); /* simultaneous LE and BR/EDR: reserved, 0 */
}

static void build_random_addr(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_bytes(w, h->own.val, 6);
}

static const struct host_start_step steps[] = {
    {STEP_MUST(RESET)},
    {STEP(READ_LOCAL_VERSION_INFORMATION), .parse = parse_version},
    {STEP(READ_LOCAL_SUPPORTED_COMMANDS), .parse = parse_commands},
    {STEP_IF_LISTED(READ_LOCAL_SUPPORTED_FEATURES), .parse = parse_features},
    {STEP(READ_BD_ADDR), .parse = parse_addr},
    {STEP(LE_READ_LOCAL_SUPPORTED_FEATURES_PAGE_0), .parse = parse_le_features},
    {STEP_IF_LISTED(LE_READ_BUFFER_SIZE_V2), .parse = parse_le_buffers},
    {STEP(LE_READ_BUFFER_SIZE), .want = no_le_buffers, .parse = parse_le_buffers},
    {STEP_MUST(READ_BUFFER_SIZE), .want = no_le_buffers, .parse = parse_buffers},
    {STEP(SET_EVENT_MASK), .build = build_event_mask},
    {STEP(LE_SET_EVENT_MASK), .build = build_le_event_mask},
    {STEP_IF_LISTED(WRITE_LE_HOST_SUPPORT), .want = wants_le_host, .build = build_le_host},
    {STEP_IF_LISTED(LE_READ_FILTER_ACCEPT_LIST_SIZE), .parse = parse_list_size},
    {STEP_MUST(LE_SET_RANDOM_ADDRESS), .want = choose_random_addr, .build = build_random_addr},
};
#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))

/* ---- what is left out ------------------------------------------------------------------------ */

/* Commands that the host sends of its own accord and can do without. One that is not answered costs
 * a reset with every link; sent again, it would cost that again. */
static const uint16_t optional[] = {
    WOAD_HCI_CMD_LE_SET_DATA_LENGTH,
    WOAD_HCI_CMD_LE_SET_PHY,
    WOAD_HCI_CMD_LE_READ_BUFFER_SIZE_V2,
    WOAD_HCI_CMD_WRITE_LE_HOST_SUPPORT,
    WOAD_HCI_CMD_LE_READ_FILTER_ACCEPT_LIST_SIZE,
    WOAD_HCI_CMD_LE_READ_MAXIMUM_DATA_LENGTH,
    WOAD_HCI_CMD_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH,
    WOAD_HCI_CMD_LE_SET_DEFAULT_PHY,
    WOAD_HCI_CMD_HOST_BUFFER_SIZE,
    WOAD_HCI_CMD_SET_CONTROLLER_TO_HOST_FLOW_CONTROL,
};
#define OPTIONAL_COUNT (sizeof(optional) / sizeof(optional[0]))

uint16_t woad_host_optional(uint16_t opcode)
{
    for (unsigned i = 0; i < OPTIONAL_COUNT; i++)
        if (optional[i] == opcode)
            return (uint16_t)(1u << i);
    return 0;
}

/* ---- the runner ------------------------------------------------------------------------------ */

static void ready(struct woad_host *h)
{
    if (h->ctrl.acl_len < 27 || h->ctrl.acl_count == 0) {
        woad_host_fail(h, WOAD_ERR_FORMAT, WOAD_HCI_CMD_LE_READ_BUFFER_SIZE);
        return;
    }
    h->state = HOST_ON;
    h->fault_told = false;
    h->start_failures = 0;
    h->air = h->own;
    woad_host_parts_ready(h);
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_READY, WOAD_CONN_NONE);
    evt.u.ready.addr = h->own;
    evt.u.ready.hci_version = h->ctrl.version;
    evt.u.ready.company_id = h->ctrl.company_id;
    evt.u.ready.acl_len = h->ctrl.acl_len;
    evt.u.ready.acl_count = h->ctrl.acl_count;
    evt.u.ready.le_features = h->ctrl.le_features;
    woad_host_tell(h, &evt);
    woad_gap_resume(h);
}

static bool wanted(struct woad_host *h, const struct host_start_step *step)
{
    return ((step->bit & START_ALWAYS) == START_ALWAYS ||
            woad_host_has_cmd(h, (enum woad_hci_cmd_bit)step->bit)) &&
           (!step->want || step->want(h)) && !woad_host_left_out(h, step->opcode);
}

/* The step it is at; NULL: behind the last. */
static const struct host_start_step *step_of(const struct woad_host *h)
{
    unsigned i = h->start_step;
    if (i < STEP_COUNT)
        return &steps[i];
    return h->full && i - STEP_COUNT < h->full->step_count ? &h->full->steps[i - STEP_COUNT] : NULL;
}

static void build_step(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    const struct host_start_step *step = step_of(h);
    if (step->build)
        step->build(h, cmd, w);
}

static void step_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                      struct woad_rd *ret);

/* The opcode is the step's. */
static const struct host_cmd_row step_row = {0, build_step, step_done};

static void next_step(struct woad_host *h)
{
    const struct host_start_step *step;
    for (; (step = step_of(h)); h->start_step++) {
        if (!wanted(h, step))
            continue;
        h->start_cmd.opcode = step->opcode;
        woad_host_cmd_push(h, &h->start_cmd, &step_row);
        return;
    }
    ready(h);
}

static void step_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                      struct woad_rd *ret)
{
    (void)cmd;
    const struct host_start_step *step = step_of(h);
    if (status && (step->bit & START_MUST)) {
        woad_host_fail(h, WOAD_ERR_REFUSED, step->opcode);
        return;
    }
    if (!status && step->parse)
        step->parse(&h->ctrl, ret);
    if (!woad_rd_ok(ret)) /* shorter than it should be; what was there has been used */
        h->bad_packets++;
    h->reset_done = true; /* that is the first step */
    h->start_step++;
    next_step(h);
}

void woad_host_startup_begin(struct woad_host *h)
{
    memset(&h->ctrl, 0, sizeof(h->ctrl));
    h->ctrl.max_tx_octets = 251;
    h->ctrl.max_tx_us = 2120;
    h->reset_done = false;
    h->start_step = 0;
    woad_host_cmd_reset(h);
    next_step(h);
}
