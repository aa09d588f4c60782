#include "replay_app.h"

#include "tool.h"

#include "woad/cursor.h"
#include "woad/gap.h"
#include "woad/hci.h"

#include <stdlib.h>
#include <string.h>

#define SIG_CID          0x0005 /* LE signalling channel [Vol 3, Part A, 2.1] */
#define SIG_DISCONNECT   0x06
#define SIG_LE_CONNECT   0x14
#define SIG_LE_RESPONSE  0x15
#define SIG_ENH_CONNECT  0x17
#define SIG_ENH_RESPONSE 0x18
#define AHEAD            64 /* records looked at for what belongs to one call */

/* An SDU that is being sent: the host borrows the octets. */
struct replay_sdu {
    struct replay_sdu *next;
    size_t len;
    uint8_t octets[];
};

/* ---- looking forward in the recording -------------------------------------------------------- */

/* Records of the host from the awaited one on. */
struct ahead {
    struct woad_btsnoop_reader reader;
    struct woad_btsnoop_rec rec;
    uint16_t adapter;
    bool any;
};

static struct ahead look(const struct replay_app *a)
{
    return (struct ahead){
        .reader = a->replay->reader, .rec = a->replay->rec, .adapter = a->replay->adapter};
}

/* The next packet of either side; false at the end. */
static bool next(struct ahead *l)
{
    do {
        if (l->any && woad_btsnoop_next(&l->reader, &l->rec) <= 0)
            return false;
        l->any = true;
    } while (l->rec.type == WOAD_PKT_NONE || l->rec.adapter != l->adapter);
    return true;
}

/* The parameters of the next command with this opcode, at least min octets; NULL: none near. */
static const uint8_t *find_command(const struct replay_app *a, uint16_t opcode, uint8_t min)
{
    struct ahead l = look(a);
    for (int i = 0; i < AHEAD && next(&l); i++)
        if (l.rec.type == WOAD_PKT_CMD && !l.rec.received && l.rec.len >= 3u + min &&
            woad_get_u16(l.rec.data) == opcode && l.rec.data[2] >= min)
            return l.rec.data + 3;
    return NULL;
}

/* ---- calls that a command implies ------------------------------------------------------------ */

static void say(const struct replay_app *a, const char *what)
{
    if (a->verbose)
        printf("record %u: the application %s\n", a->replay->index + 1, what);
}

static int start_scan(struct replay_app *a)
{
    const uint8_t *p = find_command(a, WOAD_HCI_CMD_LE_SET_SCAN_PARAMETERS, 7);
    const uint8_t *e = find_command(a, WOAD_HCI_CMD_LE_SET_SCAN_ENABLE, 2);
    struct woad_scan_params scan = {0};
    if (p) {
        scan.active = p[0] == 1;
        scan.interval_625us = woad_get_u16(p + 1);
        scan.window_625us = woad_get_u16(p + 3);
        scan.accept_list_only = p[6] & 1;
    }
    if (e)
        scan.filter_duplicates = e[1] == 1;
    say(a, "scans");
    return woad_gap_scan_start(a->host, &scan);
}

static int start_advertising(struct replay_app *a)
{
    const uint8_t *p = find_command(a, WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS, 15);
    const uint8_t *data = find_command(a, WOAD_HCI_CMD_LE_SET_ADVERTISING_DATA, 32);
    const uint8_t *rsp = find_command(a, WOAD_HCI_CMD_LE_SET_SCAN_RESPONSE_DATA, 32);
    struct woad_adv_params adv = {0};
    if (p) {
        adv.interval_min_625us = woad_get_u16(p);
        adv.interval_max_625us = woad_get_u16(p + 2);
        adv.kind = p[4];
        adv.peer.type = p[6];
        memcpy(adv.peer.val, p + 7, 6);
        adv.channel_map = p[13];
        adv.filter = p[14];
    }
    if (data && data[0] <= 31) {
        adv.data = data + 1;
        adv.data_len = data[0];
    }
    if (rsp && rsp[0] <= 31) {
        adv.scan_rsp = rsp + 1;
        adv.scan_rsp_len = rsp[0];
    }
    say(a, "advertises");
    return woad_gap_advertise_start(a->host, &adv);
}

