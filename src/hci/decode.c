/* The packet decoder; see woad/hci_decode.h. */
#include "woad/hci_decode.h"

#include "woad/buf.h"
#include "woad/hci_table.h"
#include "woad/ll_pdu.h"

#define CID_SIG_BREDR 0x0001
#define CID_ATT       0x0004
#define CID_SIG_LE    0x0005
#define CID_SMP       0x0006

static const char raw_format[] = "data:bytes[*]";

/* The visitor of the caller, and whether something was wrong. */
struct decode {
    const struct woad_decode_visitor *v;
    void *arg;
    bool wrong;
};

static void note(struct decode *d, const char *text, size_t n)
{
    d->wrong = true;
    if (d->v->fields.note)
        d->v->fields.note(d->arg, text, n);
}

/* What fields.c finds wrong passes through here, so that it is counted. */
static void on_field(void *arg, const struct woad_field *f)
{
    struct decode *d = arg;
    if (d->v->fields.field)
        d->v->fields.field(d->arg, f);
}

static void on_open(void *arg, const struct woad_field *f)
{
    struct decode *d = arg;
    if (d->v->fields.open)
        d->v->fields.open(d->arg, f);
}

static void on_close(void *arg)
{
    struct decode *d = arg;
    if (d->v->fields.close)
        d->v->fields.close(d->arg);
}

static void on_note(void *arg, const char *text, size_t n)
{
    note(arg, text, n);
}

static const struct woad_field_visitor counting = {on_field, on_open, on_close, on_note};

static void begin(struct decode *d, const char *protocol, const char *name, uint32_t code,
                  uint8_t digits, size_t len)
{
    const struct woad_layer layer = {protocol, name, code, digits, len};
    if (d->v->layer)
        d->v->layer(d->arg, &layer);
}

static void end(struct decode *d)
{
    if (d->v->end)
        d->v->end(d->arg);
}

static int fields(struct decode *d, const char *format, struct woad_rd *r)
{
    return woad_fields_walk(format, r, &counting, d);
}

/* All of r by the format; NULL stands for a layout that is not known. What is left is noted. */
static void whole(struct decode *d, const char *format, struct woad_rd r)
{
    if (fields(d, format ? format : raw_format, &r) == 0 && r.left) {
        note(d, "octets left over", r.left);
        (void)fields(d, raw_format, &r);
    }
}

/* The packet says its payload has `said` octets and r has others. Returns what there is of it. */
static struct woad_rd payload(struct decode *d, struct woad_rd r, size_t said)
{
    if (r.left < said)
        note(d, "payload is shorter than its header says, by octets", said - r.left);
    if (r.left > said)
        note(d, "octets after the payload", r.left - said);
    return woad_rd_init(r.p, r.left < said ? r.left : said);
}

/* ---- above L2CAP ----------------------------------------------------------------------------- */

static void decode_proto(struct decode *d, const char *protocol, const struct woad_proto_row *row,
                         uint8_t code, struct woad_rd r)
{
    begin(d, protocol, row ? row->name : NULL, code, 2, r.left);
    whole(d, row ? row->fields : NULL, r);
    end(d);
}

static void decode_att(struct decode *d, struct woad_rd r)
{
    uint8_t opcode = woad_rd_u8(&r);
    if (!woad_rd_ok(&r))
        note(d, "ATT PDU without opcode", 0);
    else
        decode_proto(d, "ATT", woad_att_find(opcode), opcode, r);
}

static void decode_smp(struct decode *d, struct woad_rd r)
{
    uint8_t code = woad_rd_u8(&r);
    if (!woad_rd_ok(&r))
        note(d, "SMP PDU without code", 0);
    else
        decode_proto(d, "SMP", woad_smp_find(code), code, r);
}

