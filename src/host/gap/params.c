/* Facts and settings of a link: PHY, data length, RSSI, version, features
 * [Vol 4, Part E, 7.8.33, 7.8.49, 7.5.4, 7.1.23, 7.8.21]. */
#include "params_priv.h"

#include "gap_priv.h"
#include "l2cap/l2cap_priv.h"

static void build_handle(struct woad_wr *w, const struct host_link *link)
{
    woad_wr_u16(w, link->handle);
}

/* ---- PHY ------------------------------------------------------------------------------------- */

static void tell_phy(struct woad_host *h, struct host_link *link, struct woad_result result)
{
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_PHY_UPDATED, link->handle);
    evt.u.phy.result = result;
    evt.u.phy.tx = link->phy_tx;
    evt.u.phy.rx = link->phy_rx;
    woad_host_tell(h, &evt);
}

static void build_phy(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    struct host_link *link = HOST_OWNER(cmd, struct host_link, phy);
    build_handle(w, link);
    woad_wr_u8(w, (uint8_t)((link->want_phy_tx ? 0 : 1) | (link->want_phy_rx ? 0 : 2)));
    woad_wr_u8(w, link->want_phy_tx);
    woad_wr_u8(w, link->want_phy_rx);
    woad_wr_u16(w, link->want_coding);
    link->want_coding = 0;
}

static void phy_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret)
{
    (void)ret;
    struct host_link *link = HOST_OWNER(cmd, struct host_link, phy);
    if (link->redo & HOST_OP_PHY) { /* newer wishes came meanwhile */
        link->redo &= (uint16_t)~HOST_OP_PHY;
        woad_host_cmd_push(h, cmd, cmd->row);
    } else if (status && woad_host_op_end(link, HOST_OP_PHY)) {
        tell_phy(h, link, woad_host_result(status));
    }
}

static const struct host_cmd_row phy_row = {WOAD_HCI_CMD_LE_SET_PHY, build_phy, phy_done};

void woad_gap_send_phy(struct woad_host *h, struct host_link *link, uint8_t tx, uint8_t rx)
{
    link->want_phy_tx = tx;
    link->want_phy_rx = rx;
    if (link->phy.state == HOST_CMD_SENT)
        link->redo |= HOST_OP_PHY;
    else if (link->phy.state == HOST_CMD_IDLE)
        woad_host_cmd_push(h, &link->phy, &phy_row);
}

int woad_gap_set_phy(struct woad_host *h, uint16_t conn, uint8_t tx, uint8_t rx)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    if (tx > 7 || rx > 7)
        return WOAD_ERR_INVALID;
    if (link->ops & HOST_OP_PHY)
        return WOAD_ERR_BUSY;
    if (woad_host_left_out(h, WOAD_HCI_CMD_LE_SET_PHY))
        return WOAD_ERR_UNSUPPORTED;
    woad_host_op_begin(link, HOST_OP_PHY);
    woad_gap_send_phy(h, link, tx, rx);
    return 0;
}

void woad_gap_evt_phy(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    uint8_t tx = woad_rd_u8(r);
    uint8_t rx = woad_rd_u8(r);
    bool changed = false;
    if (!status && tx >= 1 && tx <= 3 && rx >= 1 && rx <= 3) {
        changed = tx != link->phy_tx || rx != link->phy_rx;
        link->phy_tx = tx;
        link->phy_rx = rx;
    }
    bool ours = link->phy.state == HOST_CMD_IDLE && woad_host_op_end(link, HOST_OP_PHY);
    if (ours || changed)
        tell_phy(link->h, link, woad_host_result(status));
}

/* ---- data length ----------------------------------------------------------------------------- */

static void tell_data_len(struct woad_host *h, struct host_link *link, struct woad_result result)
{
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_DATA_LEN, link->handle);
    evt.u.data_len.result = result;
    evt.u.data_len.tx_octets = link->tx_octets;
    evt.u.data_len.tx_us = link->tx_us;
    evt.u.data_len.rx_octets = link->rx_octets;
    evt.u.data_len.rx_us = link->rx_us;
    woad_host_tell(h, &evt);
}