static int connect(struct replay_app *a)
{
    const uint8_t *p = find_command(a, WOAD_HCI_CMD_LE_CREATE_CONNECTION, 25);
    if (!p)
        return WOAD_ERR_FORMAT;
    struct woad_conn_params params = {
        .scan_interval_625us = woad_get_u16(p),
        .scan_window_625us = woad_get_u16(p + 2),
        .interval_min_1250us = woad_get_u16(p + 13),
        .interval_max_1250us = woad_get_u16(p + 15),
        .latency = woad_get_u16(p + 17),
        .timeout_10ms = woad_get_u16(p + 19),
    };
    struct woad_addr peer = {.type = p[5]};
    memcpy(peer.val, p + 6, 6);
    say(a, "connects");
    return woad_gap_connect(a->host, p[4] == 1 ? NULL : &peer, &params);
}

static int update(struct replay_app *a)
{
    const uint8_t *p = find_command(a, WOAD_HCI_CMD_LE_CONNECTION_UPDATE, 14);
    if (!p)
        return WOAD_ERR_FORMAT;
    say(a, "asks for other connection parameters");
    return woad_gap_update(a->host, woad_get_u16(p),
                           &(struct woad_conn_params){
                               .interval_min_1250us = woad_get_u16(p + 2),
                               .interval_max_1250us = woad_get_u16(p + 4),
                               .latency = woad_get_u16(p + 6),
                               .timeout_10ms = woad_get_u16(p + 8),
                           });
}

static int act_on_command(struct replay_app *a)
{
    const uint8_t *p = a->replay->rec.data;
    uint16_t opcode = a->replay->rec.len >= 3 ? woad_get_u16(p) : 0;
    switch (opcode) {
    case WOAD_HCI_CMD_LE_SET_SCAN_PARAMETERS: return start_scan(a);
    case WOAD_HCI_CMD_LE_SET_SCAN_ENABLE:
        if (a->replay->rec.len >= 4 && p[3])
            return start_scan(a);
        say(a, "stops scanning");
        return woad_gap_scan_stop(a->host);
    case WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE:
        if (a->replay->rec.len >= 4 && p[3])
            return start_advertising(a);
        say(a, "stops advertising");
        return woad_gap_advertise_stop(a->host);
    case WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS:
    case WOAD_HCI_CMD_LE_SET_ADVERTISING_DATA:
    case WOAD_HCI_CMD_LE_SET_SCAN_RESPONSE_DATA: return start_advertising(a);
    case WOAD_HCI_CMD_LE_CREATE_CONNECTION: return connect(a);
    case WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL:
        say(a, "gives up connecting");
        return woad_gap_connect_cancel(a->host);
    case WOAD_HCI_CMD_LE_CONNECTION_UPDATE: return update(a);
    case WOAD_HCI_CMD_DISCONNECT:
        if (a->replay->rec.len < 6)
            return WOAD_ERR_FORMAT;
        say(a, "disconnects");
        return woad_gap_disconnect(a->host, woad_get_u16(p + 3), p[5]);
    default:
        if (a->replay->rec.len < 3 || a->replay->rec.len != 3u + p[2])
            return WOAD_ERR_FORMAT;
        say(a, "sends a command of its own");
        return woad_host_hci_command(a->host, opcode, p + 3, p[2]);
    }
}

/* ---- channels -------------------------------------------------------------------------------- */

static struct replay_chan *chan_by_remote(struct replay_app *a, uint16_t cid)
{
    for (unsigned i = 0; i < REPLAY_CHANNELS; i++)
        if (a->chans[i].chan && a->chans[i].remote_cid == cid)
            return &a->chans[i];
    return NULL;
}

static void chan_opened(struct replay_app *a, woad_chan chan)
{
    struct woad_chan_info info;
    if (woad_l2cap_info(a->host, chan, &info) < 0)
        return;
    for (unsigned i = 0; i < REPLAY_CHANNELS; i++)
        if (!a->chans[i].chan) {
            a->chans[i] = (struct replay_chan){chan, info.local_cid, info.remote_cid};
            return;
        }
}

static void sdu_sent(struct replay_app *a, void *tag)
{
    for (struct replay_sdu **at = &a->sdus; *at; at = &(*at)->next)
        if (*at == tag) {
            *at = (*at)->next;
            free(tag);
            return;
        }
}

static void on_channel(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct replay_app *a = arg;
    uint8_t sink[4096];
    switch (evt->type) {
    case WOAD_CHAN_ACCEPT:
        if (woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, NULL, NULL) < 0)
            tool_error("cannot accept a channel of the recording");
        break;
    case WOAD_CHAN_OPENED: chan_opened(a, evt->chan); break;
    case WOAD_CHAN_RECEIVED:
        while (woad_l2cap_read(h, evt->chan, sink, sizeof(sink)) > 0) {
        }
        break;
    case WOAD_CHAN_SENT: sdu_sent(a, evt->u.sent.tag); break;
    case WOAD_CHAN_CLOSED:
        for (unsigned i = 0; i < REPLAY_CHANNELS; i++)
            if (a->chans[i].chan == evt->chan)
                a->chans[i].chan = 0;
        break;
    default: break;
    }
}

