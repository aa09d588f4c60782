/* PDUs of the Security Manager: a table says what each is, the pairing says which may come now
 * [Vol 3, Part H, 3.3-3.6]. */
#include "l2cap/l2cap_priv.h"
#include "smp/smp_priv.h"

#define FROM_CENTRAL    1
#define FROM_PERIPHERAL 2
#define FROM_BOTH       3

struct smp_pdu_row {
    uint8_t code;
    uint8_t len;                                           /* of the PDU */
    uint8_t from;                                          /* who sends it */
    void (*handle)(struct smp_link *l, struct woad_rd *r); /* NULL: only when it is awaited */
};

static void on_request(struct smp_link *l, struct woad_rd *r)
{
    uint8_t pdu[7] = {SMP_PAIRING_REQUEST};
    woad_rd_bytes(r, pdu + 1, 6);
    if (l->state == SMP_PAIRING) {
        woad_smp_fail(l, WOAD_SMP_UNSPECIFIED_REASON);
        return;
    }
    if (!l->s->pairable) {
        woad_smp_refuse(l, WOAD_SMP_PAIRING_NOT_SUPPORTED);
        return;
    }
    if (woad_smp_backoff(l)) {
        woad_smp_refuse(l, WOAD_SMP_REPEATED_ATTEMPTS);
        return;
    }
    bool lost = l->state == SMP_REQUESTING && !l->anew && !l->link->encrypted &&
                woad_smp_bond_serves(l, l->want);
    woad_smp_begin(l, false, woad_smp_respond);
    l->p.lost = lost;
    memcpy(l->p.preq, pdu, 7);
    woad_smp_advance(l);
}

static void on_failed(struct smp_link *l, struct woad_rd *r)
{
    uint8_t reason = woad_rd_u8(r);
    if (l->state == SMP_PAIRING || l->state == SMP_REQUESTING) {
        woad_smp_end(l, WOAD_ERR_REFUSED, reason | SMP_BY_PEER);
    } else if (l->fresh_bond && reason == WOAD_SMP_KEY_REJECTED && l->link->encrypted) {
        /* The peer did not keep the last key that we gave it. */
        l->fresh_bond = false;
        if (l->bond >= 0)
            woad_smp_bond_drop(l->s, l->bond);
        woad_smp_tell_secured(l, WOAD_ERR_REFUSED, reason | SMP_BY_PEER);
    }
}

static void on_keypress(struct smp_link *l, struct woad_rd *r)
{
    uint8_t what = woad_rd_u8(r);
    if (l->state != SMP_PAIRING ||
        (l->p.method != WOAD_SMP_PASSKEY_SHOWN && l->p.method != WOAD_SMP_PASSKEY_INPUT)) {
        woad_smp_refuse(l, WOAD_SMP_UNSPECIFIED_REASON);
        return;
    }
    if (what > WOAD_SMP_ENTRY_COMPLETED)
        return;
    woad_smp_clock(l);
    woad_smp_tell(l, &(struct woad_smp_evt){.type = WOAD_SMP_KEYPRESSED, .u.keypress = what});
}

static void on_security_request(struct smp_link *l, struct woad_rd *r)
{
    if (l->s->central)
        l->s->central->on_security_request(l, r);
    else
        woad_smp_refuse(l, WOAD_SMP_PAIRING_NOT_SUPPORTED);
}

static const struct smp_pdu_row rows[] = {
    {SMP_PAIRING_REQUEST, 7, FROM_CENTRAL, on_request},
    {SMP_PAIRING_RESPONSE, 7, FROM_PERIPHERAL, NULL},
    {SMP_PAIRING_CONFIRM, 17, FROM_BOTH, NULL},
    {SMP_PAIRING_RANDOM, 17, FROM_BOTH, NULL},
    {SMP_PAIRING_FAILED, 2, FROM_BOTH, on_failed},
    {SMP_ENCRYPTION_INFORMATION, 17, FROM_BOTH, NULL},
    {SMP_CENTRAL_IDENTIFICATION, 11, FROM_BOTH, NULL},
    {SMP_IDENTITY_INFORMATION, 17, FROM_BOTH, NULL},
    {SMP_IDENTITY_ADDRESS_INFORMATION, 8, FROM_BOTH, NULL},
    {SMP_SIGNING_INFORMATION, 17, FROM_BOTH, NULL},
    {SMP_SECURITY_REQUEST, 2, FROM_PERIPHERAL, on_security_request},
    {SMP_PUBLIC_KEY, 65, FROM_BOTH, NULL},
    {SMP_DHKEY_CHECK, 17, FROM_BOTH, NULL},
    {SMP_KEYPRESS, 2, FROM_BOTH, on_keypress},
};

