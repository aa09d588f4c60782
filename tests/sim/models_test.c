/* ctest: threads timeout=600 */
/* One application, three execution models: the transfer of the demo and short rows of the soak run
 * unchanged on one cooperative thread, with an HCI thread, and fully threaded with four application
 * threads; in virtual time the run repeats octet by octet. */
#include "../unit/test.h"

#include <stdio.h>

#include <psa/crypto.h>

#include "device.h"

enum {
    PSM_SINK = 0x80,   /* b hashes what it gets */
    PSM_SOURCE = 0x81, /* b sends SOURCE_LEN octets and closes */
    PSM_ECHO = 0x82,   /* b sends back what it gets */
    STREAMS = 4,
    RING = 16384,
    SOURCE_LEN = 100000,
};

/* The contents of every transfer: a generator that both ends know. */
static uint8_t content(uint32_t at)
{
    uint32_t x = at * 2654435761u;
    return (uint8_t)(x >> 24 ^ x >> 9);
}

static void fill(uint8_t *to, size_t len, uint32_t at)
{
    for (size_t i = 0; i < len; i++)
        to[i] = content(at + (uint32_t)i);
}

static bool check(const uint8_t *data, size_t len, uint32_t at)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] != content(at + (uint32_t)i))
            return false;
    return true;
}

/* ---- b: event-driven, the same code in every model ------------------------------------------- */

struct service {
    struct woad_stream stream;
    uint8_t ring[RING];
    struct device *d;
    uint16_t psm;
    bool used;
    size_t done;    /* octets in or out */
    size_t pending; /* echo: in buf, not yet sent back */
    uint8_t buf[2000];
    psa_hash_operation_t hash;
    uint8_t digest[32];
    int end;
    struct woad_sem ended;
};

static struct service services[STREAMS];

static void sink(struct service *v)
{
    long n;
    while ((n = woad_stream_read(&v->stream, v->buf, sizeof(v->buf), 0)) > 0) {
        MUST(psa_hash_update(&v->hash, v->buf, (size_t)n) == PSA_SUCCESS);
        v->done += (size_t)n;
    }
    v->end = (int)n;
}

static void source(struct service *v)
{
    while (v->done < SOURCE_LEN) {
        size_t len = SOURCE_LEN - v->done < 1500 ? SOURCE_LEN - v->done : 1500;
        fill(v->buf, len, (uint32_t)v->done);
        long n = woad_stream_write(&v->stream, v->buf, len, 0);
        if (n < 0) {
            v->end = (int)n;
            return;
        }
        v->done += (size_t)n;
    }
    v->end = woad_stream_close(&v->stream, true, 0);
}

static void echo(struct service *v)
{
    for (;;) {
        if (!v->pending) {
            long n = woad_stream_read(&v->stream, v->buf, sizeof(v->buf), 0);
            v->end = n < 0 ? (int)n : 0;
            if (n < 0)
                return;
            v->pending = (size_t)n;
        }
        long n = woad_stream_write(&v->stream, v->buf, v->pending, 0);
        if (n < 0) {
            v->end = (int)n;
            return;
        }
        v->pending -= (size_t)n;
        memmove(v->buf, v->buf + n, v->pending);
    }
}

static void service_changed(void *arg, struct woad_stream *s)
{
    struct service *v = arg;
    (void)s;
    if (v->psm == PSM_SINK)
        sink(v);
    else if (v->psm == PSM_SOURCE)
        source(v);
    else
        echo(v);
    if (v->end == WOAD_ERR_AGAIN)
        return;
    if (v->psm == PSM_SINK) {
        size_t len;
        MUST(psa_hash_finish(&v->hash, v->digest, 32, &len) == PSA_SUCCESS);
    }
    if (woad_stream_close(&v->stream, false, 0) == 0 && v->used) {
        v->used = false;
        woad_sem_give(&v->ended);
    }
}