/* One or, over BR/EDR, several commands. */
static void decode_signalling(struct decode *d, struct woad_rd r)
{
    while (r.left) {
        struct woad_rd head = r;
        uint8_t code = woad_rd_u8(&r);
        (void)woad_rd_u8(&r); /* identifier: shown below */
        uint16_t len = woad_rd_u16(&r);
        if (!woad_rd_ok(&r) || len > r.left) {
            note(d, "signalling command longer than its PDU", 0);
            whole(d, NULL, head);
            return;
        }
        const struct woad_proto_row *row = woad_sig_find(code);
        begin(d, "SIG", row ? row->name : NULL, code, 2, len);
        (void)woad_rd_u8(&head);
        (void)fields(d, "identifier:u8 length:u16", &head);
        whole(d, row ? row->fields : NULL, woad_rd_init(woad_rd_take(&r, len), len));
        end(d);
    }
}

static const char *cid_name(uint16_t cid)
{
    switch (cid) {
    case CID_SIG_BREDR:
    case CID_SIG_LE: return "Signalling";
    case CID_ATT: return "Attribute Protocol";
    case CID_SMP: return "Security Manager";
    default: return cid >= 0x0040 && cid <= 0x007f ? "Dynamic channel" : NULL;
    }
}

/* The first or only fragment of an L2CAP PDU. */
static void decode_l2cap(struct decode *d, struct woad_rd r)
{
    uint16_t len = woad_rd_u16(&r);
    uint16_t cid = woad_rd_u16(&r);
    if (!woad_rd_ok(&r)) {
        note(d, "L2CAP header cut short", 0);
        return;
    }
    begin(d, "L2CAP", cid_name(cid), cid, 4, len);
    if (r.left > len)
        note(d, "octets after the L2CAP PDU", r.left - len);
    if (r.left < len)
        whole(d, "first_fragment:bytes[*]", r);
    else if (cid == CID_ATT)
        decode_att(d, woad_rd_init(r.p, len));
    else if (cid == CID_SMP)
        decode_smp(d, woad_rd_init(r.p, len));
    else if (cid == CID_SIG_LE || cid == CID_SIG_BREDR)
        decode_signalling(d, woad_rd_init(r.p, len));
    else
        whole(d, NULL, woad_rd_init(r.p, len));
    end(d);
}

/* ---- HCI ------------------------------------------------------------------------------------- */

static void decode_cmd(struct decode *d, struct woad_rd r)
{
    uint16_t opcode = woad_rd_u16(&r);
    uint8_t len = woad_rd_u8(&r);
    const struct woad_hci_cmd_row *row = woad_hci_cmd_find(opcode);
    begin(d, "CMD", row ? row->name : NULL, opcode, 4, len);
    whole(d, row ? row->params : NULL, payload(d, r, len));
    end(d);
}

/* A command that failed may return its status alone [Vol 4, Part E, 4.5]. */
static void decode_returns(struct decode *d, uint16_t opcode, struct woad_rd r)
{
    const struct woad_hci_cmd_row *row = woad_hci_cmd_find(opcode);
    const char *format = row ? row->returns : NULL;
    if (opcode == 0) /* only gives back command credits */
        format = "";
    else if (format && format[0] && r.left == 1 && r.p[0] != 0)
        format = "status:status";
    whole(d, format, r);
}

static void decode_evt(struct decode *d, struct woad_rd r)
{
    uint8_t code = woad_rd_u8(&r);
    uint8_t len = woad_rd_u8(&r);
    bool meta = code == WOAD_HCI_EVT_LE_META && r.left > 0 && len > 0;
    const struct woad_hci_evt_row *row =
        meta ? woad_hci_le_evt_find(r.p[0]) : woad_hci_evt_find(code);
    begin(d, meta ? "LE EVT" : "EVT", row ? row->name : NULL, meta ? r.p[0] : code, 2, len);
    r = payload(d, r, len);
    if (meta)
        (void)woad_rd_u8(&r);
    if (code == WOAD_HCI_EVT_COMMAND_COMPLETE && r.left >= 3) {
        uint16_t opcode = woad_get_u16(r.p + 1);
        (void)fields(d, row->params, &r);
        decode_returns(d, opcode, r);
    } else {
        whole(d, row ? row->params : NULL, r);
    }
    end(d);
}