static const struct smp_pdu_row *find(uint8_t code)
{
    return code >= 1 && code <= sizeof(rows) / sizeof(rows[0]) ? &rows[code - 1] : NULL;
}

/* A PDU that is wrong ends the pairing; without one it is answered, Pairing Failed excepted, lest
 * two devices go on for ever. */
static void wrong(struct smp_link *l, const uint8_t *pdu, uint8_t reason)
{
    l->s->h->bad_packets++;
    if (l->state == SMP_PAIRING)
        woad_smp_fail(l, reason);
    else if (pdu[0] != SMP_PAIRING_FAILED)
        woad_smp_refuse(l, reason);
}

static void receive(struct host_link *link, const uint8_t *pdu, uint16_t len)
{
    struct smp_link *l = woad_smp_link(link);
    if (!l->link || l->dead || len == 0)
        return;
    const struct smp_pdu_row *row = find(pdu[0]);
    if (!row) {
        l->s->h->bad_packets++; /* codes to come are ignored [3.3] */
        return;
    }
    uint8_t from = link->role == WOAD_ROLE_CENTRAL ? FROM_PERIPHERAL : FROM_CENTRAL;
    struct woad_rd r = woad_rd_init(pdu + 1, len - 1u);
    if (len != row->len)
        wrong(l, pdu, WOAD_SMP_INVALID_PARAMETERS);
    else if (!(row->from & from))
        wrong(l, pdu, WOAD_SMP_COMMAND_NOT_SUPPORTED);
    else if (row->handle)
        row->handle(l, &r);
    else if (woad_smp_awaited(l) != pdu[0])
        wrong(l, pdu, WOAD_SMP_UNSPECIFIED_REASON);
    else {
        memcpy(l->p.held, pdu, len);
        l->p.held_len = (uint8_t)len;
        woad_smp_clock(l);
        woad_smp_advance(l);
    }
}

static void too_long(struct host_link *link, const uint8_t *head, uint16_t len)
{
    struct smp_link *l = woad_smp_link(link);
    if (l->link && !l->dead && len)
        wrong(l, head, WOAD_SMP_INVALID_PARAMETERS);
}

const struct host_fixed_row woad_smp_fixed_row = {L2CAP_CID_SMP, SMP_PDU_MAX, receive, too_long};

/* ---- sending --------------------------------------------------------------------------------- */

struct woad_buf *woad_smp_pdu(struct smp_link *l, uint8_t code, uint8_t n, uint8_t **fields)
{
    struct woad_buf *pdu = woad_l2cap_sig_alloc(l->s->h);
    if (!pdu) {
        woad_host_timer_after(&l->retry, SMP_RETRY_US);
        return NULL;
    }
    uint8_t *p = woad_buf_put(pdu, n + 1);
    p[0] = code;
    *fields = p + 1;
    return pdu;
}

void woad_smp_send(struct smp_link *l, struct woad_buf *pdu)
{
    if (l->state != SMP_IDLE)
        woad_smp_clock(l);
    woad_l2cap_fixed_send(l->link, L2CAP_CID_SMP, pdu);
}

uint8_t woad_smp_send_value(struct smp_link *l, uint8_t code, const uint8_t *value, uint8_t n)
{
    uint8_t *to;
    struct woad_buf *pdu = woad_smp_pdu(l, code, n, &to);
    if (!pdu)
        return SMP_STAY;
    woad_smp_turn(to, value, n);
    woad_smp_send(l, pdu);
    return SMP_NEXT;
}

void woad_smp_read(struct woad_rd *r, uint8_t *to, size_t n)
{
    const uint8_t *from = woad_rd_take(r, n);
    if (from)
        woad_smp_turn(to, from, n);
    else
        memset(to, 0, n);
}