/* Collects the SDU whose first K-frame begins with the awaited packet [Vol 3, Part A, 3.4.3]: the
 * payloads of the K-frames that the host sent on this link and channel. */
static struct replay_sdu *collect_sdu(const struct replay_app *a, uint16_t link, uint16_t cid)
{
    struct ahead l = look(a);
    struct replay_sdu *sdu = NULL;
    size_t frame_left = 0, got = 0;
    bool ours = false;
    while (next(&l)) {
        struct woad_rd r = woad_rd_init(l.rec.data, l.rec.len);
        uint16_t handle = woad_rd_u16(&r);
        woad_rd_u16(&r);
        if (l.rec.type != WOAD_PKT_ACL || l.rec.received || (handle & 0x0FFF) != link)
            continue;
        if ((handle >> 12 & 3) != 1) { /* the start of a frame */
            frame_left = woad_rd_u16(&r);
            ours = woad_rd_u16(&r) == cid;
            if (ours && !sdu) {
                size_t len = woad_rd_u16(&r);
                frame_left -= frame_left < 2 ? frame_left : 2;
                sdu = calloc(1, sizeof(*sdu) + len);
                if (!sdu)
                    return NULL;
                sdu->len = len;
            }
        }
        if (!ours || !sdu || !woad_rd_ok(&r))
            continue;
        size_t n = r.left < frame_left ? r.left : frame_left;
        n = n < sdu->len - got ? n : sdu->len - got;
        memcpy(sdu->octets + got, r.p, n);
        got += n;
        frame_left -= n;
        if (got == sdu->len)
            return sdu;
    }
    return sdu; /* the recording ends within it: what follows is not compared */
}

static int send_sdu(struct replay_app *a, uint16_t link, uint16_t cid)
{
    struct replay_chan *c = chan_by_remote(a, cid);
    if (!c)
        return WOAD_ERR_NOT_FOUND;
    struct replay_sdu *sdu = collect_sdu(a, link, cid);
    if (!sdu)
        return WOAD_ERR_EOF;
    int err = woad_l2cap_send(a->host, c->chan, sdu->octets, sdu->len, sdu);
    if (err < 0) {
        free(sdu);
        return err;
    }
    sdu->next = a->sdus;
    a->sdus = sdu;
    say(a, "sends an SDU");
    return 0;
}

static int act_on_signalling(struct replay_app *a, uint16_t link, struct woad_rd r)
{
    uint8_t code = woad_rd_u8(&r);
    woad_rd_take(&r, 3); /* identifier, length */
    if (code == SIG_DISCONNECT) {
        struct replay_chan *c = chan_by_remote(a, woad_rd_u16(&r));
        if (!c)
            return WOAD_ERR_NOT_FOUND;
        say(a, "closes the channel");
        return woad_l2cap_close(a->host, c->chan, true);
    }
    if (code != SIG_LE_CONNECT && code != SIG_ENH_CONNECT)
        return WOAD_ERR_UNSUPPORTED;
    struct woad_chan_cfg cfg = {.psm = woad_rd_u16(&r), .event = on_channel, .arg = a};
    if (code == SIG_LE_CONNECT)
        woad_rd_u16(&r); /* our CID is the host's choice */
    cfg.mtu = woad_rd_u16(&r);
    cfg.mps = woad_rd_u16(&r);
    cfg.credits = woad_rd_u16(&r);
    if (!woad_rd_ok(&r))
        return WOAD_ERR_FORMAT;
    woad_chan chans[5];
    say(a, "opens a channel");
    if (code == SIG_LE_CONNECT)
        return woad_l2cap_connect(a->host, link, &cfg, chans);
    unsigned n = (unsigned)(r.left / 2);
    return woad_l2cap_connect_enhanced(a->host, link, &cfg, chans, n < 5 ? n : 5);
}

static int act_on_acl(struct replay_app *a)
{
    struct woad_rd r = woad_rd_init(a->replay->rec.data, a->replay->rec.len);
    uint16_t link = woad_rd_u16(&r) & 0x0FFF;
    woad_rd_u32(&r); /* lengths of ACL and L2CAP */
    uint16_t cid = woad_rd_u16(&r);
    if (!woad_rd_ok(&r))
        return WOAD_ERR_FORMAT;
    return cid == SIG_CID ? act_on_signalling(a, link, r) : send_sdu(a, link, cid);
}

