/* toolbox.h: the security functions of the Security Manager [Vol 3, Part H, 2.2].
 *
 * Octet strings here have the most significant octet first, as the specification prints them; PDUs
 * have it last and are turned round where they are read and written. Each function answers 0 or an
 * error of woad/crypto.h; its result is not to be used then. */
#ifndef WOAD_SMP_TOOLBOX_H
#define WOAD_SMP_TOOLBOX_H

#include "woad/addr.h"
#include "woad/crypto.h"

/* AES-CMAC with a key that is used once. */
int woad_smp_cmac(const uint8_t key[16], const struct woad_cmac_part *parts, size_t count,
                  uint8_t out[16]) WOAD_MUST_USE;
/* The security function e. */
int woad_smp_e(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]) WOAD_MUST_USE;

/* An address as f5 and f6 take it: type, then most significant octet first. */
void woad_smp_a(const struct woad_addr *addr, uint8_t to[7]);

int woad_smp_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], uint8_t z,
                uint8_t out[16]) WOAD_MUST_USE;
int woad_smp_f5(const uint8_t w[32], const uint8_t n1[16], const uint8_t n2[16],
                const struct woad_addr *a1, const struct woad_addr *a2, uint8_t mac_key[16],
                uint8_t ltk[16]) WOAD_MUST_USE;
/* io: AuthReq, OOB data flag, IO capability. */
int woad_smp_f6(const uint8_t w[16], const uint8_t n1[16], const uint8_t n2[16],
                const uint8_t r[16], const uint8_t io[3], const struct woad_addr *a1,
                const struct woad_addr *a2, uint8_t out[16]) WOAD_MUST_USE;
/* Six digits. */
int woad_smp_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], const uint8_t y[16],
                uint32_t *out) WOAD_MUST_USE;
int woad_smp_h6(const uint8_t w[16], const uint8_t key_id[4], uint8_t out[16]) WOAD_MUST_USE;
int woad_smp_h7(const uint8_t salt[16], const uint8_t w[16], uint8_t out[16]) WOAD_MUST_USE;
int woad_smp_ah(const uint8_t k[16], const uint8_t r[3], uint8_t out[3]) WOAD_MUST_USE;

/* LE legacy pairing (legacy_toolbox.c). preq and pres as on air. */
int woad_smp_c1(const uint8_t k[16], const uint8_t r[16], const uint8_t preq[7],
                const uint8_t pres[7], const struct woad_addr *ia, const struct woad_addr *ra,
                uint8_t out[16]) WOAD_MUST_USE;
int woad_smp_s1(const uint8_t k[16], const uint8_t r1[16], const uint8_t r2[16],
                uint8_t out[16]) WOAD_MUST_USE;

/* Copies n octets, the last first. from and to do not overlap. */
void woad_smp_turn(uint8_t *to, const uint8_t *from, size_t n);
/* Equal, in a time that does not tell where they differ. */
bool woad_smp_same(const uint8_t *a, const uint8_t *b, size_t n);
bool woad_smp_zero(const uint8_t *a, size_t n);
/* Overwrites secrets, also where the compiler sees no reader. */
void woad_smp_wipe(void *p, size_t n);

#endif
