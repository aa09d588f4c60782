/* Pairing, and where bonds are kept.
 *
 * The host's store (woad/store.h) asks the script first: _IRQ_GET_SECRET and _IRQ_SET_SECRET with
 * the store's type and, as the key, the index of the record in two octets. What no handler takes is
 * kept in memory, and in the file that mpw_secrets_path() names.
 */
#include "mp_woad.h"

#include <stdio.h>
#include <string.h>

/* ---- policy ---------------------------------------------------------------------------------- */

void mpw_pairing_apply(struct mpw *m)
{
    if (!m->active || !m->host)
        return;
    mpw_enter();
    int err = woad_smp_set_policy(m->host, &m->policy);
    m->policy_due = err == WOAD_ERR_BUSY; /* when the pairing under way has ended */
    mpw_leave();
}

static struct mpw *policy(void)
{
    struct mpw *m = mpw_get();
    if (!m)
        mp_raise_OSError(MP_ENOMEM);
    return m;
}

void mp_bluetooth_set_bonding(bool enabled)
{
    struct mpw *m = policy();
    m->policy.no_bonding = !enabled;
    mpw_pairing_apply(m);
}

void mp_bluetooth_set_mitm_protection(bool enabled)
{
    struct mpw *m = policy();
    m->policy.mitm = enabled;
    mpw_pairing_apply(m);
}

void mp_bluetooth_set_le_secure(bool enabled)
{
    struct mpw *m = policy();
    m->policy.legacy = enabled ? NULL : &woad_smp_legacy;
    mpw_pairing_apply(m);
}

void mp_bluetooth_set_io_capability(uint8_t capability)
{
    static const uint8_t io[] = {
        [MP_BLUETOOTH_IO_CAPABILITY_DISPLAY_ONLY] = WOAD_SMP_DISPLAY,
        [MP_BLUETOOTH_IO_CAPABILITY_DISPLAY_YESNO] = WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO,
        [MP_BLUETOOTH_IO_CAPABILITY_KEYBOARD_ONLY] = WOAD_SMP_KEYBOARD,
        [MP_BLUETOOTH_IO_CAPABILITY_NO_INPUT_OUTPUT] = 0,
        [MP_BLUETOOTH_IO_CAPABILITY_KEYBOARD_DISPLAY] = WOAD_SMP_KEYBOARD | WOAD_SMP_DISPLAY,
    };
    struct mpw *m = policy();
    if (capability >= sizeof(io))
        mp_raise_ValueError(MP_ERROR_TEXT("invalid io"));
    m->policy.io = io[capability];
    mpw_pairing_apply(m);
}

/* ---- pairing --------------------------------------------------------------------------------- */

/* A link that is secure enough is told at once; gap_pair() of a bonded peer encrypts. */
int mp_bluetooth_gap_pair(uint16_t conn_handle)
{
    struct mpw *m = mpw_on();
    if (!m)
        return MP_ENODEV;
    mpw_enter();
    /* mitm asks for an authenticated key wherever both sides' input and output allow one */
    int err = woad_smp_secure(m->host, conn_handle, 2);
    mpw_leave();
    return mpw_errno(err);
}

int mp_bluetooth_gap_passkey(uint16_t conn_handle, uint8_t action, mp_int_t passkey)
{
    struct mpw *m = mpw_on();
    int err = WOAD_ERR_INVALID;
    if (!m)
        return MP_ENODEV;
    mpw_enter();
    if (action == MP_BLUETOOTH_PASSKEY_ACTION_INPUT && passkey >= 0 && passkey <= 999999)
        err = woad_smp_passkey(m->host, conn_handle, (uint32_t)passkey);
    else if (action == MP_BLUETOOTH_PASSKEY_ACTION_NUMERIC_COMPARISON)
        err = woad_smp_confirm(m->host, conn_handle, passkey != 0);
    else if (action == MP_BLUETOOTH_PASSKEY_ACTION_DISPLAY)
        err = 0; /* the number is drawn by the stack; the event told it */
    mpw_leave();
    return mpw_errno(err);
}

