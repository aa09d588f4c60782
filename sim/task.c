/* Pumps in virtual time. A task is queued for the earlier of its deadline and its wake, each put
 * off by its latency. */
#include <stdlib.h>

#include "sim_priv.h"

struct woad_sim_task *woad_sim_task_add(struct woad_sim_dev *dev, woad_sim_run_fn *run, void *arg)
{
    struct woad_sim *sim = dev->sim;
    if (!woad_sim_grow(&sim->tasks, sim->task_count, &sim->task_size))
        return NULL;
    struct woad_sim_task *task = calloc(1, sizeof(*task));
    if (!task)
        return NULL;
    *task = (struct woad_sim_task){.slot = sim_slot_make(SIM_KIND_TASK, sim->task_count),
                                   .dev = dev,
                                   .run = run,
                                   .arg = arg,
                                   .deadline_us = WOAD_TIME_NEVER,
                                   .due = SIM_NEVER};
    sim->tasks[sim->task_count++] = task;
    woad_sim_task_wake(task);
    return task;
}

static void queue_at(struct woad_sim_task *task, woad_sim_time at)
{
    struct woad_sim_dev *dev = task->dev;
    uint64_t latency_us = task->latency_us;
    if (dev->delay_until_ns > dev->sim->now)
        latency_us += dev->fault_delay_us;
    if (latency_us)
        at += woad_sim_rng_below(&dev->timer_rng, latency_us * 1000 + 1);
    if (at >= task->due)
        return;
    task->due = at;
    woad_sim_queue_set(&dev->sim->queue, &task->slot, at);
}

void woad_sim_task_wake(void *arg)
{
    struct woad_sim_task *task = arg;
    if (task->woken)
        return;
    task->woken = true;
    queue_at(task, task->dev->sim->now);
}

void woad_sim_task_latency(struct woad_sim_task *task, uint32_t latency_us)
{
    task->latency_us = latency_us;
}

void woad_sim_task_set_host(struct woad_sim_task *task)
{
    task->host = true;
}

/* A deadline that is not in the future counts as one in a microsecond: time goes on whatever a pump
 * answers. */
static void queue_deadline(struct woad_sim_task *task)
{
    woad_sim_time now = task->dev->sim->now;
    woad_sim_time at = woad_sim_dev_world(task->dev, task->deadline_us);
    if (at != SIM_NEVER)
        queue_at(task, at > now ? at : now + 1000);
}

void woad_sim_task_due(struct woad_sim_task *task)
{
    struct woad_sim *sim = task->dev->sim;
    woad_sim_queue_remove(&sim->queue, &task->slot);
    task->due = SIM_NEVER;
    if (!task->host && task->dev->frozen_until_ns > sim->now) {
        queue_at(task, task->dev->frozen_until_ns);
        return;
    }
    task->woken = false;
    task->deadline_us = task->run(task->arg, woad_sim_dev_now(task->dev));
    queue_deadline(task);
}

void woad_sim_task_requeue(struct woad_sim_task *task)
{
    if (task->woken)
        return;
    woad_sim_queue_remove(&task->dev->sim->queue, &task->slot);
    task->due = SIM_NEVER;
    queue_deadline(task);
}
