/* The log on flash: nothing acknowledged is lost, whatever operation the power fails in. */
#include "test.h"

#include "support/flash_double.h"

#define KEYS  12
#define INDEX 20
#define STEPS 90

struct model {
    uint16_t len[KEYS]; /* 0: not there */
    uint8_t seed[KEYS];
};

struct world {
    struct flash_double d;
    struct woad_store_flash log;
    struct woad_store_flash_key index[INDEX];
    struct woad_store store;
    struct model acked;
    struct model tried; /* what the write under way would make of it */
    uint32_t rand;
};

static uint32_t key_of(unsigned i)
{
    return WOAD_STORE_KEY(1 + i % 4, i);
}

static void fill(uint8_t *to, uint16_t len, uint8_t seed)
{
    for (uint16_t i = 0; i < len; i++)
        to[i] = (uint8_t)(seed + i * 7);
}

static int mount(struct world *w)
{
    w->d.off = false;
    w->d.cut_at = -1;
    int err = woad_store_flash_mount(&w->log, &w->d.flash, w->index, INDEX);
    w->store = woad_store_flash_store(&w->log);
    return err;
}

static bool matches(struct world *w, const struct model *m)
{
    uint8_t got[WOAD_STORE_VALUE_MAX], want[WOAD_STORE_VALUE_MAX];
    unsigned present = 0, seen = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        long len = woad_store_get(&w->store, key_of(i), got, sizeof(got));
        fill(want, m->len[i], m->seed[i]);
        present += m->len[i] != 0;
        if (len != (m->len[i] ? m->len[i] : WOAD_ERR_NOT_FOUND) ||
            memcmp(got, want, m->len[i]) != 0)
            return false;
    }
    for (uint32_t key = 0; woad_store_next(&w->store, &key) == 0;)
        seen++;
    return present == seen;
}

/* One write of 1 to 3 items of random lengths, a third of them deletes. */
static int step(struct world *w, uint16_t len_max)
{
    uint8_t data[3][WOAD_STORE_VALUE_MAX];
    struct woad_store_item items[3];
    size_t count = 1 + test_rand(&w->rand) % 3;
    unsigned first = test_rand(&w->rand) % KEYS;
    w->tried = w->acked;
    for (size_t i = 0; i < count; i++) {
        unsigned k = (first + (unsigned)i * 5) % KEYS;
        uint16_t len = (uint16_t)(1 + test_rand(&w->rand) % len_max);
        uint8_t seed = (uint8_t)test_rand(&w->rand);
        bool put = test_rand(&w->rand) % 3 != 0;
        fill(data[i], len, seed);
        items[i] = (struct woad_store_item){key_of(k), put ? data[i] : NULL, put ? len : 0};
        w->tried.len[k] = put ? len : 0;
        w->tried.seed[k] = seed;
    }
    int err = woad_store_write(&w->store, items, count);
    if (!err)
        w->acked = w->tried;
    return err;
}

/* After a cut: either model is right, and from here on it is the one. */
static void settle(struct world *w)
{
    assert_int_equal(mount(w), 0);
    if (matches(w, &w->tried))
        w->acked = w->tried;
    else
        assert_true(matches(w, &w->acked));
}

static void open_world(struct world *w, uint32_t block_size, uint16_t blocks, uint8_t unit,
                       uint8_t erased, uint32_t seed)
{
    memset(w, 0, sizeof(*w));
    flash_double_open(&w->d, block_size, blocks, unit, erased, erased);
    w->rand = seed;
    assert_int_equal(mount(w), 0);
}

static long run(struct world *w, int steps, uint16_t len_max)
{
    for (int i = 0; i < steps; i++) {
        int err = step(w, len_max);
        if (w->d.off)
            return i;
        assert_true(err == 0 || err == WOAD_ERR_NO_MEM || err == WOAD_ERR_TOO_LONG);
    }
    return -1;
}

