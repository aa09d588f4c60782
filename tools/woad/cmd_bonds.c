/* woad bonds: list, remove and export the bonds of a store. */
#include "commands.h"
#include "keys.h"

#include "woad/crypto.h"

#include <stdlib.h>
#include <string.h>

struct bonds_opts {
    const char *store;
    const char *remove;
    bool remove_all;
    bool keys;
    bool json;
};

static const struct tool_opt options[] = {
    KEYS_STORE_OPTION(struct bonds_opts),
    {"remove", "ADDR", TOOL_STRING, offsetof(struct bonds_opts, remove), "forget this device"},
    {"remove-all", NULL, TOOL_FLAG, offsetof(struct bonds_opts, remove_all), "forget all"},
    {"keys", NULL, TOOL_FLAG, offsetof(struct bonds_opts, keys),
     "print the keys too, most significant octet first, as sniffers want them typed"},
    {"json", NULL, TOOL_FLAG, offsetof(struct bonds_opts, json), "print JSON: an array of bonds"},
    {0},
};

static const struct tool_usage usage = {
    "bonds",
    "[options]",
    "Lists the devices that 'woad pair', 'woad gatt' and 'woad serve' have bonds with.\n"
    "\n"
    "  woad bonds\n"
    "  woad bonds --remove C0:EE:FF:00:00:02\n"
    "  woad bonds --keys --json > keys.json       keep such a file as you keep passwords;\n"
    "                                             'woad decrypt' reads captures with it\n"
    "\n"
    "Exit code 1 when there is no bond to remove, 4 when the store cannot be opened.",
    options,
};

/* The bonds are read and changed by a host of which nothing runs: it alone knows the records. */
struct offline {
    struct woad_host *host;
    void *mem;
    bool removed, lost; /* what the events said */
};

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct offline *o = arg;
    (void)h;
    if (evt->type != WOAD_EVT_SECURITY)
        return;
    o->removed |= evt->u.smp->type == WOAD_SMP_BOND_REMOVED;
    o->lost |= evt->u.smp->type == WOAD_SMP_BOND_REMOVED && evt->u.smp->u.bond.err;
}

static void os_rand(void *arg, uint8_t *to, size_t len)
{
    (void)arg;
    if (woad_crypto_random(to, len) < 0)
        memset(to, 0, len);
}

static int open_host(struct offline *o, struct keys *k)
{
    const struct woad_smp_cfg smp = {.store = &k->store, .max_bonds = 64};
    const struct woad_host_use parts[] = {{&woad_smp_part, &smp}, {NULL, NULL}};
    const struct woad_host_cfg cfg = {.event = on_event,
                                      .event_arg = o,
                                      .rand = os_rand,
                                      .max_conns = 1,
                                      .max_chans = 1,
                                      .parts = parts};
    size_t size = woad_host_mem_size(&cfg);
    o->mem = malloc(size);
    int err = woad_crypto_init();
    if (err == 0)
        err = o->mem ? woad_host_init(o->mem, size, &cfg, &o->host) : WOAD_ERR_NO_MEM;
    if (err == 0)
        return 0;
    tool_error("cannot read the bonds: %s", woad_err_text(err));
    free(o->mem);
    return TOOL_FAILED;
}

static int forget(struct offline *f, const struct bonds_opts *o, const struct woad_addr *addr)
{
    int err = woad_smp_bond_remove(f->host, o->remove_all ? NULL : addr);
    bool more = err == 0;
    while (more) { /* one turn removes some; the store is written there */
        f->removed = false;
        woad_host_run(f->host, 0);
        more = f->removed;
    }
    if (err == 0 && f->lost)
        err = WOAD_ERR_IO;
    if (err == 0)
        return TOOL_OK;
    if (err == WOAD_ERR_NOT_FOUND)
        tool_error("there is no bond with %s", o->remove ? o->remove : "any device");
    else
        tool_error("cannot remove it: %s", woad_err_text(err));
    return err == WOAD_ERR_NOT_FOUND ? TOOL_FAILED : TOOL_IO;
}

static void list(struct woad_host *h, const struct bonds_opts *o)
{
    struct tool_json j;
    struct woad_smp_bond bond;
    if (o->json) {
        tool_json_begin(&j, stdout);
        tool_json_open(&j, NULL, '[');
    }
    for (int i = woad_smp_bond_next(h, -1); i >= 0; i = woad_smp_bond_next(h, i)) {
        if (woad_smp_bond_get(h, i, &bond) < 0)
            continue;
        if (o->json)
            keys_json(&j, &bond, o->keys);
        else
            keys_print(&bond, o->keys);
    }
    if (o->json) {
        tool_json_close(&j, ']');
        tool_json_end(&j);
    } else if (woad_smp_bond_next(h, -1) < 0) {
        printf("no bonds\n");
    }
}

int woad_cmd_bonds(int argc, char **argv)
{
    struct bonds_opts o = {0};
    struct woad_addr addr = {0};
    int first;
    int rc = tool_parse(&usage, argc, argv, &o, &first);
    if (rc < 0 && first < argc)
        rc = tool_usage_error(&usage, "'%s' is not an option", argv[first]);
    if (rc < 0 && o.remove && woad_addr_parse(o.remove, &addr) < 0)
        rc =
            tool_usage_error(&usage, "'%s' is no address; like C0:EE:FF:00:00:02/random", o.remove);
    if (rc >= 0)
        return rc;
    struct keys k;
    struct offline offline = {0};
    rc = keys_open(&k, o.store);
    if (rc)
        return rc;
    rc = open_host(&offline, &k);
    if (rc == 0) {
        if (o.remove || o.remove_all)
            rc = forget(&offline, &o, &addr);
        else
            list(offline.host, &o);
        woad_host_deinit(offline.host);
        free(offline.mem);
    }
    keys_close(&k);
    return rc;
}
