/* Starting, pausing and refreshing encryption [Vol 6, Part B, 5.1.3]. */
#include "ll_ctrl.h"

void woad_ll_enc_clear(struct ll_conn *c)
{
    if (c->enc.keyed)
        woad_aes_deinit(&c->enc.aes);
    memset(&c->enc, 0, sizeof(c->enc));
}

/* Once these steps are reached any PDU that does not belong to the procedure ends the link. */
bool woad_ll_enc_strict(const struct ll_conn *c)
{
    switch (c->enc.state) {
    case LL_ENC_IDLE:
    case LL_ENC_C_DRAIN:
    case LL_ENC_C_WAIT_PAUSE: return false;
    case LL_ENC_C_WAIT_RSP: return c->enc.refresh;
    default: return true;
    }
}

/* The central has begun, but the peer may have sent something before it knew. */
bool woad_ll_enc_deferring(const struct ll_conn *c)
{
    return c->enc.state == LL_ENC_C_WAIT_PAUSE ||
           (c->enc.state == LL_ENC_C_WAIT_RSP && !c->enc.refresh);
}

static void unexpected(struct woad_ll *ll, struct ll_conn *c)
{
    if (woad_ll_enc_strict(c))
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_CONNECTION_TERMINATED_MIC_FAILURE);
    else
        c->rx_dropped++;
}

static void reversed(uint8_t *to, const uint8_t *from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = from[len - 1 - i];
}

/* The session key is e(LTK, SKD) [Vol 6, Part B, 5.1.3.1]. */
static bool make_key(struct woad_ll *ll, struct ll_conn *c)
{
    struct ll_enc *enc = &c->enc;
    uint8_t skd[16], sk[16];
    reversed(skd, enc->skd, sizeof(skd));
    if (enc->keyed)
        woad_aes_deinit(&enc->aes);
    enc->keyed = false;
    bool ok = woad_aes_init(&enc->aes, enc->ltk) == 0;
    if (ok) {
        ok = woad_aes_encrypt(&enc->aes, skd, sk) == 0;
        woad_aes_deinit(&enc->aes);
        ok = ok && woad_aes_init(&enc->aes, sk) == 0;
    }
    memset(enc->ltk, 0, sizeof(enc->ltk));
    memset(sk, 0, sizeof(sk));
    enc->keyed = ok;
    enc->tx_counter = enc->rx_counter = 0;
    if (!ok)
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_UNSPECIFIED_ERROR);
    return ok;
}

static void done(struct ll_conn *c, uint8_t status)
{
    bool refresh = c->enc.refresh;
    c->enc.state = LL_ENC_IDLE;
    if (c->proc == LL_PROC_ENC)
        woad_ll_proc_done(c);
    if (c->rproc == LL_PROC_ENC)
        c->rproc = LL_PROC_NONE;
    if (!status)
        c->apto_due_us = 0;
    woad_ll_conn_evt(c, refresh && !status ? LL_EVT_ENC_REFRESH : LL_EVT_ENC_CHANGE, status);
}

/* --- central
 * -------------------------------------------------------------------------------------------- */

bool woad_ll_start_enc(struct woad_ll *ll, struct ll_conn *c)
{
    (void)ll;
    c->enc.refresh = c->enc.tx_on;
    c->enc.state = LL_ENC_C_DRAIN;
    return true;
}

static bool send_enc_req(struct woad_ll *ll, struct ll_conn *c)
{
    struct ll_enc *enc = &c->enc;
    uint8_t p[22];
    ll->cfg.rand(ll->cfg.rand_arg, enc->skd, 8);
    ll->cfg.rand(ll->cfg.rand_arg, enc->iv, 4);
    struct woad_wr w = woad_wr_init(p, sizeof(p));
    woad_wr_bytes(&w, enc->rand, 8);
    woad_wr_bytes(&w, enc->ediv, 2);
    woad_wr_bytes(&w, enc->skd, 8);
    woad_wr_bytes(&w, enc->iv, 4);
    if (!woad_ll_ctrl_send(ll, c, LL_ENC_REQ, p, sizeof(p)))
        return false;
    enc->state = LL_ENC_C_WAIT_RSP;
    return true;
}

