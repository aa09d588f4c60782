/* Control procedures: who may start when, time-outs, collisions, rejects [Vol 6, Part B, 5], and
 * the simple ones: version, features, lengths, ping. */
#include "ll_ctrl.h"

typedef bool start_fn(struct woad_ll *ll, struct ll_conn *c);

static start_fn start_features, start_version, start_length, start_ping;

/* One row per procedure: how it starts (false: no room for its PDU, try again), and what it is
 * like. */
static const struct {
    start_fn *start;
    bool instant; /* incompatible with others that have an instant [5.3] */
    bool timed;   /* the procedure response timeout applies [5.2] */
} procs[LL_PROC_COUNT] = {
    [LL_PROC_ENC] = {woad_ll_start_enc, false, true},
    [LL_PROC_FEATURES] = {start_features, false, true},
    [LL_PROC_VERSION] = {start_version, false, true},
    [LL_PROC_LENGTH] = {start_length, false, true},
    [LL_PROC_PHY] = {woad_ll_start_phy, true, true},
    [LL_PROC_PARAM_REQ] = {woad_ll_start_param_req, true, true},
    [LL_PROC_UPDATE] = {woad_ll_start_update, true, false},
    [LL_PROC_CHANNEL_MAP] = {woad_ll_start_channel_map, true, false},
    [LL_PROC_PING] = {start_ping, false, true},
};

void woad_ll_feature_set(const struct woad_ll *ll, uint8_t to[8])
{
    uint64_t bits = UINT64_C(1) << WOAD_LE_FEATURE_ENCRYPTION |
                    UINT64_C(1) << WOAD_LE_FEATURE_CONNECTION_PARAMETERS_REQUEST |
                    UINT64_C(1) << WOAD_LE_FEATURE_EXTENDED_REJECT_INDICATION |
                    UINT64_C(1) << WOAD_LE_FEATURE_PERIPHERAL_INITIATED_FEATURES_EXCHANGE |
                    UINT64_C(1) << WOAD_LE_FEATURE_PING |
                    UINT64_C(1) << WOAD_LE_FEATURE_DATA_PACKET_LENGTH_EXTENSION |
                    UINT64_C(1) << WOAD_LE_FEATURE_CHANNEL_SELECTION_ALGORITHM_2;
    if (ll->caps.phys & 1u << (WOAD_PHY_2M - 1))
        bits |= UINT64_C(1) << WOAD_LE_FEATURE_PHY_2M;
    if (ll->caps.phys & 1u << (WOAD_PHY_CODED_S8 - 1))
        bits |= UINT64_C(1) << WOAD_LE_FEATURE_PHY_CODED;
    woad_put_u64(to, bits);
}

bool woad_ll_peer_has(const struct ll_conn *c, enum woad_le_feature feature)
{
    return c->features_known && (c->features[feature / 8] >> (feature % 8) & 1);
}

void woad_ll_proc_want(struct ll_conn *c, enum ll_proc proc, bool by_host)
{
    c->wanted = (uint16_t)(c->wanted | 1u << proc);
    if (by_host)
        c->wanted_by_host = (uint16_t)(c->wanted_by_host | 1u << proc);
}

void woad_ll_proc_done(struct ll_conn *c)
{
    c->proc = LL_PROC_NONE;
    c->peer_spoke = false;
}

static void remote_done(struct ll_conn *c)
{
    c->rproc = LL_PROC_NONE;
}

/* Starts the first wanted procedure that may start now. */
void woad_ll_proc_run(struct woad_ll *ll, struct ll_conn *c)
{
    if (c->proc || !c->wanted || c->terminating || c->enc.state || woad_ll_ctrl_free(c) < 2)
        return;
    for (uint8_t p = 1; p < LL_PROC_COUNT; p++) {
        if (!(c->wanted & 1u << p) || (procs[p].instant && c->rproc && procs[c->rproc].instant))
            continue;
        c->proc = p;
        c->proc_by_host = (c->wanted_by_host & 1u << p) != 0;
        c->peer_spoke = false;
        c->proc_due_us = procs[p].timed ? ll->now_us + LL_PROCEDURE_TIMEOUT : WOAD_TIME_NEVER;
        if (!procs[p].start(ll, c)) {
            c->proc = LL_PROC_NONE;
            return;
        }
        c->wanted = (uint16_t)(c->wanted & ~(1u << p));
        c->wanted_by_host = (uint16_t)(c->wanted_by_host & ~(1u << p));
        return;
    }
}

