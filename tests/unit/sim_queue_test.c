/* The queue against a plain list. */
#include "sim_fixture.h"

#include "../../sim/sim_priv.h"

enum { THINGS = 300 };

static uint32_t least(const woad_sim_time *at, const struct sim_slot *slots)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < THINGS; i++) {
        if (at[i] < at[best] || (at[i] == at[best] && slots[i].rank < slots[best].rank))
            best = i;
    }
    return best;
}

static void gives_the_earliest_whatever_was_moved(void **state)
{
    (void)state;
    struct sim_queue q = {0};
    struct sim_slot slots[THINGS];
    woad_sim_time at[THINGS];
    uint64_t rng = 4;
    for (uint32_t i = 0; i < THINGS; i++) {
        slots[i] = sim_slot_make((enum sim_kind)(i % 5), i);
        at[i] = SIM_NEVER;
    }
    for (unsigned round = 0; round < 100000; round++) {
        uint32_t i = (uint32_t)woad_sim_rng_below(&rng, THINGS);
        at[i] = round % 7 == 0 ? SIM_NEVER : woad_sim_rng_below(&rng, 500);
        woad_sim_queue_set(&q, &slots[i], at[i]);
        uint32_t first = least(at, slots);
        assert_true(sim_queue_next(&q) == at[first]);
        if (at[first] == SIM_NEVER)
            continue;
        assert_ptr_equal(q.entries[0].slot, &slots[first]);
        if (round % 3 == 0) {
            woad_sim_queue_remove(&q, &slots[first]);
            woad_sim_queue_remove(&q, &slots[first]);
            at[first] = SIM_NEVER;
        }
    }
    woad_sim_queue_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_earliest_whatever_was_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