void woad_ll_rx_enc_rsp(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode)
{
    (void)opcode;
    if (c->enc.state != LL_ENC_C_WAIT_RSP) {
        unexpected(ll, c);
        return;
    }
    woad_rd_bytes(r, c->enc.skd + 8, 8);
    woad_rd_bytes(r, c->enc.iv + 4, 4);
    c->peer_spoke = true;
    if (make_key(ll, c))
        c->enc.state = LL_ENC_C_WAIT_START;
}

void woad_ll_rx_start_enc_req(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                              uint8_t opcode)
{
    (void)r;
    (void)opcode;
    if (c->enc.state != LL_ENC_C_WAIT_START) {
        unexpected(ll, c);
        return;
    }
    c->enc.tx_on = c->enc.rx_on = true;
    c->apto_due_us = ll->now_us + c->apto_us;
    c->ping_due_us = c->apto_due_us;
    c->enc.state = LL_ENC_C_WAIT_DONE;
    if (!woad_ll_ctrl_send(ll, c, LL_START_ENC_RSP, NULL, 0))
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_UNSPECIFIED_ERROR);
}

void woad_ll_enc_rejected(struct woad_ll *ll, struct ll_conn *c, uint8_t error)
{
    if (c->enc.refresh && !c->enc.tx_on) { /* the link must not go on unencrypted */
        woad_ll_conn_end(ll, c, error);
        return;
    }
    done(c, error);
}

/* --- peripheral
 * ------------------------------------------------------------------------------------------ */

void woad_ll_rx_enc_req(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r, uint8_t opcode)
{
    struct ll_enc *enc = &c->enc;
    bool fresh = enc->state == LL_ENC_IDLE && !enc->rx_on;
    if (!fresh && enc->state != LL_ENC_P_WAIT_REQ) {
        if (enc->state == LL_ENC_IDLE)
            woad_ll_reject(ll, c, opcode, WOAD_HCI_ERR_LMP_PDU_NOT_ALLOWED);
        else
            unexpected(ll, c);
        return;
    }
    woad_rd_bytes(r, enc->rand, 8);
    woad_rd_bytes(r, enc->ediv, 2);
    woad_rd_bytes(r, enc->skd, 8);
    woad_rd_bytes(r, enc->iv, 4);
    ll->cfg.rand(ll->cfg.rand_arg, enc->skd + 8, 8);
    ll->cfg.rand(ll->cfg.rand_arg, enc->iv + 4, 4);
    enc->refresh = !fresh;
    enc->reply = enc->reply_key = false;
    enc->state = LL_ENC_P_DRAIN;
    c->rproc = LL_PROC_ENC;
    c->rproc_due_us = ll->now_us + LL_PROCEDURE_TIMEOUT;
}

void woad_ll_rx_pause_enc_req(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                              uint8_t opcode)
{
    (void)r;
    (void)opcode;
    if (c->enc.state != LL_ENC_IDLE || !c->enc.rx_on) {
        unexpected(ll, c);
        return;
    }
    c->enc.state = LL_ENC_P_PAUSE_DRAIN;
    c->rproc = LL_PROC_ENC;
    c->rproc_due_us = ll->now_us + LL_PROCEDURE_TIMEOUT;
}

void woad_ll_rx_pause_enc_rsp(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                              uint8_t opcode)
{
    (void)r;
    (void)opcode;
    struct ll_enc *enc = &c->enc;
    if (enc->state == LL_ENC_P_WAIT_PAUSE) {
        enc->tx_on = false;
        enc->state = LL_ENC_P_WAIT_REQ;
        return;
    }
    if (enc->state != LL_ENC_C_WAIT_PAUSE) {
        unexpected(ll, c);
        return;
    }
    enc->tx_on = enc->rx_on = false;
    c->peer_spoke = true;
    enc->state = LL_ENC_C_PAUSED;
    if (!woad_ll_ctrl_send(ll, c, LL_PAUSE_ENC_RSP, NULL, 0))
        woad_ll_conn_end(ll, c, WOAD_HCI_ERR_UNSPECIFIED_ERROR);
}

