/* Every error has a number of its own, a name and advice. */
#include "test.h"
#include "woad/err.h"

#include <string.h>

static const int numbers[] = {
#define NUMBER(name, number, text) WOAD_ERR_##name,
    WOAD_ERR_LIST(NUMBER)
#undef NUMBER
};

static void list_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        assert_true(numbers[i] < 0);
        assert_string_not_equal(woad_err_name(numbers[i]), "?");
        assert_true(strlen(woad_err_text(numbers[i])) > 10);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(numbers[i], numbers[j]);
            assert_string_not_equal(woad_err_name(numbers[i]), woad_err_name(numbers[j]));
        }
    }
    assert_string_equal(woad_err_name(WOAD_ERR_AGAIN), "AGAIN");
}

static void unknown_numbers(void **state)
{
    (void)state;
    const int foreign[] = {0, 1, -1000, INT32_MIN};
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
        assert_string_equal(woad_err_name(foreign[i]), "?");
        assert_string_equal(woad_err_text(foreign[i]), "?");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_is_sound),
        cmocka_unit_test(unknown_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