static void listener(void *arg, struct woad_host *h, const struct woad_chan_evt *evt)
{
    struct device *d = arg;
    if (evt->type != WOAD_CHAN_ACCEPT)
        return;
    unsigned i = 0;
    while (i < STREAMS && services[i].used)
        i++;
    MUST(i < STREAMS);
    struct service *v = &services[i];
    v->used = true;
    v->psm = evt->u.opened.psm;
    v->done = v->pending = 0;
    v->end = 0;
    v->hash = psa_hash_operation_init();
    MUST(psa_hash_setup(&v->hash, PSA_ALG_SHA_256) == PSA_SUCCESS);
    woad_stream_init(&v->stream, d->rt.kernel, h, v->ring, RING);
    woad_stream_set_changed(&v->stream, service_changed, v);
    MUST(woad_l2cap_accept(h, evt->chan, WOAD_L2CAP_OK, woad_stream_event, &v->stream) == 0);
}

static void serve(struct device *b)
{
    for (unsigned i = 0; i < STREAMS; i++) {
        memset(&services[i], 0, sizeof(services[i]));
        woad_sem_init(&services[i].ended, b->rt.kernel, 0);
    }
    for (uint16_t psm = PSM_SINK; psm <= PSM_ECHO; psm++)
        MUST(woad_l2cap_listen(
                 b->host, &(struct woad_chan_cfg){.psm = psm, .event = listener, .arg = b}) == 0);
}

/* ---- a: blocking ------------------------------------------------------------------------------
 */

static void open_stream(struct device *a, struct woad_stream *s, uint8_t *ring, uint16_t psm)
{
    woad_stream_init(s, a->rt.kernel, a->host, ring, RING);
    assert_int_equal(
        woad_stream_connect(s, a->conn, &(struct woad_chan_cfg){.psm = psm}, WOAD_S(20)), 0);
}

/* Sends len octets in writes of chunk octets; the other end's SHA-256 is ours. */
static void send_file(struct device *a, size_t len, size_t chunk)
{
    static uint8_t ring[RING], data[200000];
    static struct woad_stream s;
    uint8_t digest[32];
    size_t n;
    assert_true(len <= sizeof(data));
    fill(data, len, (uint32_t)chunk);
    assert_int_equal(psa_hash_compute(PSA_ALG_SHA_256, data, len, digest, 32, &n), PSA_SUCCESS);
    open_stream(a, &s, ring, PSM_SINK);
    for (size_t at = 0; at < len; at += chunk) {
        size_t part = len - at < chunk ? len - at : chunk;
        assert_int_equal(woad_stream_write(&s, data + at, part, WOAD_TIME_NEVER), part);
    }
    assert_int_equal(woad_stream_close(&s, true, WOAD_S(20)), 0);
    /* b ends when it has read the end of the stream */
    if (a->world->is_virtual)
        while (services[0].used)
            assert_int_equal(woad_runtime_turn(&a->rt, WOAD_TIME_NEVER), 0);
    else
        while (!woad_sem_count(&services[0].ended))
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(woad_sem_take(&services[0].ended, 0), 0);
    assert_int_equal(services[0].end, WOAD_ERR_EOF);
    assert_int_equal(services[0].done, len);
    assert_memory_equal(services[0].digest, digest, 32);
}

/* Receives what b sends, in reads of chunk octets, to the end. */
static void receive_file(struct device *a, size_t chunk, woad_time timeout_us)
{
    static uint8_t ring[RING], data[8192];
    static struct woad_stream s;
    size_t got = 0, timeouts = 0;
    long n;
    open_stream(a, &s, ring, PSM_SOURCE);
    for (;;) {
        n = woad_stream_read_all(&s, data, chunk, timeout_us);
        if (n == WOAD_ERR_TIMEOUT && timeouts++ < 1000000)
            continue;
        if (n < 0)
            break;
        assert_true(check(data, (size_t)n, (uint32_t)got)); /* in step after every timeout */
        got += (size_t)n;
    }
    assert_int_equal(n, WOAD_ERR_EOF);
    assert_int_equal(got, SOURCE_LEN);
    assert_int_equal(woad_stream_close(&s, true, 0), 0);
}

struct echo_job {
    struct device *a;
    unsigned index;
    const char *failed;
    uint8_t ring[RING];
    struct woad_stream s;
};