/* What must happen when an instant is reached; and the time-outs. */
void woad_ll_proc_instants(struct woad_ll *ll, struct ll_conn *c)
{
    if (c->upd.pending || c->chm.pending)
        woad_ll_update_instants(ll, c);
    if (c->phy_upd.pending)
        woad_ll_phy_instant(ll, c);
    if ((c->proc && ll->now_us >= c->proc_due_us) || (c->rproc && ll->now_us >= c->rproc_due_us)) {
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_LL_RESPONSE_TIMEOUT);
        return;
    }
    if (!c->enc.rx_on)
        return;
    if (!c->apto_due_us) { /* a packet with a good MIC came */
        c->apto_due_us = ll->now_us + c->apto_us;
        c->ping_due_us = ll->now_us + c->apto_us / 2;
    }
    if (ll->now_us >= c->ping_due_us) {
        c->ping_due_us = c->apto_due_us;
        woad_ll_proc_want(c, LL_PROC_PING, false);
    }
    if (ll->now_us >= c->apto_due_us) {
        c->apto_due_us = 0;
        woad_ll_conn_evt(c, LL_EVT_APTO, 0);
    }
}

woad_time woad_ll_proc_deadline(const struct ll_conn *c)
{
    woad_time due = c->proc ? c->proc_due_us : WOAD_TIME_NEVER;
    if (c->rproc)
        due = woad_time_min(due, c->rproc_due_us);
    if (c->enc.rx_on)
        due =
            woad_time_min(due, c->apto_due_us ? woad_time_min(c->ping_due_us, c->apto_due_us) : 0);
    return due;
}

/* --- rejects and collisions
 * ----------------------------------------------------------------------- */

void woad_ll_reject(struct woad_ll *ll, struct ll_conn *c, uint8_t opcode, uint8_t error)
{
    const uint8_t ext[2] = {opcode, error};
    /* The older form remains for peers that are not known to have the extended one, and only for
     * the procedure that the older form was made for. */
    if (opcode == LL_ENC_REQ && !woad_ll_peer_has(c, WOAD_LE_FEATURE_EXTENDED_REJECT_INDICATION))
        (void)woad_ll_ctrl_send(ll, c, LL_REJECT_IND, &error, 1);
    else
        (void)woad_ll_ctrl_send(ll, c, LL_REJECT_EXT_IND, ext, 2);
}

/* The peer starts a procedure with an instant while ours may be under way [5.3]. True: go on with
 * theirs. */
bool woad_ll_collision(struct woad_ll *ll, struct ll_conn *c, enum ll_proc theirs, uint8_t opcode)
{
    if (!c->proc || !procs[c->proc].instant)
        return true;
    bool same = c->proc == theirs || (c->proc == LL_PROC_UPDATE && theirs == LL_PROC_PARAM_REQ);
    uint8_t error =
        same ? WOAD_HCI_ERR_LL_PROCEDURE_COLLISION : WOAD_HCI_ERR_DIFFERENT_TRANSACTION_COLLISION;
    if (c->peer_spoke) {
        woad_ll_conn_end(ll, c, error);
        return false;
    }
    if (c->role == LL_CENTRAL) {
        woad_ll_reject(ll, c, opcode, error);
        return false;
    }
    return true;
}

static const uint8_t opening[LL_PROC_COUNT] = {
    [LL_PROC_ENC] = LL_ENC_REQ,   [LL_PROC_LENGTH] = LL_LENGTH_REQ,
    [LL_PROC_PHY] = LL_PHY_REQ,   [LL_PROC_PARAM_REQ] = LL_CONNECTION_PARAM_REQ,
    [LL_PROC_PING] = LL_PING_REQ,
};

static bool opens(const struct ll_conn *c, uint8_t opcode)
{
    if (c->proc == LL_PROC_FEATURES)
        return opcode == LL_FEATURE_REQ || opcode == LL_PERIPHERAL_FEATURE_REQ;
    if (c->proc == LL_PROC_VERSION)
        return opcode == LL_VERSION_IND;
    if (c->proc == LL_PROC_ENC)
        return opcode == LL_ENC_REQ || opcode == LL_PAUSE_ENC_REQ;
    return c->proc && opening[c->proc] == opcode && opcode;
}