/* Cuts a fixed workload at each of its operations, each way; then goes on and cuts once more. */
static void cut_everywhere(uint32_t block_size, uint16_t blocks, uint8_t unit, uint8_t erased,
                           uint16_t len_max)
{
    struct world w;
    open_world(&w, block_size, blocks, unit, erased, 1);
    assert_int_equal(run(&w, STEPS, len_max), -1);
    long total = w.d.operations;
    unsigned erases = w.d.erases[0];
    assert_true(matches(&w, &w.acked));
    flash_double_close(&w.d);
    assert_true(erases > 2); /* the workload goes round */
    for (long at = 0; at < total; at++) {
        for (enum flash_cut cut = 0; cut < FLASH_CUTS; cut++) {
            open_world(&w, block_size, blocks, unit, erased, 1);
            w.d.cut_at = at;
            w.d.cut = cut;
            assert_true(run(&w, STEPS, len_max) >= 0);
            settle(&w);
            /* Recovery itself, cut at one of its first operations. */
            w.d.cut_at = w.d.operations + at % 23;
            w.d.cut = (enum flash_cut)(at % FLASH_CUTS);
            if (run(&w, 12, len_max) >= 0)
                settle(&w);
            w.d.cut_at = -1;
            assert_int_equal(run(&w, 12, len_max), -1);
            assert_true(matches(&w, &w.acked));
            assert_int_equal(mount(&w), 0);
            assert_true(matches(&w, &w.acked));
            assert_false(w.d.rule_broken);
            assert_int_equal(w.log.dropped, 0);
            flash_double_close(&w.d);
        }
    }
}

static void power_cut_at_every_operation(void **state)
{
    (void)state;
    cut_everywhere(512, 3, 4, 0xFF, 60);
}

static void power_cut_two_blocks(void **state)
{
    (void)state;
    cut_everywhere(768, 2, 1, 0xFF, 40);
}

static void power_cut_wide_units_erased_to_zero(void **state)
{
    (void)state;
    cut_everywhere(1024, 3, 32, 0x00, 200);
}

/* Cuts one after another, without end, at random distances. */
static void power_cut_again_and_again(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 512, 5, 8, 0xFF, 99);
    for (int i = 0; i < 20000; i++) {
        w.d.cut_at = w.d.operations + (long)(test_rand(&w.rand) % 40);
        w.d.cut = (enum flash_cut)(test_rand(&w.rand) % FLASH_CUTS);
        while (!w.d.off && test_rand(&w.rand) % 30)
            (void)step(&w, 90);
        if (!w.d.off && test_rand(&w.rand) % 2)
            w.d.off = woad_store_flash_tidy(&w.log) < 0;
        if (w.d.off)
            settle(&w);
        assert_true(matches(&w, &w.acked));
    }
    assert_false(w.d.rule_broken);
    flash_double_close(&w.d);
}

/* An operation that fails while the power stays: the store reads the flash again and goes on. */
static void an_error_of_the_flash_is_survived(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 512, 4, 4, 0xFF, 7);
    for (int i = 0; i < 3000; i++) {
        w.d.cut_at = w.d.operations + (long)(test_rand(&w.rand) % 20);
        w.d.cut = (enum flash_cut)(test_rand(&w.rand) % FLASH_CUTS);
        int err = step(&w, 60);
        assert_true(!w.d.off || err == WOAD_ERR_IO || err == 0);
        w.d.off = false;
        w.d.cut_at = -1;
        if (err == WOAD_ERR_IO && matches(&w, &w.tried))
            w.acked = w.tried;
        assert_true(matches(&w, &w.acked));
    }
    flash_double_close(&w.d);
}

static void wear_is_level(void **state)
{
    (void)state;
    struct world w;
    unsigned low = UINT32_MAX, high = 0;
    open_world(&w, 1024, 8, 4, 0xFF, 5);
    uint8_t cold[200] = {1};
    for (uint32_t i = 0; i < 6; i++) /* values that never change, beside one that always does */
        assert_int_equal(woad_store_put(&w.store, 0x990000 + i, cold, sizeof(cold)), 0);
    for (uint32_t i = 0; i < 30000; i++)
        assert_int_equal(woad_store_put(&w.store, 7, &i, sizeof(i)), 0);
    for (unsigned i = 0; i < 8; i++) {
        low = w.d.erases[i] < low ? w.d.erases[i] : low;
        high = w.d.erases[i] > high ? w.d.erases[i] : high;
    }
    assert_true(low > 60);
    assert_true(high - low <= 1);
    flash_double_close(&w.d);
}

