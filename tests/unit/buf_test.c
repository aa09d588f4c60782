/* Buffers, pools with a reserve, injected failures, queues. */
#include "test.h"
#include "woad/buf.h"
#include "woad/config.h"

#include <string.h>

enum { COUNT = 6, RESERVE = 2, SIZE = 40 };

struct fixture {
    struct woad_pool pool;
    uint64_t mem[(COUNT * (SIZE + sizeof(struct woad_buf) + 16)) / 8];
};

static struct fixture fixture;

static int set_up(void **state)
{
    memset(&fixture, 0xA5, sizeof(fixture)); /* init must not rely on zeros */
    assert_true(woad_pool_mem_size(COUNT, SIZE) <= sizeof(fixture.mem));
    woad_pool_init(&fixture.pool, fixture.mem, COUNT, SIZE, RESERVE);
    *state = &fixture.pool;
    return 0;
}

static int tear_down(void **state)
{
    struct woad_pool *pool = *state;
    assert_int_equal(pool->free_count, COUNT); /* no test leaks */
    unsigned chained = 0;
    for (struct woad_buf *b = pool->free; b; b = b->next)
        chained++;
    assert_int_equal(chained, COUNT);
    return 0;
}

static void fresh_buffer(void **state)
{
    struct woad_buf *b = woad_buf_alloc(*state, 7);
    assert_non_null(b);
    assert_int_equal(b->len, 0);
    assert_int_equal(b->ref, 1);
    assert_int_equal(b->type, WOAD_PKT_NONE);
    assert_null(b->user);
    assert_null(b->ext);
    assert_null(b->next);
    assert_int_equal(woad_buf_headroom(b), 7);
    assert_int_equal(woad_buf_tailroom(b), SIZE - 7);
    /* what the last owner left is gone for the next */
    b->user = b;
    b->handle = 1;
    b->flags = 1;
    woad_buf_unref(b);
    struct woad_buf *again = woad_buf_alloc(*state, 0);
    assert_ptr_equal(again, b);
    assert_null(again->user);
    assert_int_equal(again->handle | again->flags, 0);
    woad_buf_unref(again);
    woad_buf_unref(NULL);
}

static void buffers_do_not_overlap(void **state)
{
    struct woad_buf *bufs[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        bufs[i] = woad_buf_alloc_reserved(*state, 0);
        memset(woad_buf_put(bufs[i], SIZE), (int)i, SIZE);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        for (unsigned j = 0; j < SIZE; j++)
            assert_int_equal(bufs[i]->data[j], i);
        woad_buf_unref(bufs[i]);
    }
}

static void reserve_is_kept(void **state)
{
    struct woad_pool *pool = *state;
    struct woad_buf *bufs[COUNT];
    for (unsigned i = 0; i < COUNT - RESERVE; i++)
        assert_non_null(bufs[i] = woad_buf_alloc(pool, 0));
    assert_null(woad_buf_alloc(pool, 0));
    assert_int_equal(pool->failed, 1);
    for (unsigned i = COUNT - RESERVE; i < COUNT; i++)
        assert_non_null(bufs[i] = woad_buf_alloc_reserved(pool, 0));
    assert_null(woad_buf_alloc_reserved(pool, 0));
    assert_int_equal(pool->failed, 2);
    assert_int_equal(pool->free_min, 0);
    /* a buffer that comes back fills the reserve first */
    woad_buf_unref(bufs[0]);
    assert_null(woad_buf_alloc(pool, 0));
    woad_buf_unref(bufs[1]);
    assert_null(woad_buf_alloc(pool, 0));
    woad_buf_unref(bufs[2]);
    assert_non_null(bufs[0] = woad_buf_alloc(pool, 0));
    woad_buf_unref(bufs[0]);
    for (unsigned i = 3; i < COUNT; i++)
        woad_buf_unref(bufs[i]);
}

static void headroom_beyond_storage(void **state)
{
    struct woad_pool *pool = *state;
    assert_null(woad_buf_alloc(pool, SIZE + 1));
    struct woad_buf *b = woad_buf_alloc(pool, SIZE);
    assert_non_null(b);
    assert_int_equal(woad_buf_tailroom(b), 0);
    woad_buf_unref(b);
}

static void nth_allocation_fails(void **state)
{
    struct woad_pool *pool = *state;
    for (uint32_t n = 1; n <= 4; n++) {
        pool->fail_at = n;
        for (uint32_t i = 1; i <= 5; i++) {
            struct woad_buf *b = woad_buf_alloc(pool, 0);
            assert_true((b == NULL) == (i == n));
            woad_buf_unref(b);
        }
        assert_int_equal(pool->fail_at, 0);
        assert_int_equal(pool->failed, n);
    }
}

