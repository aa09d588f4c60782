/* tools/woad/keys.h: the store of a tool's bonds, and how they are printed. */
#ifndef WOAD_KEYS_H
#define WOAD_KEYS_H

#include "tool.h"

#include "woad/smp.h"
#include "woad/store.h"
#include "woad/store_ram.h"

struct woad_store_sqlite;

struct keys {
    struct woad_store store; /* for the configuration of SMP and GATT */
    struct woad_store_sqlite *file;
    struct woad_store_ram ram;
    uint8_t *mem;
};

/* Opens the store at path, or NULL: $WOAD_STORE, else woad/store.db in the user's state folder
 * (XDG_STATE_HOME or ~/.local/state). 0 or an exit code after a message. */
int keys_open(struct keys *k, const char *path);
/* The same for a station on uri: in the world of sim:, whose devices end with it, bonds are kept in
 * memory alone unless there is a path. */
int keys_open_for(struct keys *k, const char *path, const char *uri);
void keys_close(struct keys *k);

/* "C0:FF:...  level 4  Secure Connections, authenticated", and with secrets a line for each key. */
void keys_print(const struct woad_smp_bond *bond, bool secrets);
void keys_json(struct tool_json *j, const struct woad_smp_bond *bond, bool secrets);

const char *keys_method(uint8_t method);

/* "none", "display", "yesno", "keyboard", "keyboard-display" as a sum of enum woad_smp_io, or -1.
 */
int keys_io(const char *text);

#define KEYS_STORE_OPTION(type)                                                                    \
    {                                                                                              \
        "store", "FILE", TOOL_STRING, offsetof(type, store),                                       \
            "where bonds are kept (default $WOAD_STORE, else ~/.local/state/woad/store.db;\n"      \
            "                             sim: memory)"                                            \
    }
#define KEYS_IO_OPTION(type)                                                                       \
    {                                                                                              \
        "io", "KIND", TOOL_STRING, offsetof(type, io),                                             \
            "what the user has: none, display, yesno, keyboard, keyboard-display (default)"        \
    }

#endif
