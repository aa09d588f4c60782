/* The store in an SQLite file: contract, reopening, files that are none of ours, atomic writes. */
#include "support/store_contract.h"
#include "woad/store_sqlite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/woad-store-%ld.db", (long)getpid());
    unlink(path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char journal[80];
    snprintf(journal, sizeof(journal), "%s-journal", path);
    unlink(journal);
    unlink(path);
    return 0;
}

static void keeps_the_contract_and_its_file(void **state)
{
    (void)state;
    struct woad_store_sqlite *db;
    char got[8];
    assert_int_equal(woad_store_sqlite_open(&db, path), 0);
    struct woad_store s = woad_store_sqlite_store(db);
    store_contract(&s);
    woad_store_sqlite_close(db);
    assert_int_equal(woad_store_sqlite_open(&db, path), 0);
    s = woad_store_sqlite_store(db);
    assert_int_equal(woad_store_get(&s, 21, got, sizeof(got)), 3);
    assert_memory_equal(got, "new", 3);
    woad_store_sqlite_close(db);
    woad_store_sqlite_close(NULL);
}

static void other_files_are_refused_with_a_text(void **state)
{
    (void)state;
    struct woad_store_sqlite *db;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%0200d", 7);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(woad_store_sqlite_open(&db, path), WOAD_ERR_FORMAT);
    assert_non_null(strstr(woad_store_sqlite_text(db), "not a database"));
    woad_store_sqlite_close(db);
    assert_int_equal(woad_store_sqlite_open(&db, "/nowhere/at/all.db"), WOAD_ERR_IO);
    assert_non_null(strstr(woad_store_sqlite_text(db), "unable to open"));
    woad_store_sqlite_close(db);
}

/* A writer that is killed at any moment leaves both values of a pair or none. */
static void a_killed_writer_leaves_pairs(void **state)
{
    (void)state;
    struct woad_store_sqlite *db;
    for (int round = 0; round < 10; round++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            if (woad_store_sqlite_open(&db, path))
                _exit(1);
            struct woad_store s = woad_store_sqlite_store(db);
            for (uint32_t i = 0;; i++) {
                struct woad_store_item pair[] = {{1, &i, sizeof(i)}, {2, &i, sizeof(i)}};
                if (woad_store_write(&s, pair, 2))
                    _exit(1);
            }
        }
        usleep((useconds_t)(20000 + 7000 * round));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        uint32_t a = 0, b = 1;
        assert_int_equal(woad_store_sqlite_open(&db, path), 0);
        struct woad_store s = woad_store_sqlite_store(db);
        assert_int_equal(woad_store_get(&s, 1, &a, sizeof(a)),
                         woad_store_get(&s, 2, &b, sizeof(b)));
        if (woad_store_get(&s, 1, &a, sizeof(a)) == sizeof(a))
            assert_int_equal(a, b);
        woad_store_sqlite_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_the_contract_and_its_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files_are_refused_with_a_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_writer_leaves_pairs, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
