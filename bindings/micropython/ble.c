/* Life of the stack, configuration, errors, HCI commands. */
#include "mp_woad.h"

#include <string.h>

#include "woad/att.h"
#include "woad/crypto.h"
#include "woad/gap_privacy.h"

#define START_US WOAD_S(3) /* a controller that is dead is known to be so within this time */
#define STOP_US  WOAD_S(2)
#define HCI_US   WOAD_S(5)

MP_REGISTER_ROOT_POINTER(void *woad_state);

/* ---- small things ---------------------------------------------------------------------------- */

void *mpw_zalloc(size_t size)
{
    void *p = MPW_MALLOC(size);
    if (p)
        memset(p, 0, size);
    return p;
}

int mpw_errno(int err)
{
    static const uint8_t table[] = {
        [-WOAD_ERR_INVALID] = MP_EINVAL,         [-WOAD_ERR_STATE] = MP_EALREADY,
        [-WOAD_ERR_AGAIN] = MP_EAGAIN,           [-WOAD_ERR_NO_MEM] = MP_ENOMEM,
        [-WOAD_ERR_NOT_FOUND] = MP_EINVAL,       [-WOAD_ERR_EXISTS] = MP_EADDRINUSE,
        [-WOAD_ERR_NOT_CONNECTED] = MP_ENOTCONN, [-WOAD_ERR_TIMEOUT] = MP_ETIMEDOUT,
        [-WOAD_ERR_CANCELLED] = MP_ECANCELED,    [-WOAD_ERR_UNSUPPORTED] = MP_EOPNOTSUPP,
        [-WOAD_ERR_TOO_LONG] = MP_EINVAL,        [-WOAD_ERR_REFUSED] = MP_ECONNREFUSED,
        [-WOAD_ERR_SECURITY] = MP_EACCES,        [-WOAD_ERR_FAULT] = MP_ENODEV,
        [-WOAD_ERR_RESET] = MP_ECONNRESET,       [-WOAD_ERR_BUSY] = MP_EBUSY,
        [-WOAD_ERR_EOF] = MP_ENOTCONN,
    };
    if (err >= 0)
        return 0;
    size_t at = (size_t)-err;
    return at < sizeof(table) && table[at] ? table[at] : MP_EIO;
}

void mpw_to_big_endian(const struct woad_addr *addr, uint8_t to[6])
{
    for (int i = 0; i < 6; i++)
        to[i] = addr->val[5 - i];
}

struct woad_addr mpw_from_big_endian(uint8_t type, const uint8_t *addr)
{
    struct woad_addr a = {.type = type & 1u};
    for (int i = 0; i < 6; i++)
        a.val[i] = addr[5 - i];
    return a;
}

struct woad_uuid mpw_uuid(const mp_obj_bluetooth_uuid_t *uuid)
{
    struct woad_uuid u = {.len = uuid->type};
    memcpy(u.val, uuid->data, uuid->type);
    return u;
}

void mpw_uuid_object(const struct woad_uuid *uuid, mp_obj_bluetooth_uuid_t *to)
{
    to->base.type = &mp_type_bluetooth_uuid;
    to->type = uuid->len;
    memcpy(to->data, uuid->val, uuid->len);
}

/* ---- state ----------------------------------------------------------------------------------- */

struct mpw *mpw_get(void)
{
    struct mpw *m = mpw_state();
    if (m)
        return m;
    m = mpw_zalloc(sizeof(*m));
    if (!m)
        return NULL;
    strcpy(m->name, "MPY");
    m->mtu = 256;
    m->policy.no_bonding = true;
    m->policy.legacy = &woad_smp_legacy;
    m->policy.max_bonds = WOAD_MPY_BONDS;
    m->policy.when_full = WOAD_SMP_FULL_REPLACE;
    m->policy.min_key_size = 7;
    MP_STATE_PORT(woad_state) = m;
    return m;
}

/* ---- the host -------------------------------------------------------------------------------- */

struct event {
    struct mpw *m;
    const struct woad_host_evt *evt;
};

static void on_hci(struct mpw *m, const struct woad_host_evt *evt)
{
    size_t len = evt->u.hci.len < m->hci_resp_len ? evt->u.hci.len : m->hci_resp_len;
    m->hci_done = true;
    m->hci_err = evt->u.hci.result.hci ? 0 : evt->u.hci.result.err;
    m->hci_status = evt->u.hci.result.hci;
    if (len)
        memcpy(m->hci_resp, evt->u.hci.params, len);
}