/* Our procedure that began with this opcode was refused. */
void woad_ll_proc_rejected(struct woad_ll *ll, struct ll_conn *c, uint8_t opcode, uint8_t error)
{
    bool by_host = c->proc_by_host;
    /* The peripheral's parameters did not please the central, or the central's the peripheral. */
    if (c->rproc == LL_PROC_PARAM_REQ && opcode == LL_CONNECTION_PARAM_RSP) {
        remote_done(c);
        return;
    }
    if (!opens(c, opcode))
        return;
    uint8_t proc = c->proc;
    woad_ll_proc_done(c);
    switch (proc) {
    case LL_PROC_ENC: woad_ll_enc_rejected(ll, c, error); break;
    case LL_PROC_PHY: woad_ll_phy_done(c, error); break;
    case LL_PROC_PARAM_REQ: woad_ll_update_failed(c, error); break;
    case LL_PROC_FEATURES:
        if (by_host)
            woad_ll_conn_evt(c, LL_EVT_FEATURES, error);
        break;
    case LL_PROC_VERSION:
        if (by_host)
            woad_ll_conn_evt(c, LL_EVT_VERSION, error);
        break;
    default: break;
    }
}

void woad_ll_rx_unknown_rsp(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                            uint8_t opcode)
{
    (void)opcode;
    uint8_t unknown = woad_rd_u8(r);
    if (unknown == LL_CONNECTION_PARAM_REQ && c->proc == LL_PROC_PARAM_REQ)
        c->no_param_req = true;
    woad_ll_proc_rejected(ll, c, unknown, WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE);
}

/* LL_REJECT_IND does not say what it refuses: of ours, only the encryption procedure can be meant.
 */
void woad_ll_rx_reject_ind(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode)
{
    (void)opcode;
    uint8_t error = woad_rd_u8(r);
    if (c->proc == LL_PROC_ENC)
        woad_ll_proc_rejected(ll, c, LL_ENC_REQ, error);
    else if (c->proc && opening[c->proc])
        woad_ll_proc_rejected(ll, c, opening[c->proc], error);
}

void woad_ll_rx_reject_ext_ind(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                               uint8_t opcode)
{
    (void)opcode;
    uint8_t rejected = woad_rd_u8(r);
    woad_ll_proc_rejected(ll, c, rejected, woad_rd_u8(r));
}

void woad_ll_ctrl_acked(struct woad_ll *ll, struct ll_conn *c, uint8_t opcode)
{
    if (opcode == LL_TERMINATE_IND && c->terminating)
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
}

/* --- version
 * ----------------------------------------------------------------------------------------- */

static bool send_version(struct woad_ll *ll, struct ll_conn *c)
{
    uint8_t p[5];
    struct woad_wr w = woad_wr_init(p, sizeof(p));
    woad_wr_u8(&w, LL_VERSION);
    woad_wr_u16(&w, LL_COMPANY);
    woad_wr_u16(&w, LL_SUBVERSION);
    c->version_sent = woad_ll_ctrl_send(ll, c, LL_VERSION_IND, p, sizeof(p));
    return c->version_sent;
}

/* At most one LL_VERSION_IND is sent on a link: if the peer's is known the host has its answer. */
static bool start_version(struct woad_ll *ll, struct ll_conn *c)
{
    if (c->version_known) {
        woad_ll_conn_evt(c, LL_EVT_VERSION, 0);
        woad_ll_proc_done(c);
        return true;
    }
    return c->version_sent || send_version(ll, c);
}

void woad_ll_rx_version_ind(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                            uint8_t opcode)
{
    (void)opcode;
    c->version = woad_rd_u8(r);
    c->company = woad_rd_u16(r);
    c->subversion = woad_rd_u16(r);
    c->version_known = true;
    if (!c->version_sent)
        (void)send_version(ll, c);
    if (c->proc == LL_PROC_VERSION) {
        if (c->proc_by_host)
            woad_ll_conn_evt(c, LL_EVT_VERSION, 0);
        woad_ll_proc_done(c);
    }
}

/* --- features
 * ---------------------------------------------------------------------------------------- */

static bool start_features(struct woad_ll *ll, struct ll_conn *c)
{
    uint8_t set[8];
    woad_ll_feature_set(ll, set);
    uint8_t opcode = c->role == LL_CENTRAL ? LL_FEATURE_REQ : LL_PERIPHERAL_FEATURE_REQ;
    return woad_ll_ctrl_send(ll, c, opcode, set, sizeof(set));
}

