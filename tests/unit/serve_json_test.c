/* Descriptions of servers: the tables they become, and where an error is said to be. */
#include "json_place.h"
#include "serve_json.h"
#include "test.h"
#include "value.h"

#include "woad/err.h"

#include <stdio.h>
#include <string.h>

static struct serve_file file;

static int tear_down(void **state)
{
    (void)state;
    serve_json_free(&file);
    return 0;
}

static void read_good(const char *text)
{
    serve_json_free(&file);
    int err = serve_json_read(&file, text, strlen(text));
    if (err)
        fail_msg("%s", file.error);
}

static void read_bad(const char *text, const char *says)
{
    serve_json_free(&file);
    assert_int_equal(serve_json_read(&file, text, strlen(text)), WOAD_ERR_FORMAT);
    if (!strstr(file.error, says))
        fail_msg("'%s' lacks '%s'", file.error, says);
}

static void becomes_a_table(void **state)
{
    (void)state;
    read_good("{\"name\":\"x\",\"services\":[{\"uuid\":\"180a\",\"secondary\":true},"
              "{\"uuid\":\"181a\",\"includes\":[\"180a\"],\"characteristics\":["
              "{\"uuid\":\"2a6e\",\"properties\":[\"read\",\"indicate\"],\"read\":\"secure\","
              "\"value\":{\"i16\":[-500,1]},\"descriptors\":[{\"uuid\":\"2901\","
              "\"value\":\"T\",\"write\":\"encrypted\"}]}]}]}");
    static const uint8_t kinds[] = {WOAD_GATT_KIND_PRIMARY,        WOAD_GATT_KIND_INCLUDE,
                                    WOAD_GATT_KIND_CHARACTERISTIC, WOAD_GATT_KIND_VALUE,
                                    WOAD_GATT_KIND_CCCD,           WOAD_GATT_KIND_VALUE};
    static const uint8_t octets[] = {0x0C, 0xFE, 1, 0};
    const struct serve_service *s = &file.services[1];
    assert_int_equal(file.services[0].attrs[0].kind, WOAD_GATT_KIND_SECONDARY);
    assert_int_equal(s->service.count, sizeof(kinds));
    for (unsigned i = 0; i < sizeof(kinds); i++)
        assert_int_equal(s->attrs[i].kind, kinds[i]);
    assert_ptr_equal(s->attrs[1].value, &file.services[0].service);
    assert_int_equal(s->attrs[2].access, WOAD_GATT_READ | WOAD_GATT_INDICATE);
    assert_int_equal(s->attrs[3].access, WOAD_GATT_ACCESS(WOAD_GATT_SECURE, WOAD_GATT_NEVER));
    assert_int_equal(s->attrs[4].access, WOAD_GATT_ACCESS(WOAD_GATT_OPEN, WOAD_GATT_SECURE));
    assert_int_equal(s->attrs[5].access, WOAD_GATT_ACCESS(WOAD_GATT_OPEN, WOAD_GATT_ENCRYPTED));
    assert_int_equal(s->chrs[0].value.len, sizeof(octets));
    assert_memory_equal(s->chrs[0].value.data, octets, sizeof(octets));
    assert_int_equal(file.cccd_count, 1);
}

static void a_service_includes_those_before_it(void **state)
{
    (void)state;
    read_bad("{\"services\":[{\"uuid\":\"180a\",\"includes\":[0]}]}", "services[0].includes[0]");
    read_bad("{\"services\":[{\"uuid\":\"180a\",\"includes\":[\"180a\"]}]}", "0 services before");
    read_bad("{\"services\":[{\"uuid\":\"1\"}]}", "services[0].uuid");
}