static void build_data_len(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct host_link *link = HOST_OWNER(cmd, struct host_link, data_len);
    build_handle(w, link);
    woad_wr_u16(w, link->want_octets);
    woad_wr_u16(w, link->want_us);
}

static void data_len_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                          struct woad_rd *ret)
{
    (void)ret;
    struct host_link *link = HOST_OWNER(cmd, struct host_link, data_len);
    if (link->redo & HOST_OP_DATA_LEN) {
        link->redo &= (uint16_t)~HOST_OP_DATA_LEN;
        woad_host_cmd_push(h, cmd, cmd->row);
    } else if (woad_host_op_end(link, HOST_OP_DATA_LEN)) {
        /* A Data Length Change event comes only if something changes: the answer completes. */
        tell_data_len(h, link, woad_host_result(status));
    }
}

static const struct host_cmd_row data_len_row = {WOAD_HCI_CMD_LE_SET_DATA_LENGTH, build_data_len,
                                                 data_len_done};

void woad_gap_send_data_len(struct woad_host *h, struct host_link *link, uint16_t octets,
                            uint16_t us)
{
    link->want_octets = octets;
    link->want_us = us;
    if (link->data_len.state == HOST_CMD_SENT)
        link->redo |= HOST_OP_DATA_LEN;
    else if (link->data_len.state == HOST_CMD_IDLE)
        woad_host_cmd_push(h, &link->data_len, &data_len_row);
}

int woad_gap_set_data_len(struct woad_host *h, uint16_t conn, uint16_t octets, uint16_t us)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    if (octets < 27 || octets > 251 || us < 328 || us > 17040)
        return WOAD_ERR_INVALID;
    if (link->ops & HOST_OP_DATA_LEN)
        return WOAD_ERR_BUSY;
    if (woad_host_left_out(h, WOAD_HCI_CMD_LE_SET_DATA_LENGTH))
        return WOAD_ERR_UNSUPPORTED;
    woad_host_op_begin(link, HOST_OP_DATA_LEN);
    woad_gap_send_data_len(h, link, octets, us);
    return 0;
}

void woad_gap_evt_data_len(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    (void)status;
    uint16_t tx_octets = woad_rd_u16(r);
    uint16_t tx_us = woad_rd_u16(r);
    uint16_t rx_octets = woad_rd_u16(r);
    uint16_t rx_us = woad_rd_u16(r);
    if (tx_octets < 27 || tx_octets > 251 || rx_octets < 27 || rx_octets > 251) {
        link->h->bad_packets++;
        return;
    }
    link->tx_octets = tx_octets;
    link->tx_us = tx_us;
    link->rx_octets = rx_octets;
    link->rx_us = rx_us;
    woad_host_acl_sizes(link->h, link);
    tell_data_len(link->h, link, (struct woad_result){0});
}

/* ---- RSSI, version, features ----------------------------------------------------------------- */

static void rssi_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                      struct woad_rd *ret)
{
    struct host_link *link = HOST_OWNER(cmd, struct host_link, rssi);
    woad_rd_u16(ret);
    int8_t dbm = (int8_t)woad_rd_u8(ret);
    if (!status && !woad_rd_ok(ret)) {
        h->bad_packets++;
        dbm = 127;
    }
    if (woad_host_op_end(link, HOST_OP_RSSI))
        woad_host_tell(
            h, &(struct woad_host_evt){.type = WOAD_EVT_RSSI,
                                       .conn = link->handle,
                                       .u.rssi = {.result = woad_host_result(status), .dbm = dbm}});
}

static void build_rssi(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    build_handle(w, HOST_OWNER(cmd, struct host_link, rssi));
}

static const struct host_cmd_row rssi_row = {WOAD_HCI_CMD_READ_RSSI, build_rssi, rssi_done};

static void tell_version(struct woad_host *h, struct host_link *link, struct woad_host_evt *evt)
{
    evt->type = WOAD_EVT_VERSION;
    evt->conn = link->handle;
    if (woad_host_op_end(link, HOST_OP_VERSION))
        woad_host_tell(h, evt);
}