static void decode_acl(struct decode *d, struct woad_rd r)
{
    uint16_t head = woad_rd_u16(&r);
    uint16_t len = woad_rd_u16(&r);
    static const char *const names[] = {"first", "continuation", "first, flushable", "complete"};
    unsigned pb = head >> 12 & 3;
    begin(d, "ACL", names[pb], head & WOAD_HCI_HANDLE_MASK, 4, len);
    r = payload(d, r, len);
    if (pb == 1)
        whole(d, "fragment:bytes[*]", r);
    else
        decode_l2cap(d, r);
    end(d);
}

static void decode_sco(struct decode *d, struct woad_rd r)
{
    uint16_t head = woad_rd_u16(&r);
    uint8_t len = woad_rd_u8(&r);
    begin(d, "SCO", NULL, head & WOAD_HCI_HANDLE_MASK, 4, len);
    whole(d, NULL, payload(d, r, len));
    end(d);
}

static void decode_iso(struct decode *d, struct woad_rd r)
{
    static const char *const names[] = {"first", "continuation", "complete", "last"};
    static const char sdu[] = "packet_sequence_number:u16 sdu_length:b12 _:b2 packet_status:b2 "
                              "data:bytes[*]";
    static const char sdu_ts[] = "time_stamp:us32 packet_sequence_number:u16 sdu_length:b12 _:b2 "
                                 "packet_status:b2 data:bytes[*]";
    uint16_t head = woad_rd_u16(&r);
    uint16_t len = woad_rd_u16(&r) & WOAD_HCI_ISO_LEN_MASK;
    unsigned pb = head >> 12 & 3;
    begin(d, "ISO", names[pb], head & WOAD_HCI_HANDLE_MASK, 4, len);
    r = payload(d, r, len);
    if (pb & 1)
        whole(d, "fragment:bytes[*]", r);
    else
        whole(d, head & WOAD_HCI_ISO_TS ? sdu_ts : sdu, r);
    end(d);
}

int woad_decode_hci(uint8_t type, const uint8_t *data, size_t len,
                    const struct woad_decode_visitor *v, void *arg)
{
    static const struct {
        void (*decode)(struct decode *d, struct woad_rd r);
        size_t header;
    } types[] = {
        [WOAD_PKT_CMD] = {decode_cmd, WOAD_HCI_CMD_HDR_LEN},
        [WOAD_PKT_ACL] = {decode_acl, WOAD_HCI_ACL_HDR_LEN},
        [WOAD_PKT_SCO] = {decode_sco, WOAD_HCI_SCO_HDR_LEN},
        [WOAD_PKT_EVT] = {decode_evt, WOAD_HCI_EVT_HDR_LEN},
        [WOAD_PKT_ISO] = {decode_iso, WOAD_HCI_ISO_HDR_LEN},
    };
    struct decode d = {v, arg, false};
    struct woad_rd r = woad_rd_init(data, len);
    bool known = type >= WOAD_PKT_CMD && type <= WOAD_PKT_ISO;
    if (known && len >= types[type].header) {
        types[type].decode(&d, r);
    } else {
        begin(&d, "HCI", NULL, type, 2, len);
        note(&d, known ? "packet shorter than its header" : "unknown packet type", len);
        whole(&d, NULL, r);
        end(&d);
    }
    return d.wrong ? WOAD_ERR_FORMAT : 0;
}

/* ---- air ------------------------------------------------------------------------------------- */

static void decode_adv(struct decode *d, enum woad_ll_place place, struct woad_rd r)
{
    static const char *const protocols[] = {"ADV", "AUX", "PA"};
    uint8_t type = r.p[0] & WOAD_LL_ADV_TYPE_MASK;
    const struct woad_ll_pdu_row *row = woad_ll_adv_find(type, place);
    uint8_t len = r.p[1];
    begin(d, protocols[place], row ? row->name : NULL, type, 1, len);
    (void)fields(d, "_:b5 ch_sel:b1 tx_add:b1 rx_add:b1 _:u8", &r);
    whole(d, row ? row->fields : NULL, payload(d, r, len));
    end(d);
}