/* ---- outside --------------------------------------------------------------------------------- */

bool replay_app_act(struct replay_app *a)
{
    const struct woad_replay *r = a->replay;
    if (!a->ready || woad_replay_state(r) != WOAD_REPLAY_RUNNING || r->rec.received ||
        (a->acted && a->acted_index == r->index))
        return false;
    int err = WOAD_ERR_UNSUPPORTED;
    if (r->rec.type == WOAD_PKT_CMD)
        err = act_on_command(a);
    else if (r->rec.type == WOAD_PKT_ACL)
        err = act_on_acl(a);
    a->acted = true;
    a->acted_index = r->index;
    return err == 0;
}

void replay_app_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct replay_app *a = arg;
    (void)h;
    if (evt->type == WOAD_EVT_READY)
        a->ready = true;
}

/* Listens, from the start, on what the recorded peer will ask for; with the values of the recorded
 * answer, which the awaited one has to equal. */
static int listen_as_recorded(struct replay_app *a, const struct woad_btsnoop_rec *rec,
                              struct ahead answers)
{
    struct woad_rd r = woad_rd_init(rec->data, rec->len);
    woad_rd_take(&r, 6);
    if (woad_rd_u16(&r) != SIG_CID)
        return 0;
    uint8_t code = woad_rd_u8(&r);
    uint8_t id = woad_rd_u8(&r);
    woad_rd_u16(&r);
    struct woad_chan_cfg cfg = {.psm = woad_rd_u16(&r), .event = on_channel, .arg = a};
    if (!woad_rd_ok(&r) || (code != SIG_LE_CONNECT && code != SIG_ENH_CONNECT))
        return 0;
    while (next(&answers)) {
        struct woad_rd s = woad_rd_init(answers.rec.data, answers.rec.len);
        if (answers.rec.type != WOAD_PKT_ACL || answers.rec.received)
            continue;
        woad_rd_take(&s, 6);
        uint16_t cid = woad_rd_u16(&s);
        uint8_t want = code == SIG_LE_CONNECT ? SIG_LE_RESPONSE : SIG_ENH_RESPONSE;
        if (cid != SIG_CID || woad_rd_u8(&s) != want || woad_rd_u8(&s) != id)
            continue;
        woad_rd_u16(&s);
        if (code == SIG_LE_CONNECT)
            woad_rd_u16(&s);
        cfg.mtu = woad_rd_u16(&s);
        cfg.mps = woad_rd_u16(&s);
        cfg.credits = woad_rd_u16(&s);
        if (!woad_rd_ok(&s) || cfg.mtu == 0)
            return 0; /* it was refused: not listening refuses too */
        int err = woad_l2cap_listen(a->host, &cfg);
        return err == WOAD_ERR_EXISTS ? 0 : err;
    }
    return 0;
}

int replay_app_listen(struct replay_app *a)
{
    struct ahead l = look(a);
    int err = 0;
    while (err == 0 && next(&l))
        if (l.rec.type == WOAD_PKT_ACL && l.rec.received)
            err = listen_as_recorded(a, &l.rec, l);
    return err;
}

int replay_app_init(struct replay_app *a, const struct woad_replay *replay, bool verbose,
                    struct woad_host_cfg *cfg)
{
    *a = (struct replay_app){.replay = replay, .verbose = verbose};
    struct woad_btsnoop_reader reader;
    int err = woad_btsnoop_open(&reader, replay->cfg.file, replay->cfg.file_len);
    if (err < 0)
        return err;
    cfg->no_auto_dle = cfg->no_auto_phy = true;
    struct woad_btsnoop_rec rec;
    while (woad_btsnoop_next(&reader, &rec) > 0) {
        uint16_t opcode = rec.type == WOAD_PKT_CMD && rec.len >= 3 ? woad_get_u16(rec.data) : 0;
        if (opcode == WOAD_HCI_CMD_LE_SET_DATA_LENGTH)
            cfg->no_auto_dle = false;
        if (opcode == WOAD_HCI_CMD_LE_SET_PHY || opcode == WOAD_HCI_CMD_LE_SET_DEFAULT_PHY)
            cfg->no_auto_phy = false;
    }
    return 0;
}

void replay_app_deinit(struct replay_app *a)
{
    for (struct replay_sdu *s = a->sdus; s;) {
        struct replay_sdu *n = s->next;
        free(s);
        s = n;
    }
    a->sdus = NULL;
}