/* Fills the store, whose every refusal changes nothing and wears nothing; then deletes it all. */
static void fill_up(uint32_t block_size, uint16_t blocks, uint8_t unit, uint16_t len)
{
    static struct woad_store_flash_key index[400];
    struct flash_double d;
    struct woad_store_flash log;
    uint8_t value[WOAD_STORE_VALUE_MAX], got[WOAD_STORE_VALUE_MAX];
    uint32_t n = 0;
    flash_double_open(&d, block_size, blocks, unit, 0xFF, 0xFF);
    assert_int_equal(woad_store_flash_mount(&log, &d.flash, index, 400), 0);
    struct woad_store s = woad_store_flash_store(&log);
    for (;; n++) {
        long space = s.ops->space(s.ctx);
        fill(value, len, (uint8_t)n);
        int err = woad_store_put(&s, 100 + n, value, len);
        assert_int_equal(err, err ? WOAD_ERR_NO_MEM : 0);
        assert_true(err || space > 0);
        if (err)
            break;
    }
    /* At least half of what the blocks but one hold, for all but absurd sizes. */
    assert_true(n * (len + 12u) * 2 > block_size * (blocks - 1u) - 8u * 64u);
    long operations = d.operations;
    for (int i = 0; i < 100; i++)
        assert_int_equal(woad_store_put(&s, 100 + n, value, len), WOAD_ERR_NO_MEM);
    assert_int_equal(d.operations, operations);
    for (uint32_t i = 0; i < n; i++) {
        fill(value, len, (uint8_t)i);
        assert_int_equal(woad_store_get(&s, 100 + i, got, sizeof(got)), len);
        assert_memory_equal(got, value, len);
    }
    while (n) {
        struct woad_store_item gone[8];
        size_t count = 0;
        for (; count < 8 && n; count++)
            gone[count] = (struct woad_store_item){100 + --n, NULL, 0};
        assert_int_equal(woad_store_write(&s, gone, count), 0);
    }
    assert_int_equal(woad_store_flash_mount(&log, &d.flash, index, 400), 0);
    assert_int_equal(log.key_count, 0);
    assert_int_equal(woad_store_put(&s, 1, value, len), 0);
    flash_double_close(&d);
}

static void full_store_refuses_and_loses_nothing(void **state)
{
    (void)state;
    fill_up(4096, 2, 4, 100);
    fill_up(4096, 4, 4, 1024);
    fill_up(2048, 5, 8, 300);
    fill_up(512, 16, 1, 20);
    fill_up(1024, 8, 32, 64);
}

/* A store that has little room left keeps its promise that what it takes fits. */
static void nearly_full_goes_on(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed < 40; seed++) {
        struct world w;
        open_world(&w, 512, (uint16_t)(2 + seed % 6), 4, 0xFF, seed);
        for (int i = 0; i < 2000; i++) {
            int err = step(&w, (uint16_t)(20 + 10 * seed));
            assert_true(err == 0 || err == WOAD_ERR_NO_MEM || err == WOAD_ERR_TOO_LONG);
        }
        assert_true(matches(&w, &w.acked));
        assert_int_equal(mount(&w), 0);
        assert_true(matches(&w, &w.acked));
        flash_double_close(&w.d);
    }
}

static void any_image_mounts(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 512, 4, 4, 0xFF, 3);
    for (int round = 0; round < 400; round++) {
        for (uint32_t i = 0; i < 2048; i++)
            w.d.mem[i] = (uint8_t)test_rand(&w.rand);
        memset(w.d.used, 1, 2048);
        memset(&w.acked, 0, sizeof(w.acked));
        assert_int_equal(mount(&w), 0);
        assert_true(matches(&w, &w.acked));
        assert_int_equal(run(&w, 30, 60), -1);
        assert_true(matches(&w, &w.acked));
    }
    flash_double_close(&w.d);
}

