#include "keys.h"

#include "woad/store_sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RAM_SIZE 32768

/* Creates the folders above path, for the user alone. */
static void make_folders(char *path)
{
    for (char *at = path + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        mkdir(path, 0700); /* what fails here, opening the file reports */
        *at = '/';
    }
}

/* to: of size octets. False: there is no home, or its name is too long. */
static bool default_path(char *to, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (state && state[0] == '/')
        n = snprintf(to, size, "%s/woad/store.db", state);
    else if (home)
        n = snprintf(to, size, "%s/.local/state/woad/store.db", home);
    if (n < 0 || (size_t)n >= size)
        return false;
    make_folders(to);
    return true;
}

int keys_open(struct keys *k, const char *path)
{
    char buf[4096];
    *k = (struct keys){0};
    if (!path)
        path = getenv("WOAD_STORE");
    if (!path && !default_path(buf, sizeof(buf))) {
        tool_error("there is no home folder to keep bonds in; name a file by --store");
        return TOOL_IO;
    }
    if (!path)
        path = buf;
    mode_t old = umask(077); /* keys are for the user alone */
    int err = woad_store_sqlite_open(&k->file, path);
    umask(old);
    if (err == 0) {
        k->store = woad_store_sqlite_store(k->file);
        return 0;
    }
    tool_error("%s: %s", path, k->file ? woad_store_sqlite_text(k->file) : woad_err_text(err));
    keys_close(k);
    return err == WOAD_ERR_FORMAT ? TOOL_BAD_INPUT : TOOL_IO;
}

int keys_open_for(struct keys *k, const char *path, const char *uri)
{
    if (path || (uri && strcmp(uri, "sim:") != 0))
        return keys_open(k, path);
    *k = (struct keys){.mem = malloc(RAM_SIZE)};
    if (!k->mem)
        return TOOL_FAILED;
    k->store = woad_store_ram_init(&k->ram, k->mem, RAM_SIZE);
    return 0;
}

void keys_close(struct keys *k)
{
    woad_store_sqlite_close(k->file);
    free(k->mem);
    *k = (struct keys){0};
}

/* ---- printing -------------------------------------------------------------------------------- */

static const struct {
    uint8_t flag;
    const char *name;
    size_t offset;
} key_rows[] = {
    {WOAD_SMP_BOND_LTK, "ltk", offsetof(struct woad_smp_bond, ltk)},
    {WOAD_SMP_BOND_OWN_LTK, "own_ltk", offsetof(struct woad_smp_bond, own_ltk)},
    {WOAD_SMP_BOND_IRK, "irk", offsetof(struct woad_smp_bond, irk)},
    {WOAD_SMP_BOND_CSRK, "csrk", offsetof(struct woad_smp_bond, csrk)},
    {WOAD_SMP_BOND_OWN_CSRK, "own_csrk", offsetof(struct woad_smp_bond, own_csrk)},
};
#define KEY_ROWS (sizeof(key_rows) / sizeof(key_rows[0]))

/* The key of row i as hex, or NULL when the bond has none. */
static const char *key_hex(const struct woad_smp_bond *bond, size_t i, char to[33])
{
    const uint8_t *key = (const uint8_t *)bond + key_rows[i].offset;
    if (!(bond->flags & key_rows[i].flag))
        return NULL;
    for (unsigned n = 0; n < 16; n++)
        snprintf(to + 2 * n, 3, "%02x", key[n]);
    return to;
}

static const char *pairing(const struct woad_smp_bond *bond)
{
    return bond->flags & WOAD_SMP_BOND_SC ? "Secure Connections" : "LE legacy pairing";
}

void keys_print(const struct woad_smp_bond *bond, bool secrets)
{
    char addr[WOAD_ADDR_STR_SIZE], hex[33];
    printf("%-24s level %u, %s, %s, key of %u octets%s\n", woad_addr_format(&bond->peer, addr),
           bond->level, pairing(bond),
           bond->flags & WOAD_SMP_BOND_AUTHENTICATED ? "authenticated" : "not authenticated",
           bond->key_size, bond->flags & WOAD_SMP_BOND_DEBUG ? ", DEBUG KEY" : "");
    for (size_t i = 0; secrets && i < KEY_ROWS; i++)
        if (key_hex(bond, i, hex))
            printf("    %-8s %s\n", key_rows[i].name, hex);
}

void keys_json(struct tool_json *j, const struct woad_smp_bond *bond, bool secrets)
{
    char addr[WOAD_ADDR_STR_SIZE], hex[33];
    tool_json_open(j, NULL, '{');
    tool_json_str(j, "address", woad_addr_format(&bond->peer, addr));
    tool_json_u64(j, "level", bond->level);
    tool_json_u64(j, "key_size", bond->key_size);
    tool_json_bool(j, "secure_connections", bond->flags & WOAD_SMP_BOND_SC);
    tool_json_bool(j, "authenticated", bond->flags & WOAD_SMP_BOND_AUTHENTICATED);
    for (size_t i = 0; secrets && i < KEY_ROWS; i++)
        if (key_hex(bond, i, hex))
            tool_json_str(j, key_rows[i].name, hex);
    tool_json_close(j, '}');
}

const char *keys_method(uint8_t method)
{
    static const char *const names[] = {
        [WOAD_SMP_JUST_WORKS] = "just works",
        [WOAD_SMP_COMPARISON] = "numeric comparison",
        [WOAD_SMP_PASSKEY_SHOWN] = "passkey shown here",
        [WOAD_SMP_PASSKEY_INPUT] = "passkey entered here",
        [WOAD_SMP_OUT_OF_BAND] = "out of band",
    };
    return method < sizeof(names) / sizeof(names[0]) ? names[method] : "?";
}

int keys_io(const char *text)
{
    static const struct {
        const char *name;
        int io;
    } rows[] = {
        {"none", 0},
        {"display", WOAD_SMP_DISPLAY},
        {"yesno", WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO},
        {"keyboard", WOAD_SMP_KEYBOARD},
        {"keyboard-display", WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO | WOAD_SMP_KEYBOARD},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, text) == 0)
            return rows[i].io;
    return -1;
}
