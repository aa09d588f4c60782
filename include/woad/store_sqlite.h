/* woad/store_sqlite.h: a store in one SQLite file, for tools and Linux devices.
 *
 *     struct woad_store_sqlite *db;
 *     err = woad_store_sqlite_open(&db, "bonds.db");
 *     if (err)
 *         fprintf(stderr, "%s\n", woad_store_sqlite_text(db));
 *     struct woad_store store = woad_store_sqlite_store(db);
 *     ...
 *     woad_store_sqlite_close(db);
 *
 * The file has one table, item(key INTEGER PRIMARY KEY, value BLOB), and its user_version is the
 * version of that schema: 1. It is written with a rollback journal and synchronous=FULL; a write
 * waits for the disk. Several processes may open it; one that finds it locked waits up to a second
 * and then answers IO. Uses the heap and libsqlite3 (Debian: libsqlite3-dev).
 */
#ifndef WOAD_STORE_SQLITE_H
#define WOAD_STORE_SQLITE_H

#include "woad/store.h"

struct woad_store_sqlite;

/* Opens the file, or creates it. *db is set also on error (unless NO_MEM), for the text; close it
 * then too. FORMAT: a file of another kind, or of a later version; IO: it cannot be opened. */
int woad_store_sqlite_open(struct woad_store_sqlite **db, const char *path) WOAD_MUST_USE;

struct woad_store woad_store_sqlite_store(struct woad_store_sqlite *db);

/* What the last call that failed met, for people. Valid until the next call. */
const char *woad_store_sqlite_text(const struct woad_store_sqlite *db);

void woad_store_sqlite_close(struct woad_store_sqlite *db); /* also of NULL */

#endif
