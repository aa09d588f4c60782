/* The database against a naive model: an array of who has which handle. Random services come, go
 * and change their tables; after each step every handle is asked for in both. */
#include "../unit/test.h"

#include <string.h>

#include "woad/gatt_db.h"

#define HANDLES  400
#define SERVICES 40
#define ATTRS    24
#define STEPS    4000

static const struct woad_uuid service_uuid = WOAD_UUID16(0x180F), value_uuid = WOAD_UUID16(0x2A19);

struct world {
    struct woad_gatt_db db;
    struct woad_gatt_service *pages[WOAD_GATT_PAGES(HANDLES)];
    struct woad_gatt_service services[SERVICES];
    struct woad_gatt_attr tables[SERVICES][2][ATTRS];
    const struct woad_gatt_service *owner[HANDLES + 1]; /* who has or keeps the handle */
    const struct woad_gatt_attr *attr[HANDLES + 1];
    bool used[HANDLES + 1]; /* ever */
    uint32_t rng;
};

static uint32_t below(struct world *w, uint32_t n)
{
    return test_rand(&w->rng) % n;
}

static void make_table(struct world *w, struct woad_gatt_attr *t, uint16_t count)
{
    static const struct woad_gatt_attr head = WOAD_GATT_SERVICE(&service_uuid);
    static const struct woad_gatt_attr value = WOAD_GATT_CONST(&value_uuid, "x", 1, WOAD_GATT_OPEN);
    static const struct woad_gatt_attr hole = {NULL, NULL, 0, WOAD_GATT_KIND_HOLE, 0};
    t[0] = head;
    for (uint16_t i = 1; i < count; i++)
        t[i] = below(w, 4) ? value : hole;
}

static void model_fill(struct world *w, const struct woad_gatt_service *s)
{
    for (uint16_t i = 0; i < s->span; i++) {
        bool there = i < s->count && s->attrs[i].kind != WOAD_GATT_KIND_HOLE;
        w->owner[s->start + i] = s;
        w->attr[s->start + i] = there ? &s->attrs[i] : NULL;
        w->used[s->start + i] = true;
    }
}

static bool model_free(const struct world *w, uint32_t start, uint16_t span)
{
    if (start + span - 1 > HANDLES)
        return false;
    for (uint16_t i = 0; i < span; i++)
        if (w->owner[start + i])
            return false;
    return true;
}

static bool model_has_room(const struct world *w, uint16_t span)
{
    for (uint32_t start = 1; start <= HANDLES; start++)
        if (model_free(w, start, span))
            return true;
    return false;
}

/* Handles that were never used, at the end. */
static bool model_has_fresh(const struct world *w, uint16_t span)
{
    uint32_t last = HANDLES;
    while (last > 0 && !w->used[last])
        last--;
    return last + span <= HANDLES;
}

static void step_add(struct world *w, unsigned n)
{
    struct woad_gatt_service *s = &w->services[n];
    uint16_t count = (uint16_t)(1 + below(w, ATTRS));
    uint16_t wanted = below(w, 3) ? 0 : (uint16_t)(1 + below(w, HANDLES + 20));
    make_table(w, w->tables[n][0], count);
    *s = (struct woad_gatt_service){.attrs = w->tables[n][0], .count = count, .start = wanted};
    s->span = (uint16_t)(below(w, 3) ? 0 : count + below(w, 5));
    uint16_t span = s->span ? s->span : count;
    bool fresh = model_has_fresh(w, span);
    int err = woad_gatt_db_add(&w->db, s);
    if (wanted && wanted + span - 1 > HANDLES) {
        assert_int_equal(err, WOAD_ERR_INVALID);
    } else if (wanted) {
        assert_int_equal(err, model_free(w, wanted, span) ? 0 : WOAD_ERR_EXISTS);
    } else {
        assert_int_equal(err, model_has_room(w, span) ? 0 : WOAD_ERR_NO_MEM);
    }
    if (err)
        return;
    if (wanted)
        assert_int_equal(s->start, wanted);
    else if (fresh)
        for (uint16_t i = 0; i < span; i++)
            assert_false(w->used[s->start + i]);
    assert_int_equal(woad_gatt_db_add(&w->db, s), WOAD_ERR_EXISTS);
    model_fill(w, s);
}

static void step_remove(struct world *w, struct woad_gatt_service *s)
{
    for (uint16_t i = 0; i < s->span; i++) {
        w->owner[s->start + i] = NULL;
        w->attr[s->start + i] = NULL;
    }
    woad_gatt_db_remove(&w->db, s);
}

static void step_replace(struct world *w, unsigned n)
{
    struct woad_gatt_service *s = &w->services[n];
    uint16_t count = (uint16_t)(1 + below(w, ATTRS));
    struct woad_gatt_attr *t = w->tables[n][s->attrs == w->tables[n][0]];
    make_table(w, t, count);
    int err = woad_gatt_db_replace(&w->db, s, t, count);
    assert_int_equal(err, count > s->span ? WOAD_ERR_NO_MEM : 0);
    if (!err)
        model_fill(w, s);
}

static void check(const struct world *w)
{
    struct woad_gatt_service *service;
    uint32_t next = 0; /* the first attribute at or behind the handle below */
    for (uint32_t handle = HANDLES; handle > 0; handle--) {
        const struct woad_gatt_attr *attr = woad_gatt_db_find(&w->db, (uint16_t)handle, &service);
        assert_ptr_equal(attr, w->attr[handle]);
        if (attr) {
            assert_ptr_equal(service, w->owner[handle]);
            next = handle;
        }
        uint16_t found = (uint16_t)handle;
        attr = woad_gatt_db_next(&w->db, &found, &service);
        assert_int_equal(attr != NULL, next != 0);
        if (attr) {
            assert_int_equal(found, next);
            assert_ptr_equal(attr, w->attr[next]);
            assert_ptr_equal(service, w->owner[next]);
        }
    }
    assert_null(woad_gatt_db_find(&w->db, 0, &service));
    assert_null(woad_gatt_db_find(&w->db, HANDLES + 1, &service));
    assert_null(woad_gatt_db_find(&w->db, 0xffff, &service));
}

static void database_equals_a_naive_model(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 5; seed++) {
        static struct world w;
        memset(&w, 0, sizeof(w));
        w.rng = seed * 2654435761u;
        print_message("seed %u\n", (unsigned)seed);
        woad_gatt_db_init(&w.db, w.pages, HANDLES);
        for (unsigned i = 0; i < STEPS / 5; i++) {
            unsigned n = below(&w, SERVICES);
            if (!w.services[n].attached)
                step_add(&w, n);
            else if (below(&w, 2))
                step_remove(&w, &w.services[n]);
            else
                step_replace(&w, n);
            check(&w);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(database_equals_a_naive_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