static void event_in_vm(void *arg)
{
    const struct event *e = arg;
    struct mpw *m = e->m;
    const struct woad_host_evt *evt = e->evt;
    switch (evt->type) {
    case WOAD_EVT_READY:
        m->addr = evt->u.ready.addr;
        m->ready = true;
        break;
    case WOAD_EVT_FAULT:
        if (!m->ready) {
            m->start_error = MP_ENODEV;
            m->start_why = woad_host_fault_text(evt);
        }
        m->ready = false;
        break;
    case WOAD_EVT_STOPPED: m->stopped = true; break;
    case WOAD_EVT_HCI_COMPLETE: on_hci(m, evt); break;
    case WOAD_EVT_SECURITY: mpw_pairing_event(m, evt->conn, evt->u.smp); break;
    case WOAD_EVT_ATT_MTU:
        MPW_UP(m, mp_bluetooth_gatts_on_mtu_exchanged(evt->conn, evt->u.att_mtu));
        break;
    default: mpw_gap_event(m, evt);
    }
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct event e = {arg, evt};
    (void)h;
    mpw_in_vm(event_in_vm, &e);
}

static void host_rand(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    int err = woad_crypto_random(to, len);
    if (err) /* no random numbers: nothing works that needs them */
        memset(to, 0, len);
}

static uint16_t bond_count(const struct woad_host *h)
{
    (void)h;
    return WOAD_MPY_BONDS;
}

static bool bond_identity(const struct woad_host *h, uint16_t at, struct woad_identity *identity)
{
    struct woad_smp_bond bond;
    if (woad_smp_bond_get(h, at, &bond))
        return false;
    identity->addr = bond.peer;
    memcpy(identity->irk, bond.irk, 16);
    identity->mode = WOAD_PRIVACY_DEVICE;
    return true;
}

static bool own_irk(const struct woad_host *h, uint8_t irk[16])
{
    return woad_smp_own_irk(h, irk) == 0;
}

static const struct woad_identities identities = {bond_count, bond_identity, own_irk};

int mpw_host_open(struct mpw *m)
{
    const struct woad_gatts_cfg gatts = {.name = m->name,
                                         .handle_max = 1023,
                                         .cccds = 16,
                                         .prepare_size = 1024,
                                         .min_key_size = 7,
                                         .unasked = true,
                                         .store = &m->store};
    const struct woad_gattc_cfg gattc = {
        .event = mpw_gattc_event, .arg = m, .mtu = WOAD_GATTC_MTU_NEVER};
    const struct woad_privacy_cfg privacy = {.identities = &identities,
                                             .non_resolvable =
                                                 m->addr_mode == MP_BLUETOOTH_ADDRESS_MODE_NRPA};
    struct woad_host_use parts[] = {{&woad_gatts_part, &gatts},
                                    {&woad_gattc_part, &gattc},
                                    {&woad_smp_part, &m->policy},
                                    {&woad_gap_privacy_part, &privacy},
                                    {NULL, NULL}};
    if (m->addr_mode < MP_BLUETOOTH_ADDRESS_MODE_RPA)
        parts[3].part = NULL;
    struct woad_host_cfg cfg = {
        .event = on_event,
        .event_arg = m,
        .rand = host_rand,
        .max_conns = WOAD_MPY_CONNS,
        .max_chans = WOAD_MPY_CHANS,
        .max_psms = WOAD_MPY_CHANS,
        .chan_rx_size = WOAD_MPY_CHAN_RX,
        .max_sends = WOAD_MPY_CHANS * 8,
        .psm_wait_ms = 500,
        .report_count = 64,
        .att_mtu = WOAD_ATT_MTU_MAX,
        .att_tx_count = 8,
        .parts = parts,
    };
    if (m->addr_mode == MP_BLUETOOTH_ADDRESS_MODE_RANDOM) {
        if (!woad_addr_is_static(&m->static_addr)) {
            host_rand(NULL, m->static_addr.val, 6);
            m->static_addr.type = WOAD_ADDR_RANDOM;
            m->static_addr.val[5] |= 0xC0;
        }
        cfg.static_addr = m->static_addr;
    }
    m->policy.store = &m->store;
    mpw_secrets_open(m);
    size_t size = woad_host_mem_size(&cfg);
    m->host_mem = MPW_MALLOC(size);
    int err = m->host_mem ? woad_host_init(m->host_mem, size, &cfg, &m->host) : WOAD_ERR_NO_MEM;
    if (err == 0)
        err = woad_l2cap_join(m->host); /* peers may ask before a program listens */
    if (err == 0)
        err = woad_att_set_mtu(m->host, m->mtu);
    return err ? err : woad_host_start(m->host);
}

