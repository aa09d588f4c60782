/* The committed tables are what their script writes. */
#include "../lc3/support.h"

static void script_writes_tables(void **state)
{
    int ret = system("python3 --version > /dev/null 2>&1");

    (void)state;
    if (ret != 0) {
        skip();
    }
    ret = system("python3 " WOAD_SOURCE_DIR "/tools/gen/lc3_tables.py | cmp - " WOAD_SOURCE_DIR
                 "/src/lc3/tables.c");
    assert_int_equal(ret, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(script_writes_tables)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