static void decode_ctrl(struct decode *d, struct woad_rd r)
{
    uint8_t opcode = woad_rd_u8(&r);
    if (!woad_rd_ok(&r)) {
        note(d, "control PDU without opcode", 0);
        return;
    }
    const struct woad_ll_pdu_row *row = woad_ll_ctrl_find(opcode);
    begin(d, "LL CTRL", row ? row->name : NULL, opcode, 2, r.left);
    whole(d, row ? row->fields : NULL, r);
    end(d);
}

static void decode_data(struct decode *d, bool encrypted, struct woad_rd r)
{
    static const char *const names[] = {"reserved", "continuation", "start", "control"};
    uint8_t llid = r.p[0] & WOAD_LL_DATA_LLID_MASK;
    uint8_t len = r.p[1];
    bool cte = r.p[0] & WOAD_LL_DATA_CP;
    begin(d, "LL", llid == WOAD_LLID_CONTINUE && len == 0 ? "empty" : names[llid], llid, 1, len);
    (void)fields(d, "_:b2 nesn:b1 sn:b1 md:b1 cp:b1 _:b2 _:u8", &r);
    if (cte)
        (void)fields(d, "cte_info:x8", &r);
    r = payload(d, r, len);
    if (encrypted && len)
        whole(d, "encrypted:bytes[*]", r);
    else if (llid == WOAD_LLID_CTRL)
        decode_ctrl(d, r);
    else if (llid == WOAD_LLID_START)
        decode_l2cap(d, r);
    else
        whole(d, len ? "fragment:bytes[*]" : "", r);
    end(d);
}

static void decode_cis(struct decode *d, struct woad_rd r)
{
    uint8_t len = r.p[1];
    begin(d, "CIS", len ? "data" : "empty", r.p[0] & 3, 1, len);
    (void)fields(d, "_:b2 nesn:b1 sn:b1 cie:b1 _:b1 npi:b1 _:b1 _:u8", &r);
    whole(d, NULL, payload(d, r, len));
    end(d);
}

static void decode_bis(struct decode *d, bool encrypted, struct woad_rd r)
{
    uint8_t len = r.p[1];
    bool control = (r.p[0] & 3) == 3;
    begin(d, "BIS", control ? "control" : "data", r.p[0] & 3, 1, len);
    (void)fields(d, "_:b2 cssn:b3 cstf:b1 _:b2 _:u8", &r);
    r = payload(d, r, len);
    if (control && !encrypted)
        whole(d,
              "opcode:u8 chm:chm?opcode=0 instant:u16?opcode=0 reason:status?opcode=1 "
              "instant:u16?opcode=1",
              r);
    else
        whole(d, NULL, r);
    end(d);
}

int woad_decode_air(enum woad_air_kind kind, bool encrypted, const uint8_t *pdu, size_t len,
                    const struct woad_decode_visitor *v, void *arg)
{
    struct decode d = {v, arg, false};
    struct woad_rd r = woad_rd_init(pdu, len);
    if (len < 2) {
        note(&d, "PDU shorter than its header", len);
        return WOAD_ERR_FORMAT;
    }
    switch (kind) {
    case WOAD_AIR_ADV: decode_adv(&d, WOAD_LL_PRIMARY, r); break;
    case WOAD_AIR_AUX_ADV: decode_adv(&d, WOAD_LL_SECONDARY, r); break;
    case WOAD_AIR_PERIODIC: decode_adv(&d, WOAD_LL_PERIODIC, r); break;
    case WOAD_AIR_DATA_C_TO_P:
    case WOAD_AIR_DATA_P_TO_C: decode_data(&d, encrypted, r); break;
    case WOAD_AIR_CIS_C_TO_P:
    case WOAD_AIR_CIS_P_TO_C: decode_cis(&d, r); break;
    case WOAD_AIR_BIS: decode_bis(&d, encrypted, r); break;
    default: note(&d, "unknown kind of PDU", (size_t)kind); break;
    }
    return d.wrong ? WOAD_ERR_FORMAT : 0;
}