/* The host was asked and has answered. */
static void key_answered(struct woad_ll *ll, struct ll_conn *c)
{
    struct ll_enc *enc = &c->enc;
    if (!enc->reply || !woad_ll_ctrl_free(c))
        return;
    if (enc->reply_key) {
        if (!make_key(ll, c))
            return;
        (void)woad_ll_ctrl_send(ll, c, LL_START_ENC_REQ, NULL, 0);
        enc->rx_on = true;
        c->apto_due_us = ll->now_us + c->apto_us;
        c->ping_due_us = c->apto_due_us;
        enc->state = LL_ENC_P_WAIT_START;
        return;
    }
    enc->state = LL_ENC_IDLE;
    c->rproc = LL_PROC_NONE;
    if (enc->refresh) {
        c->terminating = true;
        c->terminate_reason = WOAD_HCI_ERR_PIN_OR_KEY_MISSING;
    } else {
        woad_ll_reject(ll, c, LL_ENC_REQ, WOAD_HCI_ERR_PIN_OR_KEY_MISSING);
    }
}

static void send_enc_rsp(struct woad_ll *ll, struct ll_conn *c)
{
    uint8_t p[12];
    memcpy(p, c->enc.skd + 8, 8);
    memcpy(p + 8, c->enc.iv + 4, 4);
    if (!woad_ll_ctrl_send(ll, c, LL_ENC_RSP, p, sizeof(p)))
        return;
    c->enc.state = LL_ENC_P_WAIT_LTK;
    uint64_t bit = WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_LONG_TERM_KEY_REQUEST);
    if ((ll->evt_mask & WOAD_HCI_EVT_MASK_LE_META) && (ll->le_evt_mask & bit))
        woad_ll_conn_evt(c, LL_EVT_LTK_REQ, 0);
    else
        c->enc.reply = true; /* the host cannot be asked: no key */
}

void woad_ll_rx_start_enc_rsp(struct woad_ll *ll, struct ll_conn *c, struct woad_rd *r,
                              uint8_t opcode)
{
    (void)r;
    (void)opcode;
    struct ll_enc *enc = &c->enc;
    if (enc->state == LL_ENC_C_WAIT_DONE) {
        done(c, 0);
    } else if (enc->state == LL_ENC_P_WAIT_START) {
        enc->tx_on = true;
        if (woad_ll_ctrl_send(ll, c, LL_START_ENC_RSP, NULL, 0))
            done(c, 0);
        else
            woad_ll_conn_end(ll, c, WOAD_HCI_ERR_UNSPECIFIED_ERROR);
    } else {
        unexpected(ll, c);
    }
}

/* Steps that wait until everything queued was acknowledged. */
void woad_ll_enc_run(struct woad_ll *ll, struct ll_conn *c)
{
    struct ll_enc *enc = &c->enc;
    if (enc->state == LL_ENC_IDLE && c->deferred_len) {
        uint8_t len = c->deferred_len;
        c->deferred_len = 0;
        woad_ll_ctrl_rx(ll, c, c->deferred, len);
    }
    if (enc->state == LL_ENC_IDLE || !c->active)
        return;
    if (enc->state == LL_ENC_P_WAIT_LTK) {
        key_answered(ll, c);
        return;
    }
    if (woad_ll_tx_pending(c))
        return;
    if (enc->state == LL_ENC_C_DRAIN && enc->refresh) {
        if (woad_ll_ctrl_send(ll, c, LL_PAUSE_ENC_REQ, NULL, 0))
            enc->state = LL_ENC_C_WAIT_PAUSE;
    } else if (enc->state == LL_ENC_C_DRAIN || enc->state == LL_ENC_C_PAUSED) {
        (void)send_enc_req(ll, c);
    } else if (enc->state == LL_ENC_P_PAUSE_DRAIN) {
        if (woad_ll_ctrl_send(ll, c, LL_PAUSE_ENC_RSP, NULL, 0)) {
            enc->rx_on = false;
            enc->state = LL_ENC_P_WAIT_PAUSE;
        }
    } else if (enc->state == LL_ENC_P_DRAIN) {
        send_enc_rsp(ll, c);
    }
}
