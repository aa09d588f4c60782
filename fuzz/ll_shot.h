/* A controller on the scripted radio as it was at the start, again for every run of a fuzz target:
 * making a link takes longer than what an input does with it. The whole state lies in two blocks
 * that stay where they are, so it is copied back.
 *
 *     static struct shot shots[2];  one for each start
 *     struct s_radio *r = shot_begin(&shots[central], start, central);
 *     ...
 *     shot_end(r);
 */
#ifndef LL_SHOT_H
#define LL_SHOT_H

#include "ll_script.h"

struct shot {
    struct s_radio live, radio;
    void *mem;
};

/* Makes the controller and brings it where runs begin. */
typedef void shot_start_fn(struct s_radio *r, int how);

static inline struct s_radio *shot_begin(struct shot *shot, shot_start_fn *start, int how)
{
    struct s_radio *r = &shot->live;
    if (!shot->mem) {
        start(r, how);
        shot->mem = malloc(r->mem_size);
        if (!shot->mem)
            abort();
        memcpy(shot->mem, r->mem, r->mem_size);
        shot->radio = *r;
        return r;
    }
    *r = shot->radio;
    memcpy(r->mem, shot->mem, r->mem_size);
    return r;
}

/* Gives back what the controller holds outside its memory. */
static inline void shot_end(struct s_radio *r)
{
    woad_ll_deinit(r->ll);
}

#endif
