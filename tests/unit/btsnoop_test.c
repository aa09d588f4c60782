/* The btsnoop reader under every truncation and damage; the writer against the reader. */
#include "capture_file.h"

#include <stdbool.h>

#include "woad/btsnoop.h"
#include "woad/buf.h"

static void reads_a_sample(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = read_data_file("hci-sample.btsnoop", &len);
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec rec;
    unsigned types[6] = {0}, received = 0;
    assert_int_equal(woad_btsnoop_open(&r, data, len), 0);
    assert_int_equal(r.datalink, WOAD_BTSNOOP_H4);
    int got;
    uint64_t last_us = 0;
    while ((got = woad_btsnoop_next(&r, &rec)) == 1) {
        types[rec.type]++;
        received += rec.received;
        assert_int_equal(rec.len, rec.orig_len);
        assert_true(rec.time_us >= last_us);
        last_us = rec.time_us;
    }
    assert_int_equal(got, 0);
    assert_int_equal(woad_btsnoop_next(&r, &rec), 0);
    assert_int_equal(r.index, 21);
    assert_int_equal(r.offset, len);
    assert_int_equal(types[WOAD_PKT_CMD], 6);
    assert_int_equal(types[WOAD_PKT_EVT], 11);
    assert_int_equal(types[WOAD_PKT_ISO], 4);
    assert_int_equal(received, 15);
    free(data);
}

/* Copies to the end of a fresh block, so that a sanitizer sees the first octet read too far. */
static int read_all(const uint8_t *data, size_t len, unsigned *count)
{
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec rec;
    unsigned sum = 0;
    *count = 0;
    int got = woad_btsnoop_open(&r, copy, len);
    if (!got) {
        while ((got = woad_btsnoop_next(&r, &rec)) == 1) {
            ++*count;
            for (size_t i = 0; i < rec.len; i++)
                sum += rec.data[i];
        }
        assert_int_equal(woad_btsnoop_next(&r, &rec), got);
    }
    assert_true(sum < UINT32_MAX);
    free(copy);
    return got;
}

static void every_truncation_is_reported(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = read_data_file("hci-sample.btsnoop", &len);
    size_t whole = 0;
    unsigned count, last = 0;
    for (size_t cut = 0; cut <= len; cut++) {
        int got = read_all(data, cut, &count);
        assert_true(count >= last);
        last = count;
        if (got == 0)
            whole++;
        else
            assert_int_equal(got, WOAD_ERR_EOF);
    }
    assert_int_equal(whole, 22); /* the bare header, and after each record */
    free(data);
}

static void damage_never_reads_outside(void **state)
{
    (void)state;
    size_t len;
    uint8_t *data = read_data_file("hci-sample.btsnoop", &len);
    uint32_t random = 12345;
    unsigned count;
    for (unsigned round = 0; round < 2000; round++) {
        size_t at = test_rand(&random) % len;
        uint8_t before = data[at];
        data[at] = (uint8_t)test_rand(&random);
        (void)read_all(data, len, &count);
        data[at] = before;
    }
    free(data);
}