static void learn_features(struct ll_conn *c, struct woad_rd *r)
{
    woad_rd_bytes(r, c->features, sizeof(c->features));
    c->features_known = true;
}

void woad_ll_rx_feature_req(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                            uint8_t opcode)
{
    (void)opcode;
    uint8_t set[8];
    learn_features(c, r);
    woad_ll_feature_set(ll, set);
    set[0] &= c->features[0]; /* FeatureSet_USED */
    (void)woad_ll_ctrl_send(ll, c, LL_FEATURE_RSP, set, sizeof(set));
}

void woad_ll_rx_feature_rsp(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                            uint8_t opcode)
{
    (void)ll;
    (void)opcode;
    if (c->proc != LL_PROC_FEATURES)
        return;
    learn_features(c, r);
    if (c->proc_by_host)
        woad_ll_conn_evt(c, LL_EVT_FEATURES, 0);
    woad_ll_proc_done(c);
}

/* --- data length
 * ------------------------------------------------------------------------------------- */

/* Peers without the coded PHY must not be told more than 2128 us [5.1.9]. */
static void write_lengths(const struct ll_conn *c, uint8_t p[8])
{
    bool coded = woad_ll_peer_has(c, WOAD_LE_FEATURE_PHY_CODED);
    uint16_t rx_time =
        coded || c->local.rx_time_us < LL_MAX_TIME_US ? c->local.rx_time_us : LL_MAX_TIME_US;
    uint16_t tx_time =
        coded || c->local.tx_time_us < LL_MAX_TIME_US ? c->local.tx_time_us : LL_MAX_TIME_US;
    struct woad_wr w = woad_wr_init(p, 8);
    woad_wr_u16(&w, c->local.rx_octets);
    woad_wr_u16(&w, rx_time);
    woad_wr_u16(&w, c->local.tx_octets);
    woad_wr_u16(&w, tx_time);
}

static bool start_length(struct woad_ll *ll, struct ll_conn *c)
{
    uint8_t p[8];
    write_lengths(c, p);
    return woad_ll_ctrl_send(ll, c, LL_LENGTH_REQ, p, sizeof(p));
}

/* Values below the minimum are out of range and change nothing. */
static void learn_lengths(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r)
{
    struct ll_lengths l;
    l.rx_octets = woad_rd_u16(r);
    l.rx_time_us = woad_rd_u16(r);
    l.tx_octets = woad_rd_u16(r);
    l.tx_time_us = woad_rd_u16(r);
    if (l.rx_octets < LL_DEFAULT_OCTETS || l.tx_octets < LL_DEFAULT_OCTETS ||
        l.rx_time_us < LL_DEFAULT_TIME_US || l.tx_time_us < LL_DEFAULT_TIME_US)
        return;
    c->remote = l;
    woad_ll_data_lengths(ll, c);
}

void woad_ll_rx_length_req(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode)
{
    (void)opcode;
    uint8_t p[8];
    learn_lengths(ll, c, r);
    write_lengths(c, p);
    /* The answer tells what a request of ours would have told. */
    if (woad_ll_ctrl_send(ll, c, LL_LENGTH_RSP, p, sizeof(p)))
        c->wanted = (uint16_t)(c->wanted & ~(1u << LL_PROC_LENGTH));
}

void woad_ll_rx_length_rsp(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode)
{
    (void)opcode;
    if (c->proc != LL_PROC_LENGTH)
        return;
    learn_lengths(ll, c, r);
    woad_ll_proc_done(c);
}

/* --- ping
 * --------------------------------------------------------------------------------------------- */

static bool start_ping(struct woad_ll *ll, struct ll_conn *c)
{
    return woad_ll_ctrl_send(ll, c, LL_PING_REQ, NULL, 0);
}

void woad_ll_rx_ping_req(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode)
{
    (void)r;
    (void)opcode;
    (void)woad_ll_ctrl_send(ll, c, LL_PING_RSP, NULL, 0);
}

void woad_ll_rx_ping_rsp(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode)
{
    (void)ll;
    (void)r;
    (void)opcode;
    if (c->proc == LL_PROC_PING)
        woad_ll_proc_done(c);
}
