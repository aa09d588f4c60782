/* woad/gap_privacy.h: private addresses, ours and the peers' [Vol 3, Part C, 10.7; Vol 6, Part B,
 * 6].
 *
 *      own IRK ---- ah ----> address in the air, renewed every timeout_s   (advertising, scanning,
 *                                                                           connecting, each set)
 *      IRKs of bonded peers ---> the controller's resolving list, or the host compares
 *
 * With woad_gap_privacy_part named, the host never shows its identity address in the air: it makes
 * a resolvable private address from its identity key at start and again every timeout_s (a little
 * less at random, so that devices started together do not change together). Where an address may
 * not change while something runs (LE Set Random Address and connectable sets answer Command
 * Disallowed), the host pauses advertising, scanning and connecting for the few milliseconds of the
 * change; no event tells. Every advertising set gets an address of its own, so that sets cannot be
 * linked.
 *
 * When the controller has LL privacy, peers of struct woad_identities go into its resolving list:
 * then reports, filter lists and woad_gap_connect() work with identity addresses. Own addresses are
 * made by the host also then: a controller would show the identity to everybody it has no key for.
 * The list holds what fits; the host compares for the rest.
 *
 * Identities come from security, &woad_smp_identities of woad/smp.h, or from anywhere: three
 * functions. A bond made by pairing is taken up by itself; after one was removed or added by a
 * call, call woad_gap_privacy_refresh().
 *
 * woad_crypto_init() must have succeeded before; without keys that work, addresses are such that
 * nobody resolves them. Common errors as in woad/gap.h; UNSUPPORTED: the part is not there.
 */
#ifndef WOAD_GAP_PRIVACY_H
#define WOAD_GAP_PRIVACY_H

#include "woad/gap.h"

extern const struct woad_host_part woad_gap_privacy_part;

enum woad_privacy_mode {                           /* [Vol 6, Part B, 4.7] */
                         WOAD_PRIVACY_NETWORK = 0, /* the peer is taken by private address only */
                         WOAD_PRIVACY_DEVICE = 1,  /* also by its identity address */
};

struct woad_identity {
    struct woad_addr addr; /* PUBLIC or RANDOM */
    uint8_t irk[16];       /* most significant octet first; all zero: it has none */
    uint8_t mode;          /* enum woad_privacy_mode */
    bool no_resolution;    /* its Central Address Resolution is absent or 0 [Vol 3, Part C, 12.4]:
                              directed advertising to it is refused (UNSUPPORTED). The host does
                              not read it: a peripheral that wants to advertise directly does, and
                              sets this in a get() of its own (examples/door.c) */
};

/* Who knows peers: const, one per kind of store. Called in the pump context. */
struct woad_identities {
    uint16_t (*count)(const struct woad_host *h);
    /* at below count; false leaves that one out. *identity is zeroed. */
    bool (*get)(const struct woad_host *h, uint16_t at, struct woad_identity *identity);
    bool (*own_irk)(const struct woad_host *h, uint8_t irk[16]);
};

/* Zero in a field means its default (in brackets); the whole may be NULL. */
struct woad_privacy_cfg {
    const struct woad_identities *identities; /* [no peers] */
    const uint8_t
        *irk; /* own identity key, 16 octets, lent; NULL: own_irk() of the identities; when
                 that has none, a random one, lost with the host: peers cannot know it */
    uint16_t timeout_s;  /* 1..41400 [900] */
    uint8_t list;        /* entries of the controller's resolving list that the host manages [8] */
    bool non_resolvable; /* addresses that nobody resolves, for beacons and observers */
    bool host_only;      /* leave the controller's resolving list alone */
};

enum woad_privacy_evt_type {
    WOAD_PRIVACY_ADDRESS = 1, /* the address in the air changed; addr */
    WOAD_PRIVACY_REFRESHED,   /* completes woad_gap_privacy_refresh(); result, listed */
};

struct woad_privacy_evt {
    uint8_t type; /* enum woad_privacy_evt_type */
    struct woad_result result;
    struct woad_addr addr;
    uint8_t listed; /* peers that the controller resolves; the host does for the others */
};

/* Reads the identities again and brings the resolving list up to date. -> REFRESHED */
int woad_gap_privacy_refresh(struct woad_host *h) WOAD_MUST_USE;
/* A new address now (after pairing, or when a user asks). -> ADDRESS */
int woad_gap_privacy_renew(struct woad_host *h) WOAD_MUST_USE;

/* The identity behind addr: of a resolvable private address by the keys at hand, of PUBLIC_IDENTITY
 * and RANDOM_IDENTITY (the controller resolved it) by its value. NOT_FOUND. */
int woad_gap_privacy_resolve(struct woad_host *h, const struct woad_addr *addr,
                             struct woad_addr *identity) WOAD_MUST_USE;

/* Kinds of a random address [Vol 6, Part B, 1.3.2]. */
static inline bool woad_addr_is_resolvable(const struct woad_addr *a)
{
    return a->type == WOAD_ADDR_RANDOM && a->val[5] >> 6 == 1;
}
static inline bool woad_addr_is_static(const struct woad_addr *a)
{
    return a->type == WOAD_ADDR_RANDOM && a->val[5] >> 6 == 3;
}

/* hash = ah(irk, prand): the private address of irk and the three octets prand, of which the two
 * top bits are set here; and whether addr was made so [Vol 6, Part B, 1.3.2.2, 1.3.2.3]. */
int woad_rpa_make(const uint8_t irk[16], const uint8_t prand[3],
                  struct woad_addr *addr) WOAD_MUST_USE;
bool woad_rpa_matches(const uint8_t irk[16], const struct woad_addr *addr);

#endif
