/* What woad_host_init() has above woad_host_init_basic(): the host asks for long PDUs and 2M by
 * itself, holds the controller's packets back, and answers who wants other connection parameters.
 */
#include "gap/gap_priv.h"
#include "host_priv.h"
#include "l2cap/l2cap_priv.h"
#include "startup_priv.h"

/* ---- data length and PHY --------------------------------------------------------------------- */

static bool wants_default_data_len(struct woad_host *h)
{
    return !h->cfg.no_auto_dle;
}

/* Values outside of the ranges of [Vol 4, Part E, 7.8.46] leave those that every controller has. */
static void parse_max_data_len(struct host_controller *ctrl, struct woad_rd *ret)
{
    uint16_t octets = woad_rd_u16(ret);
    uint16_t us = woad_rd_u16(ret);
    if (octets >= 27 && octets <= 251)
        ctrl->max_tx_octets = octets;
    if (us >= 328 && us <= 17040)
        ctrl->max_tx_us = us;
}

static void build_data_len(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_u16(w, h->ctrl.max_tx_octets);
    woad_wr_u16(w, h->ctrl.max_tx_us);
}

static bool wants_default_phy(struct woad_host *h)
{
    return !h->cfg.no_auto_phy && woad_host_has_feature(h, WOAD_LE_FEATURE_PHY_2M);
}

static void build_default_phy(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u8(w, 0); /* we state both preferences [Vol 4, Part E, 7.8.48] */
    woad_wr_u8(w, 3); /* 1M and 2M */
    woad_wr_u8(w, 3);
}

/* ---- flow control of what the controller sends [Vol 4, Part E, 4.2] -------------------------- */

static bool wants_flow_control(struct woad_host *h)
{
    return h->cfg.acl_flow_control && /* both of its commands, or none */
           !woad_host_left_out(h, WOAD_HCI_CMD_SET_CONTROLLER_TO_HOST_FLOW_CONTROL) &&
           woad_host_has_cmd(h, WOAD_HCI_CMD_BIT_SET_CONTROLLER_TO_HOST_FLOW_CONTROL);
}

static bool has_host_buffers(struct woad_host *h)
{
    return h->ctrl.host_buffers;
}

static void build_host_buffers(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)cmd;
    woad_wr_u16(w, h->cfg.acl_rx_len);
    woad_wr_u8(w, 0);
    woad_wr_u16(w, h->cfg.acl_rx_count);
    woad_wr_u16(w, 0);
}

static void parse_host_buffers(struct host_controller *ctrl, struct woad_rd *ret)
{
    (void)ret;
    ctrl->host_buffers = true;
}

static void build_flow_control(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    (void)cmd;
    woad_wr_u8(w, 1); /* ACL, not synchronous data */
}

static void parse_flow_control(struct host_controller *ctrl, struct woad_rd *ret)
{
    (void)ret;
    ctrl->flow_control = true;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const struct host_start_step steps[] = {
    {STEP_IF_LISTED(LE_READ_MAXIMUM_DATA_LENGTH), .parse = parse_max_data_len},
    {STEP_IF_LISTED(LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH), .want = wants_default_data_len,
     .build = build_data_len},
    {STEP_IF_LISTED(LE_SET_DEFAULT_PHY), .want = wants_default_phy, .build = build_default_phy},
    {STEP(HOST_BUFFER_SIZE), .want = wants_flow_control, .build = build_host_buffers,
     .parse = parse_host_buffers},
    {STEP(SET_CONTROLLER_TO_HOST_FLOW_CONTROL), .want = has_host_buffers,
     .build = build_flow_control, .parse = parse_flow_control},
};

static const struct host_full_ops ops = {
    .steps = steps,
    .step_count = sizeof(steps) / sizeof(steps[0]),
    .negotiate = woad_gap_negotiate,
    .link_lost = woad_gap_caution_check,
    .param_request = woad_gap_evt_param_request,
    .flow_tx = woad_host_flow_tx,
};

int woad_host_init(void *mem, size_t len, const struct woad_host_cfg *cfg, struct woad_host **h)
{
    int err = woad_host_place(mem, len, cfg, &ops, h);
    if (!err)
        (*h)->param_answer = woad_l2cap_param_answer;
    return err;
}
