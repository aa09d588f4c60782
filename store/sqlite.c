/* The store in an SQLite file. */
#include "woad/store_sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define VERSION         1
#define APPLICATION_ID  0x776F6164 /* "woad" */
#define BUSY_TIMEOUT_MS 1000

enum statement { GET, NEXT, PUT, DELETE, BEGIN, COMMIT, ROLLBACK, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [GET] = "SELECT value FROM item WHERE key = ?1",
    [NEXT] = "SELECT key FROM item WHERE key > ?1 ORDER BY key LIMIT 1",
    [PUT] = "INSERT OR REPLACE INTO item (key, value) VALUES (?1, ?2)",
    [DELETE] = "DELETE FROM item WHERE key = ?1",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
};

struct woad_store_sqlite {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    char text[256];
};

static int error_of(int rc)
{
    switch (rc) {
    case SQLITE_NOMEM:
    case SQLITE_FULL: return WOAD_ERR_NO_MEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return WOAD_ERR_FORMAT;
    default: return WOAD_ERR_IO;
    }
}

static int fail(struct woad_store_sqlite *s, const char *doing)
{
    snprintf(s->text, sizeof(s->text), "%s: %s", doing, sqlite3_errmsg(s->db));
    return error_of(sqlite3_errcode(s->db));
}

/* Runs a statement for a key. 1: a row is there (reset it after use); 0: done; or an error. */
static int run(struct woad_store_sqlite *s, enum statement which, int64_t key, const void *value,
               size_t len)
{
    sqlite3_stmt *st = s->statements[which];
    sqlite3_reset(st);
    if (which <= DELETE)
        sqlite3_bind_int64(st, 1, key);
    if (which == PUT && sqlite3_bind_blob(st, 2, value, (int)len, SQLITE_STATIC))
        return fail(s, "write");
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        return 1;
    int err = rc == SQLITE_DONE ? 0 : fail(s, sql[which]);
    sqlite3_reset(st);
    return err;
}

static long get(void *ctx, uint32_t key, void *to, size_t size)
{
    struct woad_store_sqlite *s = ctx;
    sqlite3_stmt *st = s->statements[GET];
    int row = run(s, GET, key, NULL, 0);
    if (row <= 0)
        return row ? row : WOAD_ERR_NOT_FOUND;
    const void *value = sqlite3_column_blob(st, 0);
    int len = sqlite3_column_bytes(st, 0);
    long result = len;
    if (sqlite3_column_type(st, 0) != SQLITE_BLOB || !value || len > (int)WOAD_STORE_VALUE_MAX)
        result = WOAD_ERR_FORMAT;
    else if ((size_t)len > size)
        result = WOAD_ERR_TOO_LONG;
    else
        memcpy(to, value, (size_t)len);
    sqlite3_reset(st);
    return result;
}

static int write(void *ctx, const struct woad_store_item *items, size_t count)
{
    struct woad_store_sqlite *s = ctx;
    int err = woad_store_check(items, count);
    if (err)
        return err;
    err = run(s, BEGIN, 0, NULL, 0);
    if (err)
        return err;
    for (size_t i = 0; !err && i < count; i++)
        err = run(s, items[i].data ? PUT : DELETE, items[i].key, items[i].data, items[i].len);
    if (!err)
        err = run(s, COMMIT, 0, NULL, 0);
    if (err && !sqlite3_get_autocommit(s->db)) {
        char text[sizeof(s->text)];
        memcpy(text, s->text, sizeof(text)); /* the cause, not what the rollback says */
        (void)run(s, ROLLBACK, 0, NULL, 0);
        memcpy(s->text, text, sizeof(text));
    }
    return err;
}

static int next(void *ctx, uint32_t *key)
{
    struct woad_store_sqlite *s = ctx;
    int row = run(s, NEXT, *key, NULL, 0);
    if (row <= 0)
        return row ? row : WOAD_ERR_NOT_FOUND;
    int64_t found = sqlite3_column_int64(s->statements[NEXT], 0);
    sqlite3_reset(s->statements[NEXT]);
    if (found > UINT32_MAX)
        return WOAD_ERR_NOT_FOUND; /* written by somebody else */
    *key = (uint32_t)found;
    return 0;
}

static long space(void *ctx)
{
    (void)ctx;
    return INT32_MAX; /* the disk's own limit shows at a write */
}

static const struct woad_store_ops ops = {get, write, next, space};

static int pragma(struct woad_store_sqlite *s, const char *question, int *value)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(s->db, question, -1, &st, NULL) || sqlite3_step(st) != SQLITE_ROW) {
        sqlite3_finalize(st);
        return fail(s, "open");
    }
    *value = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return 0;
}

/* Looks at the schema's version inside a transaction, and makes the schema in an empty file. */
static int prepare_schema(struct woad_store_sqlite *s)
{
    int version, id, tables;
    int err = pragma(s, "PRAGMA user_version", &version);
    if (!err)
        err = pragma(s, "PRAGMA application_id", &id);
    if (!err)
        err = pragma(s, "SELECT count(*) FROM sqlite_master", &tables);
    if (err || (version == VERSION && id == APPLICATION_ID))
        return err;
    if (tables || version) {
        if (id == APPLICATION_ID)
            snprintf(s->text, sizeof(s->text), "open: version %d of the schema, known is %d",
                     version, VERSION);
        else
            snprintf(s->text, sizeof(s->text), "open: a database of another kind");
        return WOAD_ERR_FORMAT;
    }
    char make[256];
    snprintf(make, sizeof(make),
             "CREATE TABLE item (key INTEGER PRIMARY KEY, value BLOB NOT NULL);"
             "PRAGMA user_version = %d; PRAGMA application_id = %d",
             VERSION, APPLICATION_ID);
    return sqlite3_exec(s->db, make, NULL, NULL, NULL) ? fail(s, "create") : 0;
}

static int prepare(struct woad_store_sqlite *s)
{
    sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
    if (sqlite3_exec(s->db,
                     "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"
                     "BEGIN IMMEDIATE",
                     NULL, NULL, NULL))
        return fail(s, "open");
    int err = prepare_schema(s);
    if (!err && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL))
        err = fail(s, "create");
    for (int i = 0; !err && i < STATEMENTS; i++) {
        if (sqlite3_prepare_v2(s->db, sql[i], -1, &s->statements[i], NULL))
            err = fail(s, "open");
    }
    return err;
}

int woad_store_sqlite_open(struct woad_store_sqlite **db, const char *path)
{
    *db = calloc(1, sizeof(**db));
    if (!*db)
        return WOAD_ERR_NO_MEM;
    if (sqlite3_open_v2(path, &(*db)->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL)) {
        snprintf((*db)->text, sizeof((*db)->text), "open: %s", sqlite3_errmsg((*db)->db));
        return WOAD_ERR_IO;
    }
    return prepare(*db);
}

struct woad_store woad_store_sqlite_store(struct woad_store_sqlite *db)
{
    return (struct woad_store){&ops, db};
}

const char *woad_store_sqlite_text(const struct woad_store_sqlite *db)
{
    return db ? db->text : "no memory";
}

void woad_store_sqlite_close(struct woad_store_sqlite *db)
{
    if (!db)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->db);
    free(db);
}