static void version_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                         struct woad_rd *ret)
{
    (void)ret;
    struct host_link *link = HOST_OWNER(cmd, struct host_link, version);
    if (status)
        tell_version(h, link,
                     &(struct woad_host_evt){.u.version.result = woad_host_result(status)});
}

static void build_version(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    build_handle(w, HOST_OWNER(cmd, struct host_link, version));
}

static const struct host_cmd_row version_row = {WOAD_HCI_CMD_READ_REMOTE_VERSION_INFORMATION,
                                                build_version, version_done};

static void read_version(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    struct woad_host_evt evt = {.u.version.result = woad_host_result(status)};
    evt.u.version.version = woad_rd_u8(r);
    evt.u.version.company_id = woad_rd_u16(r);
    evt.u.version.subversion = woad_rd_u16(r);
    tell_version(link->h, link, &evt);
}

static void tell_features(struct woad_host *h, struct host_link *link, uint8_t status,
                          uint64_t bits)
{
    if (woad_host_op_end(link, HOST_OP_FEATURES))
        woad_host_tell(h, &(struct woad_host_evt){
                              .type = WOAD_EVT_FEATURES,
                              .conn = link->handle,
                              .u.features = {.result = woad_host_result(status), .bits = bits}});
}

static void features_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                          struct woad_rd *ret)
{
    (void)ret;
    if (status)
        tell_features(h, HOST_OWNER(cmd, struct host_link, features), status, 0);
}

static void build_features(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    build_handle(w, HOST_OWNER(cmd, struct host_link, features));
}

static const struct host_cmd_row features_row = {WOAD_HCI_CMD_LE_READ_REMOTE_FEATURES_PAGE_0,
                                                 build_features, features_done};

static void read_features(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    tell_features(link->h, link, status, woad_rd_u64(r));
}

static int simple(struct woad_host *h, uint16_t conn, uint16_t op, size_t offset,
                  const struct host_cmd_row *row)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    if (!link)
        return err;
    if (link->ops & op)
        return WOAD_ERR_BUSY;
    woad_host_op_begin(link, op);
    woad_host_cmd_push(h, (struct host_cmd *)(void *)((uint8_t *)link + offset), row);
    return 0;
}

int woad_gap_read_rssi(struct woad_host *h, uint16_t conn)
{
    return simple(h, conn, HOST_OP_RSSI, offsetof(struct host_link, rssi), &rssi_row);
}

int woad_gap_read_version(struct woad_host *h, uint16_t conn)
{
    h->read_version = read_version;
    return simple(h, conn, HOST_OP_VERSION, offsetof(struct host_link, version), &version_row);
}

int woad_gap_read_features(struct woad_host *h, uint16_t conn)
{
    h->read_features = read_features;
    return simple(h, conn, HOST_OP_FEATURES, offsetof(struct host_link, features), &features_row);
}

/* ---- the end of a link ----------------------------------------------------------------------- */

void woad_gap_ops_fail(struct woad_host *h, struct host_link *link, int err, uint8_t hci)
{
    struct woad_result result = {.err = (int16_t)err, .hci = hci};
    static const struct {
        uint16_t op;
        uint8_t type;
    } ops[] = {
        {HOST_OP_UPDATE, WOAD_EVT_CONN_UPDATED}, {HOST_OP_PHY, WOAD_EVT_PHY_UPDATED},
        {HOST_OP_DATA_LEN, WOAD_EVT_DATA_LEN},   {HOST_OP_ENCRYPT, WOAD_EVT_ENCRYPTION},
        {HOST_OP_LTK, WOAD_EVT_ENCRYPTION},      {HOST_OP_RSSI, WOAD_EVT_RSSI},
        {HOST_OP_VERSION, WOAD_EVT_VERSION},     {HOST_OP_FEATURES, WOAD_EVT_FEATURES},
    };
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (!woad_host_op_end(link, ops[i].op))
            continue;
        struct woad_host_evt evt = woad_host_evt_of(ops[i].type, link->handle);
        evt.u.done = result; /* every member that carries a result begins with it */
        woad_host_tell(h, &evt);
    }
}