/* ---- on and off ------------------------------------------------------------------------------ */

static bool started(void *arg)
{
    const struct mpw *m = arg;
    return m->ready || m->start_error;
}

static bool stopped(void *arg)
{
    return ((const struct mpw *)arg)->stopped;
}

void mpw_shut(struct mpw *m)
{
    m->active = m->ready = m->closing = false;
    if (m->pump)
        mpw_pump_stop(m);
    if (m->host)
        woad_host_deinit(m->host);
    m->host = NULL;
    MPW_FREE(m->host_mem);
    m->host_mem = NULL;
    mpw_gatts_reset(m);
    mpw_gattc_reset(m);
    mpw_l2cap_reset(m);
    mpw_gap_reset(m);
    if (m->pump)
        mpw_pump_deinit(m);
}

/* OSError(errno, text). */
static _Noreturn void fail(int error, const char *why)
{
    mp_obj_t args[2] = {MP_OBJ_NEW_SMALL_INT(error), mp_obj_new_str(why, strlen(why))};
    nlr_raise(mp_obj_exception_make_new(&mp_type_OSError, why ? 2 : 1, 0, args));
}

static int start(struct mpw *m, const char **why)
{
    int err = mpw_errno(woad_crypto_init());
    if (!err)
        err = mpw_pump_init(m, why);
    if (!err)
        err = mpw_errno(mpw_host_open(m));
    if (!err)
        err = mpw_pump_start(m, why);
    if (!err)
        err = mpw_wait(m, started, m, START_US);
    if (err == MP_ETIMEDOUT)
        *why = "the controller does not answer";
    if (!err && !m->ready) {
        *why = m->start_why;
        err = m->start_error;
    }
    return err;
}

int mp_bluetooth_init(void)
{
    struct mpw *m = mpw_get();
    if (!m)
        return MP_ENOMEM;
    if (m->active)
        return 0;
    if (m->closing)
        return MP_EBUSY;
    const char *why = NULL;
    int err;
    nlr_buf_t nlr;
    m->ready = m->stopped = false;
    m->start_error = 0;
    m->active = true; /* events pass */
    if (nlr_push(&nlr) == 0) {
        err = start(m, &why);
        nlr_pop();
    } else { /* Ctrl-C */
        mpw_shut(m);
        nlr_raise(MP_OBJ_FROM_PTR(nlr.ret_val));
    }
    if (err) {
        char text[160] = "";
        if (why) /* it may be in what is freed now */
            strncpy(text, why, sizeof(text) - 1);
        mpw_shut(m);
        fail(err, text);
    }
    return 0;
}

static bool no_links(void *arg)
{
    const struct mpw *m = arg;
    for (size_t i = 0; i < WOAD_MPY_CONNS; i++)
        if (m->links[i].used)
            return false;
    return true;
}

/* Peers are told: their links end at once, not by a timeout, and after what was sent. */
static void hang_up(struct mpw *m)
{
    for (size_t i = 0; i < WOAD_MPY_CONNS; i++)
        if (m->links[i].used)
            (void)mpw_gap_disconnect(m, m->links[i].conn);
    (void)mpw_wait(m, no_links, m, STOP_US);
}

/* Whatever is left after the time limits ends with the transport: the controller drops its links.
 */
static void stop(struct mpw *m)
{
    nlr_buf_t nlr;
    m->stopped = false;
    if (nlr_push(&nlr) == 0) {
        if (m->ready)
            hang_up(m);
        mpw_enter();
        int err = woad_host_stop(m->host);
        mpw_leave();
        if (!err)
            (void)mpw_wait(m, stopped, m, STOP_US);
        nlr_pop();
        mpw_shut(m);
    } else {
        mpw_shut(m);
        nlr_raise(MP_OBJ_FROM_PTR(nlr.ret_val));
    }
}