/* Octets that change by themselves are noticed, and the rest of the store stays usable. */
static void a_damaged_value_is_said_to_be(void **state)
{
    (void)state;
    struct world w;
    uint8_t value[60] = {9}, got[60];
    open_world(&w, 512, 3, 4, 0xFF, 3);
    assert_int_equal(woad_store_put(&w.store, 1, value, sizeof(value)), 0);
    assert_int_equal(woad_store_put(&w.store, 2, value, 10), 0);
    w.d.mem[w.log.keys[0].at * 8u + 30] ^= 4;
    assert_int_equal(woad_store_get(&w.store, 1, got, sizeof(got)), WOAD_ERR_FORMAT);
    assert_int_equal(woad_store_get(&w.store, 2, got, sizeof(got)), 10);
    for (uint32_t i = 0; i < 200; i++) /* its block is moved: the damaged record is left behind */
        assert_int_equal(woad_store_put(&w.store, 3, &i, sizeof(i)), 0);
    assert_int_equal(w.log.dropped, 1);
    assert_int_equal(woad_store_get(&w.store, 1, got, sizeof(got)), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_store_get(&w.store, 2, got, sizeof(got)), 10);
    flash_double_close(&w.d);
}

static void tidy_takes_the_erase_out_of_a_write(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 512, 4, 4, 0xFF, 3);
    for (uint32_t i = 0; i < 500; i++) {
        int done = woad_store_flash_tidy(&w.log);
        assert_in_range(done, 0, 1);
        unsigned before = w.d.erases[0] + w.d.erases[1] + w.d.erases[2] + w.d.erases[3];
        assert_int_equal(woad_store_put(&w.store, 3, &i, sizeof(i)), 0);
        assert_int_equal(w.d.erases[0] + w.d.erases[1] + w.d.erases[2] + w.d.erases[3], before);
    }
    flash_double_close(&w.d);
}

static void limits_are_kept(void **state)
{
    (void)state;
    struct world w;
    uint8_t value[WOAD_STORE_VALUE_MAX] = {0};
    open_world(&w, 512, 4, 4, 0xFF, 3);
    assert_int_equal(woad_store_put(&w.store, 1, value, 600), WOAD_ERR_TOO_LONG);
    for (uint32_t i = 0; i < INDEX; i++)
        assert_int_equal(woad_store_put(&w.store, i, value, 1), 0);
    assert_int_equal(woad_store_put(&w.store, INDEX, value, 1), WOAD_ERR_NO_MEM);
    assert_int_equal(woad_store_put(&w.store, 4, value, 2), 0);
    assert_int_equal(woad_store_get(&w.store, 4, value, 1), WOAD_ERR_TOO_LONG);
    assert_int_equal(woad_store_flash_mount(&w.log, &w.d.flash, w.index, INDEX - 1),
                     WOAD_ERR_NO_MEM);
    struct woad_flash bad = w.d.flash;
    bad.unit = 3;
    assert_int_equal(woad_store_flash_mount(&w.log, &bad, w.index, INDEX), WOAD_ERR_INVALID);
    bad = w.d.flash;
    bad.block_count = 1;
    assert_int_equal(woad_store_flash_mount(&w.log, &bad, w.index, INDEX), WOAD_ERR_INVALID);
    flash_double_close(&w.d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_cut_at_every_operation),
        cmocka_unit_test(power_cut_two_blocks),
        cmocka_unit_test(power_cut_wide_units_erased_to_zero),
        cmocka_unit_test(power_cut_again_and_again),
        cmocka_unit_test(an_error_of_the_flash_is_survived),
        cmocka_unit_test(wear_is_level),
        cmocka_unit_test(full_store_refuses_and_loses_nothing),
        cmocka_unit_test(nearly_full_goes_on),
        cmocka_unit_test(any_image_mounts),
        cmocka_unit_test(a_damaged_value_is_said_to_be),
        cmocka_unit_test(tidy_takes_the_erase_out_of_a_write),
        cmocka_unit_test(limits_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