static void push_put_pull(void **state)
{
    struct woad_buf *b = woad_buf_alloc(*state, 4);
    memcpy(woad_buf_put(b, 3), "def", 3);
    memcpy(woad_buf_push(b, 3), "abc", 3);
    memcpy(woad_buf_put(b, 1), "g", 1);
    assert_int_equal(b->len, 7);
    assert_memory_equal(b->data, "abcdefg", 7);
    assert_int_equal(woad_buf_headroom(b), 1);
    assert_memory_equal(woad_buf_pull(b, 2), "cdefg", 5);
    assert_int_equal(b->len, 5);
    assert_int_equal(woad_buf_headroom(b) + b->len + woad_buf_tailroom(b), SIZE);
    woad_buf_unref(b);
}

static void released(void *arg, struct woad_buf *buf)
{
    struct woad_buf **last = arg;
    *last = buf;
}

static void references(void **state)
{
    struct woad_pool *pool = *state;
    struct woad_buf *last = NULL;
    pool->released = released;
    pool->released_arg = &last;
    struct woad_buf *b = woad_buf_alloc(pool, 0);
    assert_ptr_equal(woad_buf_ref(b), b);
    woad_buf_unref(b);
    assert_null(last);
    assert_int_equal(pool->free_count, COUNT - 1);
    woad_buf_unref(b);
    assert_ptr_equal(last, b);
    pool->released = NULL;
}

/* Lent memory follows the head; the lender lives as long as its last borrower. */
static void lend_and_copy_out(void **state)
{
    struct woad_pool *pool = *state;
    struct woad_buf *lender = woad_buf_alloc(pool, 0);
    memcpy(woad_buf_put(lender, 6), "uvwxyz", 6);
    struct woad_buf *b = woad_buf_alloc(pool, 8);
    memcpy(woad_buf_put(b, 2), "st", 2);
    woad_buf_lend(b, lender->data, 6, lender);
    woad_buf_unref(lender);
    assert_int_equal(pool->free_count, COUNT - 2);
    assert_int_equal(woad_buf_total(b), 8);
    for (size_t offset = 0; offset <= 9; offset++) {
        for (size_t len = 0; len <= 10; len++) {
            char to[12];
            memset(to, '.', sizeof(to));
            size_t left = offset < 8 ? 8 - offset : 0;
            size_t want = len < left ? len : left;
            assert_int_equal(woad_buf_copy_out(b, offset, to, len), want);
            if (want)
                assert_memory_equal(to, &"stuvwxyz"[offset], want);
            assert_int_equal(to[want], '.');
        }
    }
    woad_buf_push(b, 1);
    woad_buf_unref(b);
    assert_int_equal(pool->free_count, COUNT);
}

static void chain_of_lenders(void **state)
{
    struct woad_pool *pool = *state;
    struct woad_buf *below = NULL;
    for (unsigned i = 0; i < COUNT - RESERVE; i++) {
        struct woad_buf *b = woad_buf_alloc(pool, 0);
        if (below) {
            woad_buf_lend(b, below->data, 0, below);
            woad_buf_unref(below);
        }
        below = b;
    }
    assert_int_equal(pool->free_count, RESERVE);
    woad_buf_unref(below);
}

static void queues(void **state)
{
    struct woad_buf_queue q = {0};
    struct woad_buf *b[4];
    assert_null(woad_buf_queue_pop(&q));
    for (unsigned i = 0; i < 4; i++)
        b[i] = woad_buf_alloc(*state, 0);
    woad_buf_queue_push_front(&q, b[1]);
    woad_buf_queue_push(&q, b[2]);
    woad_buf_queue_push_front(&q, b[0]);
    woad_buf_queue_push(&q, b[3]);
    assert_int_equal(q.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_ptr_equal(woad_buf_queue_peek(&q), b[i]);
        assert_ptr_equal(woad_buf_queue_pop(&q), b[i]);
    }
    assert_null(woad_buf_queue_peek(&q));
    assert_null(q.tail);
    assert_int_equal(q.count, 0);
    for (unsigned i = 0; i < 4; i++)
        woad_buf_queue_push(&q, b[i]);
    woad_buf_queue_clear(&q);
    assert_int_equal(q.count, 0);
}

#define POOL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(fresh_buffer),
        POOL_TEST(buffers_do_not_overlap),
        POOL_TEST(reserve_is_kept),
        POOL_TEST(headroom_beyond_storage),
        POOL_TEST(push_put_pull),
        POOL_TEST(references),
        POOL_TEST(queues),
        POOL_TEST(lend_and_copy_out),
        POOL_TEST(chain_of_lenders),
        TEST_OF_ALLOC_FAULTS(POOL_TEST(nth_allocation_fails)),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
