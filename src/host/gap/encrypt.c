/* Encryption of a link with a key both sides have [Vol 4, Part E, 7.8.24-7.8.26, 7.7.8, 7.7.39]. */
#include <string.h>

#include "gap_priv.h"

static void tell(struct woad_host *h, struct host_link *link, struct woad_result result)
{
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_ENCRYPTION, link->handle);
    evt.u.encryption.result = result;
    evt.u.encryption.on = link->encrypted;
    woad_host_tell(h, &evt);
}

/* Tells security, or who asks for it, after the application's event. */
static void changed(struct woad_host *h, struct host_link *link, struct woad_result result,
                    uint8_t status)
{
    tell(h, link, result);
    if (link->state != HOST_LINK_UP)
        return;
    if (h->security)
        h->security->changed(link, status);
    else
        woad_host_parts_security(link, status);
}

static void forget_key(struct host_link *link)
{
    memset(link->key, 0, sizeof(link->key));
    link->has_key = false;
}

static void build_encrypt(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct host_link *link = HOST_OWNER(cmd, struct host_link, encrypt);
    woad_wr_u16(w, link->handle);
    woad_wr_bytes(w, link->rand, 8);
    woad_wr_u16(w, link->ediv);
    woad_wr_bytes(w, link->key, 16);
}

static void encrypt_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status,
                         struct woad_rd *ret)
{
    (void)ret;
    struct host_link *link = HOST_OWNER(cmd, struct host_link, encrypt);
    forget_key(link);
    if (status && woad_host_op_end(link, HOST_OP_ENCRYPT))
        changed(h, link, woad_host_result(status), status);
}

static const struct host_cmd_row encrypt_row = {WOAD_HCI_CMD_LE_ENABLE_ENCRYPTION, build_encrypt,
                                                encrypt_done};

int woad_gap_encrypt_link(struct host_link *link, const uint8_t ltk[16], const uint8_t rand[8],
                          uint16_t ediv)
{
    if (link->role != WOAD_ROLE_CENTRAL)
        return WOAD_ERR_STATE;
    if (link->ops & HOST_OP_ENCRYPT)
        return WOAD_ERR_BUSY;
    memcpy(link->key, ltk, 16);
    memcpy(link->rand, rand, 8);
    link->ediv = ediv;
    woad_host_op_begin(link, HOST_OP_ENCRYPT);
    woad_host_cmd_push(link->h, &link->encrypt, &encrypt_row);
    return 0;
}

int woad_gap_encrypt(struct woad_host *h, uint16_t conn, const uint8_t ltk[16],
                     const uint8_t rand[8], uint16_t ediv)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    return link ? woad_gap_encrypt_link(link, ltk, rand, ediv) : err;
}

/* ---- peripheral ------------------------------------------------------------------------------ */

static void build_ltk(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w)
{
    (void)h;
    const struct host_link *link = HOST_OWNER(cmd, struct host_link, ltk);
    woad_wr_u16(w, link->handle);
    if (link->has_key)
        woad_wr_bytes(w, link->key, 16);
}

static void ltk_done(struct woad_host *h, struct host_cmd *cmd, uint8_t status, struct woad_rd *ret)
{
    (void)ret;
    struct host_link *link = HOST_OWNER(cmd, struct host_link, ltk);
    bool had_key = link->has_key;
    forget_key(link);
    if (!status && had_key)
        return; /* an encryption event follows, or the link ends */
    struct woad_result result =
        status ? woad_host_result(status) : woad_host_error(WOAD_ERR_SECURITY);
    if (woad_host_op_end(link, HOST_OP_LTK))
        changed(h, link, result, status ? status : (uint8_t)WOAD_HCI_ERR_PIN_OR_KEY_MISSING);
}

static const struct host_cmd_row ltk_row = {WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_REPLY, build_ltk,
                                            ltk_done};
static const struct host_cmd_row no_ltk_row = {WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY,
                                               build_ltk, ltk_done};

int woad_gap_ltk_reply_link(struct host_link *link, const uint8_t *ltk)
{
    if (!link->ltk_open)
        return WOAD_ERR_STATE;
    if ((link->ops & HOST_OP_LTK) || link->ltk.state != HOST_CMD_IDLE)
        return WOAD_ERR_BUSY;
    link->ltk_open = false;
    link->has_key = ltk != NULL;
    if (ltk)
        memcpy(link->key, ltk, 16);
    woad_host_op_begin(link, HOST_OP_LTK);
    woad_host_cmd_push(link->h, &link->ltk, ltk ? &ltk_row : &no_ltk_row);
    return 0;
}

int woad_gap_ltk_reply(struct woad_host *h, uint16_t conn, const uint8_t *ltk)
{
    int err;
    struct host_link *link = woad_host_link_of(h, conn, &err);
    return link ? woad_gap_ltk_reply_link(link, ltk) : err;
}

void woad_gap_evt_ltk_request(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    const struct host_security_ops *security = link->h->security;
    struct woad_host_evt evt = woad_host_evt_of(WOAD_EVT_LTK_REQUEST, link->handle);
    (void)status;
    woad_rd_bytes(r, evt.u.ltk_request.rand, 8);
    evt.u.ltk_request.ediv = woad_rd_u16(r);
    link->ltk_open = true;
    if (!security || !security->ltk_request(link, evt.u.ltk_request.rand, evt.u.ltk_request.ediv))
        woad_host_tell(link->h, &evt);
}

/* ---- results --------------------------------------------------------------------------------- */

void woad_gap_evt_key_refresh(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    (void)r;
    woad_host_op_end(link, HOST_OP_ENCRYPT);
    woad_host_op_end(link, HOST_OP_LTK);
    changed(link->h, link, woad_host_result(status), status);
}

void woad_gap_evt_encryption(struct host_link *link, uint8_t status, struct woad_rd *r)
{
    if (!status)
        link->encrypted = woad_rd_u8(r) != 0;
    woad_gap_evt_key_refresh(link, status, r);
}