static void secured(struct mpw *m, uint16_t conn)
{
    struct woad_smp_info info = {.level = 1};
    int err = woad_smp_info(m->host, conn, &info);
    if (m->policy_due)
        mpw_pairing_apply(m);
    if (!err)
        MPW_UP(m, mp_bluetooth_gatts_on_encryption_update(conn, info.key_size != 0, info.level >= 3,
                                                          info.bonded, info.key_size));
}

void mpw_pairing_event(struct mpw *m, uint16_t conn, const struct woad_smp_evt *evt)
{
    static const uint8_t actions[] = {
        [WOAD_SMP_SHOW] = MP_BLUETOOTH_PASSKEY_ACTION_DISPLAY,
        [WOAD_SMP_ENTER] = MP_BLUETOOTH_PASSKEY_ACTION_INPUT,
        [WOAD_SMP_COMPARE] = MP_BLUETOOTH_PASSKEY_ACTION_NUMERIC_COMPARISON,
    };
    mp_int_t number = evt->type == WOAD_SMP_ENTER ? 0 : (mp_int_t)evt->u.passkey;
    switch (evt->type) {
    case WOAD_SMP_SECURED: secured(m, conn); break;
    case WOAD_SMP_SHOW:
    case WOAD_SMP_ENTER:
    case WOAD_SMP_COMPARE:
        MPW_UP(m, mp_bluetooth_gap_on_passkey_action(conn, actions[evt->type], number));
        break;
    case WOAD_SMP_ASK: /* MicroPython cannot ask: no weaker bond, nor another's identity; a peer
                          that lost its bond may pair again */
        (void)!woad_smp_accept(m->host, conn, evt->u.ask.why == WOAD_SMP_ASK_LOST);
        break;
    default: break;
    }
}

/* ---- the file -------------------------------------------------------------------------------- */

#define FILE_MAGIC "woadkey1"

static const char *secrets_path(void)
{
#if defined(__unix__)
    const char *path = getenv("WOAD_STORE");
    return path && *path ? path : NULL;
#else
    return NULL;
#endif
}

static void file_load(struct mpw *m)
{
    char magic[8];
    const char *path = secrets_path();
    size_t used = 0;
    if (!path) /* what is there is all there is */
        return;
    FILE *f = fopen(path, "rb");
    if (f && fread(magic, 1, 8, f) == 8 && memcmp(magic, FILE_MAGIC, 8) == 0)
        used = fread(m->file_mem, 1, WOAD_MPY_STORE, f);
    if (f)
        fclose(f);
    if (woad_store_ram_resume(&m->file_ram, m->file_mem, WOAD_MPY_STORE, used))
        mp_printf(MICROPY_ERROR_PRINTER, "bluetooth: %s is damaged; bonds are lost\n", path);
}

/* The new file takes the old one's place when it is complete. */
static int file_save(const struct mpw *m)
{
    char temporary[512];
    const char *path = secrets_path();
    if (!path)
        return 0;
    if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary))
        return WOAD_ERR_IO;
    FILE *f = fopen(temporary, "wb");
    if (!f)
        return WOAD_ERR_IO;
    bool good = fwrite(FILE_MAGIC, 1, 8, f) == 8 &&
                fwrite(m->file_mem, 1, m->file_ram.used, f) == m->file_ram.used;
    good = fclose(f) == 0 && good;
    return good && rename(temporary, path) == 0 ? 0 : WOAD_ERR_IO;
}

/* ---- the store ------------------------------------------------------------------------------- */

struct request {
    struct mpw *m;
    uint32_t key;
    const struct woad_store_item *items;
    size_t count;
    void *to;
    size_t size;
    long result;
};

static void key_octets(uint32_t key, uint8_t to[2])
{
    to[0] = (uint8_t)key;
    to[1] = (uint8_t)(key >> 8);
}

/* A script that does not bond has nothing to do with secrets, and may not know their events. */
static bool asks_script(const struct mpw *m)
{
    return !m->policy.no_bonding && MP_STATE_VM(bluetooth) != MP_OBJ_NULL;
}

