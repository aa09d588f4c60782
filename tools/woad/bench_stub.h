/* tools/woad/bench_stub.h: a host with one link whose controller is this program, for counting its
 * instructions: packets enter as from a transport and leave as to one. What it cannot do is a
 * mistake in the benchmark, and ends the process. */
#ifndef WOAD_BENCH_STUB_H
#define WOAD_BENCH_STUB_H

#include "woad/host.h"

#define BENCH_CONN 0x0040

struct bench_stub {
    struct woad_host *host;
    void *mem;
    woad_time now;
    bool ready, connected;
};

/* A started host with these parts and the link BENCH_CONN, whose packets are 251 octets long. */
void bench_stub_init(struct bench_stub *s, const struct woad_host_use *parts);
void bench_stub_free(struct bench_stub *s);
/* One HCI packet in. */
void bench_stub_in(struct bench_stub *s, uint8_t type, const void *data, uint16_t len);
/* The controller has sent one packet. */
void bench_stub_completed(struct bench_stub *s);
/* Runs the host, and does what a controller would with what comes out. */
void bench_stub_turn(struct bench_stub *s);
/* The ACL packet of an ATT PDU; its length, 8 octets more. */
uint16_t bench_stub_att(uint8_t *acl, const void *pdu, uint16_t len);

#endif