static void *echo_thread(void *arg)
{
    struct echo_job *j = arg;
    uint8_t out[3000], in[3000];
    woad_stream_init(&j->s, j->a->rt.kernel, j->a->host, j->ring, RING);
    if (woad_stream_connect(&j->s, j->a->conn, &(struct woad_chan_cfg){.psm = PSM_ECHO},
                            WOAD_S(30)))
        j->failed = "connect";
    for (uint32_t round = 0; !j->failed && round < 15; round++) {
        uint32_t at = round * 3000 + j->index * 7919;
        fill(out, sizeof(out), at);
        if (woad_stream_write(&j->s, out, sizeof(out), WOAD_S(60)) != sizeof(out))
            j->failed = "write";
        else if (woad_stream_read_all(&j->s, in, sizeof(in), WOAD_S(60)) != sizeof(in))
            j->failed = "read";
        else if (!check(in, sizeof(in), at))
            j->failed = "contents";
    }
    if (woad_stream_close(&j->s, true, WOAD_S(20)) && !j->failed)
        j->failed = "close";
    return NULL;
}

/* The same job by four threads at once, or, where the model has one thread, one after another. */
static void echo_on_four(struct device *a)
{
    static struct echo_job jobs[STREAMS];
    pthread_t t[STREAMS];
    bool threaded = a->rt.cfg.model == WOAD_RUN_THREADED;
    for (unsigned i = 0; i < STREAMS; i++) {
        jobs[i].a = a;
        jobs[i].index = i;
        jobs[i].failed = NULL;
        if (threaded)
            assert_int_equal(pthread_create(&t[i], NULL, echo_thread, &jobs[i]), 0);
        else
            (void)echo_thread(&jobs[i]);
    }
    for (unsigned i = 0; i < STREAMS; i++) {
        if (threaded)
            pthread_join(t[i], NULL);
        if (jobs[i].failed)
            fail_msg("stream %u: %s", i, jobs[i].failed);
    }
}

/* ---- the application, unchanged
 * ------------------------------------------------------------------ */

static void connect_devices(struct device *a, struct device *b)
{
    serve(b);
    device_start(b, true);
    device_start(a, false);
    assert_int_equal(woad_sem_take(&a->ready, WOAD_S(20)), 0);
    assert_int_equal(woad_sem_take(&a->connected, WOAD_S(20)), 0);
}

static uint64_t application(enum woad_run_model model, bool is_virtual, uint64_t seed)
{
    static struct world w;
    static struct device a, b;
    world_start(&w, &a, &b, model, is_virtual, seed, 0);
    connect_devices(&a, &b);
    send_file(&a, 200000, 4096);
    send_file(&a, 30000, 20);
    send_file(&a, 50000, 245);
    send_file(&a, 50000, 50000);
    receive_file(&a, 4096, WOAD_TIME_NEVER);
    receive_file(&a, 251, 1000);
    echo_on_four(&a);
    (void)world_stop(&w, &a, &b);
    /* once more through air that loses a tenth */
    world_start(&w, &a, &b, model, is_virtual, seed, 100);
    connect_devices(&a, &b);
    send_file(&a, 100000, 1000);
    receive_file(&a, 512, WOAD_MS(100));
    echo_on_four(&a);
    return world_stop(&w, &a, &b);
}

static void cooperative_virtual(void **state)
{
    (void)state;
    uint64_t first = application(WOAD_RUN_COOP, true, 7);
    assert_true(application(WOAD_RUN_COOP, true, 7) == first);
    assert_true(application(WOAD_RUN_COOP, true, 8) != first);
}

static void cooperative(void **state)
{
    (void)state;
    (void)application(WOAD_RUN_COOP, false, 7);
}

static void one_hci_thread(void **state)
{
    (void)state;
    (void)application(WOAD_RUN_HCI_THREAD, false, 7);
}

static void threaded(void **state)
{
    (void)state;
    (void)application(WOAD_RUN_THREADED, false, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cooperative_virtual),
        cmocka_unit_test(cooperative),
        cmocka_unit_test(one_hci_thread),
        cmocka_unit_test(threaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