static void source_ranges(void **state)
{
    (void)state;
#define SOURCE(s)                                                                                  \
    "{\"services\":[{\"uuid\":\"1802\",\"characteristics\":[{\"uuid\":\"2a06\",\"properties\":["   \
    "\"notify\"],\"notify\":" s "}]}]}"
    read_good(SOURCE("{\"source\":\"counter\",\"type\":\"i8\",\"from\":-5,\"step\":-1}"));
    const struct serve_source *s = &file.services[0].chrs[0].source;
    assert_int_equal(s->at, 127);
    assert_int_equal(s->from, -5);
    assert_int_equal(file.services[0].chrs[0].value.capacity, 1);
    read_bad(SOURCE("{\"source\":\"counter\",\"from\":-1}"), "notify.from: a whole number from 0");
    read_bad(SOURCE("{\"source\":\"random\",\"from\":9,\"to\":8}"), "notify.to");
    read_bad(SOURCE("{\"source\":\"list\"}"), "\"values\" are missing");
    read_bad(SOURCE("{\"source\":\"counter\",\"every_ms\":0}"), "notify.every_ms");
}

static unsigned line_of(const char *text, const struct json_place *p)
{
    return json_place_line(p, text, strlen(text));
}

static void errors_have_a_line(void **state)
{
    (void)state;
    struct json_place list = {NULL, "list", 1}, key = {&list, "k", -1}, last = {NULL, "z", -1};
    static const char text[] = "{\n\"a]\\\"}\": [\"{\", {\"list\": 0}],\n\"list\": [\n{},\n{\n"
                               "\"k\": 1}],\n\"z\": 1, \"y\": 0,\n\"z\": 2}";
    char path[16];
    assert_int_equal(line_of(text, &list), 5);
    assert_int_equal(line_of(text, &key), 6);
    assert_int_equal(line_of(text, &last), 8); /* of two, the one that counts */
    key.key = "none";
    assert_int_equal(line_of(text, &key), 5);
    json_place_print(&key, path, sizeof(path));
    assert_string_equal(path, "list[1].none");
    assert_int_equal(json_place_print(&key, path, 8), 7);
    assert_string_equal(path, "list[1]");
    for (size_t len = 0; len < sizeof(text); len++) /* cut anywhere */
        assert_in_range(json_place_line(&key, text, len), 1, 8);
}

static void numbers_in_their_range(void **state)
{
    (void)state;
    static const struct {
        enum value_kind kind;
        int64_t least, most;
    } rows[] = {{VALUE_U8, 0, 255},         {VALUE_U16, 0, 65535},
                {VALUE_U32, 0, 4294967295}, {VALUE_I8, -128, 127},
                {VALUE_I16, -32768, 32767}, {VALUE_I32, -2147483648, 2147483647}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t octets[4];
        char text[VALUE_STR_SIZE], want[32];
        const int64_t ends[] = {rows[i].least, rows[i].most};
        for (unsigned k = 0; k < 2; k++) {
            int n = value_put(rows[i].kind, ends[k], octets);
            assert_int_equal(n, value_width(rows[i].kind));
            value_format(rows[i].kind, octets, (size_t)n, text);
            snprintf(want, sizeof(want), "%lld", (long long)ends[k]);
            assert_string_equal(text, want);
        }
        assert_int_equal(value_put(rows[i].kind, rows[i].least - 1, octets), -1);
        assert_int_equal(value_put(rows[i].kind, rows[i].most + 1, octets), -1);
    }
}

static void values_as_people_write_them(void **state)
{
    (void)state;
    uint8_t octets[8];
    const char *why;
    assert_int_equal(value_parse("i16:-2,0x7f", octets, 8, &why), 4);
    assert_memory_equal(octets, ((uint8_t[]){0xFE, 0xFF, 0x7F, 0}), 4);
    assert_int_equal(value_parse("text:a:b", octets, 8, &why), 3);
    assert_int_equal(value_parse("0x0102", octets, 8, &why), 2);
    assert_int_equal(value_parse("01 02:03", octets, 8, &why), 3);
    static const char *const bad[] = {"u8:256", "u8:-1",   "i8:",           "i8:-", "u16:1,",
                                      "123",    "u8:1 ,2", "u32:a",         "xx",   "i8:128",
                                      "u8:+1",  "u8: 1",   "text:123456789"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (value_parse(bad[i], octets, 8, &why) >= 0)
            fail_msg("%s was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(becomes_a_table),
        cmocka_unit_test(a_service_includes_those_before_it),
        cmocka_unit_test(source_ranges),
        cmocka_unit_test(errors_have_a_line),
        cmocka_unit_test(numbers_in_their_range),
        cmocka_unit_test(values_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