/* Called when no handler is under way and the host is at rest. */
void mpw_after_turn(struct mpw *m)
{
    if (m->closing && !m->up) {
        m->closing = false;
        stop(m);
    }
}

#if MICROPY_VERSION >= MICROPY_MAKE_VERSION(1, 26, 0)
int mp_bluetooth_deinit(void)
#else
void mp_bluetooth_deinit(void)
#endif
{
    struct mpw *m = mpw_on();
    if (m && m->up) { /* inside a handler: the host cannot go away under its own feet */
        m->active = false;
        m->closing = true;
        mpw_pump_wake(m);
    } else if (m) {
        stop(m);
    }
#if MICROPY_VERSION >= MICROPY_MAKE_VERSION(1, 26, 0)
    return 0;
#endif
}

bool mp_bluetooth_is_active(void)
{
    return mpw_on() != NULL;
}

/* ---- configuration --------------------------------------------------------------------------- */

void mp_bluetooth_get_current_address(uint8_t *addr_type, uint8_t *addr)
{
    const struct mpw *m = mpw_on();
    if (!m)
        mp_raise_OSError(MP_ENODEV);
    *addr_type = m->addr.type & 1;
    mpw_to_big_endian(&m->addr, addr);
}

void mp_bluetooth_set_address_mode(uint8_t addr_mode)
{
    struct mpw *m = mpw_get();
    if (addr_mode > MP_BLUETOOTH_ADDRESS_MODE_NRPA)
        mp_raise_ValueError(MP_ERROR_TEXT("invalid addr_mode"));
    if (!m)
        mp_raise_OSError(MP_ENOMEM);
    if (addr_mode == m->addr_mode)
        return;
    if (m->active) /* it belongs to what is already in the air */
        fail(MP_EBUSY, "set addr_mode before active(True)");
    m->addr_mode = addr_mode;
}

size_t mp_bluetooth_gap_get_device_name(const uint8_t **buf)
{
    const struct mpw *m = mpw_get();
    *buf = (const uint8_t *)(m ? m->name : "");
    return strlen((const char *)*buf);
}

int mp_bluetooth_gap_set_device_name(const uint8_t *buf, size_t len)
{
    struct mpw *m = mpw_get();
    if (!m)
        return MP_ENOMEM;
    if (len >= sizeof(m->name) || memchr(buf, 0, len))
        return MP_EINVAL;
    mpw_enter();
    memcpy(m->name, buf, len);
    m->name[len] = '\0';
    mpw_leave();
    return 0;
}

int mp_bluetooth_get_preferred_mtu(void)
{
    const struct mpw *m = mpw_get();
    return m ? m->mtu : 256;
}

int mp_bluetooth_set_preferred_mtu(uint16_t mtu)
{
    struct mpw *m = mpw_get();
    if (!m)
        return MP_ENOMEM;
    if (mtu < WOAD_ATT_MTU_MIN || mtu > WOAD_ATT_MTU_MAX)
        return MP_EINVAL;
    m->mtu = mtu;
    if (!m->active)
        return 0;
    mpw_enter();
    int err = woad_att_set_mtu(m->host, mtu);
    mpw_leave();
    return mpw_errno(err);
}

/* ---- HCI ------------------------------------------------------------------------------------- */

static bool hci_done(void *arg)
{
    return ((const struct mpw *)arg)->hci_done;
}

int mp_bluetooth_hci_cmd(uint16_t ogf, uint16_t ocf, const uint8_t *req, size_t req_len,
                         uint8_t *resp, size_t resp_len, uint8_t *status)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    if (ogf > 0x3F || ocf > 0x3FF || req_len > 255)
        return MP_EINVAL;
    if (m->up)
        return MPW_EDEADLK;
    mpw_enter();
    m->hci_done = false;
    m->hci_resp = resp;
    m->hci_resp_len = resp_len;
    int err = woad_host_hci_command(m->host, (uint16_t)(ogf << 10 | ocf), req, (uint8_t)req_len);
    mpw_leave();
    if (err)
        return mpw_errno(err);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        err = mpw_wait(m, hci_done, m, HCI_US);
        nlr_pop();
    } else {
        m->hci_resp_len = 0; /* the answer has no place to go to */
        nlr_raise(MP_OBJ_FROM_PTR(nlr.ret_val));
    }
    m->hci_resp_len = 0;
    *status = m->hci_status;
    return err ? err : mpw_errno(m->hci_err);
}