static void get_in_vm(void *arg)
{
    struct request *r = arg;
    const uint8_t *value = NULL;
    size_t len = 0;
    uint8_t key[2];
    volatile bool found = false;
    key_octets(r->key, key);
    if (asks_script(r->m))
        MPW_UP(r->m, found = mp_bluetooth_gap_on_get_secret((uint8_t)(r->key >> 16), 0, key, 2,
                                                            &value, &len));
    if (!found) {
        r->result = woad_store_get(&r->m->file_store, r->key, r->to, r->size);
    } else if (len > r->size) {
        r->result = WOAD_ERR_TOO_LONG;
    } else {
        memcpy(r->to, value, len);
        r->result = (long)len;
    }
}

static long store_get(void *ctx, uint32_t key, void *to, size_t size)
{
    struct request r = {.m = ctx, .key = key, .to = to, .size = size};
    mpw_in_vm(get_in_vm, &r);
    return r.result;
}

static bool handler_takes(struct mpw *m, const struct woad_store_item *item)
{
    uint8_t key[2];
    volatile bool taken = false;
    key_octets(item->key, key);
    if (asks_script(m))
        MPW_UP(m, taken = mp_bluetooth_gap_on_set_secret((uint8_t)(item->key >> 16), key, 2,
                                                         item->data, item->len));
    return taken;
}

static void write_in_vm(void *arg)
{
    struct request *r = arg;
    struct woad_store_item rest[8];
    for (size_t i = 0; i < r->count; i++) {
        rest[i] = r->items[i];
        if (handler_takes(r->m, &r->items[i])) /* an older copy of ours goes */
            rest[i].data = NULL;
    }
    r->result = woad_store_write(&r->m->file_store, rest, r->count);
    if (!r->result)
        r->result = file_save(r->m);
}

static int store_write(void *ctx, const struct woad_store_item *items, size_t count)
{
    struct request r = {.m = ctx, .items = items, .count = count};
    if (count > 8)
        return WOAD_ERR_INVALID;
    mpw_in_vm(write_in_vm, &r);
    return (int)r.result;
}

/* What a script keeps cannot be listed by key; nothing in the host asks for that. */
static int store_next(void *ctx, uint32_t *key)
{
    return woad_store_next(&((struct mpw *)ctx)->file_store, key);
}

static long store_space(void *ctx)
{
    const struct woad_store *s = &((struct mpw *)ctx)->file_store;
    return s->ops->space(s->ctx);
}

static const struct woad_store_ops store_ops = {store_get, store_write, store_next, store_space};

void mpw_secrets_open(struct mpw *m)
{
    m->store = (struct woad_store){&store_ops, m};
    if (!m->file_mem) {
        m->file_mem = mpw_zalloc(WOAD_MPY_STORE);
        m->file_store =
            woad_store_ram_init(&m->file_ram, m->file_mem, m->file_mem ? WOAD_MPY_STORE : 0);
    }
    if (m->file_mem)
        file_load(m);
}

/* What was written while there was no handler goes to it now. */
static void hand_over(struct mpw *m)
{
    uint8_t value[WOAD_STORE_VALUE_MAX];
    uint32_t key = 0;
    while (woad_store_next(&m->file_store, &key) == 0) {
        long len = woad_store_get(&m->file_store, key, value, sizeof(value));
        struct woad_store_item item = {key, value, (uint16_t)len};
        if (len > 0 && handler_takes(m, &item))
            (void)!woad_store_delete(&m->file_store, key);
    }
}

/* Scripts switch the stack on and set the handler afterwards: what it has to say about bonds is
 * asked for again before the first link, and what it did not hear is told. */
void mpw_secrets_late(struct mpw *m)
{
    if (!asks_script(m))
        return;
    mpw_enter();
    if (woad_smp_bond_next(m->host, -1) < 0) {
        int err = woad_smp_reload(m->host);
        (void)err; /* no bonds, then */
    }
    if (!secrets_path())
        hand_over(m);
    mpw_leave();
}