static void foreign_files_are_refused(void **state)
{
    (void)state;
    struct woad_btsnoop_reader r;
    uint8_t head[WOAD_BTSNOOP_HEAD_MAX];
    assert_int_equal(woad_btsnoop_open(&r, NULL, 0), WOAD_ERR_EOF);
    assert_int_equal(woad_btsnoop_open(&r, "b", 1), WOAD_ERR_EOF);
    assert_int_equal(woad_btsnoop_open(&r, "x", 1), WOAD_ERR_FORMAT);
    assert_int_equal(woad_btsnoop_open(&r, "\xd4\xc3\xb2\xa1", 4), WOAD_ERR_FORMAT);
    size_t n = woad_btsnoop_put_header(head, WOAD_BTSNOOP_H4);
    assert_int_equal(n, WOAD_BTSNOOP_FILE_HEADER_LEN);
    head[11] = 2;
    assert_int_equal(woad_btsnoop_open(&r, head, n), WOAD_ERR_FORMAT);
    head[11] = 1;
    head[15] = 0x7b;
    assert_int_equal(woad_btsnoop_open(&r, head, n), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(r.datalink, 0x037b);
}

static void impossible_lengths_are_refused(void **state)
{
    (void)state;
    uint8_t file[16 + 25 + 4] = {0};
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec rec = {.type = WOAD_PKT_EVT, .len = 3};
    size_t n = woad_btsnoop_put_header(file, WOAD_BTSNOOP_H4);
    n += woad_btsnoop_put_record(file + n, WOAD_BTSNOOP_H4, &rec) + rec.len;
    assert_int_equal(woad_btsnoop_open(&r, file, n), 0);
    assert_int_equal(woad_btsnoop_next(&r, &rec), 1);
    file[16 + 7] = 5; /* included > original */
    assert_int_equal(woad_btsnoop_open(&r, file, n), 0);
    assert_int_equal(woad_btsnoop_next(&r, &rec), WOAD_ERR_FORMAT);
    assert_int_equal(r.offset, 16);
    file[16 + 1] = file[16 + 5] = 0xff; /* 16 MiB */
    file[16 + 7] = 4;
    assert_int_equal(woad_btsnoop_open(&r, file, n), 0);
    assert_int_equal(woad_btsnoop_next(&r, &rec), WOAD_ERR_FORMAT);
    file[16 + 1] = file[16 + 5] = 0;
    file[16 + 24] = 9; /* no H4 type */
    assert_int_equal(woad_btsnoop_open(&r, file, n), 0);
    assert_int_equal(woad_btsnoop_next(&r, &rec), WOAD_ERR_FORMAT);
}

static void written_records_are_read_back(enum woad_btsnoop_link link)
{
    uint8_t file[16 + 10 * (25 + 8)];
    static const uint8_t octets[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    size_t n = woad_btsnoop_put_header(file, link);
    for (uint8_t type = WOAD_PKT_CMD; type <= WOAD_PKT_ISO; type++) {
        for (unsigned received = 0; received < 2; received++) {
            struct woad_btsnoop_rec rec = {.time_us = UINT64_C(1700000000123456) + type,
                                           .len = 8,
                                           .orig_len = 8u + type,
                                           .drops = received,
                                           .type = type,
                                           .received = received};
            n += woad_btsnoop_put_record(file + n, link, &rec);
            memcpy(file + n, octets, sizeof(octets));
            n += sizeof(octets);
        }
    }
    struct woad_btsnoop_reader r;
    struct woad_btsnoop_rec rec;
    assert_int_equal(woad_btsnoop_open(&r, file, n), 0);
    for (uint8_t type = WOAD_PKT_CMD; type <= WOAD_PKT_ISO; type++) {
        for (unsigned received = 0; received < 2; received++) {
            assert_int_equal(woad_btsnoop_next(&r, &rec), 1);
            bool fixed = type == WOAD_PKT_CMD || type == WOAD_PKT_EVT;
            assert_int_equal(rec.type, type);
            assert_int_equal(rec.received, fixed ? type == WOAD_PKT_EVT : received);
            assert_int_equal(rec.len, 8);
            assert_int_equal(rec.orig_len, 8 + type);
            assert_int_equal(rec.drops, received);
            assert_true(rec.time_us == UINT64_C(1700000000123456) + type);
            assert_memory_equal(rec.data, octets, 8);
        }
    }
    assert_int_equal(woad_btsnoop_next(&r, &rec), 0);
}

static void both_links_survive_the_round_trip(void **state)
{
    (void)state;
    written_records_are_read_back(WOAD_BTSNOOP_H4);
    written_records_are_read_back(WOAD_BTSNOOP_MONITOR);
}

static void notes_exist_in_monitor_files_only(void **state)
{
    (void)state;
    uint8_t file[16 + 25 + WOAD_BTSNOOP_NEW_INDEX_LEN], data[WOAD_BTSNOOP_NEW_INDEX_LEN];
    woad_btsnoop_put_new_index(data, (const uint8_t[]){1, 2, 3, 4, 5, 6}, "a long name");
    assert_string_equal((const char *)data + 8, "a long ");
    struct woad_btsnoop_rec rec = {
        .note = WOAD_BTSNOOP_NEW_INDEX, .len = sizeof(data), .adapter = 3};
    assert_int_equal(woad_btsnoop_put_record(file, WOAD_BTSNOOP_H4, &rec), 0);
    size_t n = woad_btsnoop_put_header(file, WOAD_BTSNOOP_MONITOR);
    n += woad_btsnoop_put_record(file + n, WOAD_BTSNOOP_MONITOR, &rec);
    memcpy(file + n, data, sizeof(data));
    n += sizeof(data);
    struct woad_btsnoop_reader r;
    assert_int_equal(woad_btsnoop_open(&r, file, n), 0);
    assert_int_equal(woad_btsnoop_next(&r, &rec), 1);
    assert_int_equal(rec.type, WOAD_PKT_NONE);
    assert_int_equal(rec.note, WOAD_BTSNOOP_NEW_INDEX);
    assert_int_equal(rec.adapter, 3);
    assert_memory_equal(rec.data, data, sizeof(data));
}

static void h1_takes_the_type_from_the_flags(void **state)
{
    (void)state;
    uint8_t file[16 + 24 + 3];
    size_t n = woad_btsnoop_put_header(file, WOAD_BTSNOOP_MONITOR);
    file[14] = 0x03;
    file[15] = 0xe9; /* 1001 */
    struct woad_btsnoop_rec rec = {.type = WOAD_PKT_CMD, .len = 3};
    n += woad_btsnoop_put_record(file + n, WOAD_BTSNOOP_MONITOR, &rec);
    memcpy(file + n, "\x03\x0c", 3);
    static const uint8_t types[] = {WOAD_PKT_ACL, WOAD_PKT_ACL, WOAD_PKT_CMD, WOAD_PKT_EVT};
    for (uint8_t flags = 0; flags < 4; flags++) {
        struct woad_btsnoop_reader r;
        file[16 + 11] = flags;
        assert_int_equal(woad_btsnoop_open(&r, file, sizeof(file)), 0);
        assert_int_equal(woad_btsnoop_next(&r, &rec), 1);
        assert_int_equal(rec.type, types[flags]);
        assert_int_equal(rec.received, flags & 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_sample),
        cmocka_unit_test(every_truncation_is_reported),
        cmocka_unit_test(damage_never_reads_outside),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(impossible_lengths_are_refused),
        cmocka_unit_test(both_links_survive_the_round_trip),
        cmocka_unit_test(notes_exist_in_monitor_files_only),
        cmocka_unit_test(h1_takes_the_type_from_the_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
