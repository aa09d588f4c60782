/* examples/heart_rate.c: a belt measures, a collector shows, and resets the energy once. */
#include <stdio.h>

#include "central.h"
#include "stage.h"
#include "woad/service_heart_rate.h"

/* ---- the belt -------------------------------------------------------------------------------- */

static uint16_t energy_kj = 41;
static struct woad_host *belt;
static struct woad_delayed beat;

static void on_sensor(void *arg, struct woad_host *h, const struct woad_heart_rate_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_HEART_RATE_ENERGY_RESET)
        printf("belt: the energy counts from 0 again\n");
}

static struct woad_heart_rate sensor = {
    .location = WOAD_HEART_RATE_CHEST, .energy_kj = &energy_kj, .event = on_sensor};

/* One measurement a second, of a heart that beats a little faster each time. One that finds no
 * buffer is old by the time there is one: the next second brings another. */
static void on_beat(struct woad_work *work)
{
    static uint16_t bpm = 60;
    (void)work;
    struct woad_heart_rate_value m = {
        .bpm = bpm,
        .contact = WOAD_HEART_RATE_CONTACT,
        .has_energy = true,
        .energy_kj = energy_kj,
        .rr_count = 1,
        .rr_1024 = {(uint16_t)(60u * 1024 / bpm)},
    };
    bpm++;
    int told = woad_heart_rate_send(belt, &sensor, &m);
    if (told != WOAD_ERR_AGAIN && told != WOAD_ERR_STATE)
        stage_check("send", told);
    if (told > 0 && energy_kj < UINT16_MAX)
        energy_kj++;
    woad_delayed_schedule(stage_work(belt), &beat, WOAD_S(1));
}

static void start_belt(struct woad_host *h)
{
    belt = h;
    stage_check("add the service", woad_heart_rate_add(h, &sensor));
    woad_delayed_init(&beat, on_beat);
    woad_delayed_schedule(stage_work(h), &beat, WOAD_S(1));
}

static void on_belt(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    stage_advertise(h, evt, "belt", &woad_heart_rate_uuid);
}

/* ---- the collector --------------------------------------------------------------------------- */

static void on_reset(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    (void)h;
    stage_check("reset the energy", evt->u.done.err);
}

static void on_location(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    static const char *const places[] = {"other", "chest",    "wrist", "finger",
                                         "hand",  "ear lobe", "foot"};
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTC_VALUE && evt->u.value.len && evt->u.value.data[0] < 7)
        printf("sensor at: %s\n", places[evt->u.value.data[0]]);
}

static void on_measurement(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    static unsigned count;
    struct central *c = arg;
    struct woad_heart_rate_value m;
    if (evt->type == WOAD_GATTC_DONE)
        stage_check("subscribe", evt->u.done.err);
    if (evt->type != WOAD_GATTC_VALUE)
        return;
    if (woad_heart_rate_parse(&m, evt->u.value.data, evt->u.value.len)) {
        printf("not a measurement\n");
        return;
    }
    printf("%u bpm", m.bpm);
    if (m.contact)
        printf(", %s", m.contact == WOAD_HEART_RATE_CONTACT ? "on the skin" : "no contact");
    if (m.has_energy)
        printf(", %u kJ", m.energy_kj);
    for (unsigned i = 0; i < m.rr_count; i++)
        printf("%s%u", i ? " " : ", ms between beats: ", m.rr_1024[i] * 1000u / 1024);
    printf("\n");
    if (++count == 3)
        stage_check("reset the energy",
                    woad_gattc_write(h, c->conn, central_op(c, on_reset),
                                     central_find(c, &woad_heart_rate_control_uuid, 0), "\1", 1));
    if (count == 6)
        stage_end(m.energy_kj < 3 ? 0 : 1);
}

static void on_found(struct central *c, struct woad_host *h)
{
    central_read(c, h, &woad_heart_rate_location_uuid, on_location);
    central_subscribe(c, h, &woad_heart_rate_measurement_uuid, on_measurement);
}

static struct central central = {.service = &woad_heart_rate_uuid, .found = on_found};

static void on_collector(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    central_event(&central, h, evt);
}

int main(int argc, char **argv)
{
    static const struct woad_host_use server[] = {{&woad_gatts_part, NULL}, {NULL, NULL}};
    static const struct woad_host_use client[] = {{&woad_gattc_part, NULL}, {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "belt", .start = start_belt, .host = {.event = on_belt, .parts = server}},
        {.name = "collector", .host = {.event = on_collector, .parts = client}},
    };
    return stage_main(argc, argv, roles, 2);
}
