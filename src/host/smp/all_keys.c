/* Phase 3 with the keys that only legacy pairing (ENC) and only signing (SIGN) have, in the order
 * of [Vol 3, Part H, 3.6.1]. Not linked unless a configuration names one of the two; no pairing
 * comes to the steps of the other. */
#include "smp/smp_priv.h"

#define STEP_OF(part, step)                                                                        \
    static uint8_t step(struct smp_link *l, struct woad_rd *r)                                     \
    {                                                                                              \
        return l->s->cfg.part->step(l, r);                                                         \
    }
STEP_OF(legacy, send_ltk)
STEP_OF(legacy, send_ediv)
STEP_OF(legacy, on_ltk)
STEP_OF(legacy, on_ediv)
STEP_OF(signing, send_csrk)
STEP_OF(signing, on_csrk)

#define KEYS_IN                                                                                    \
    {SMP_ENCRYPTION_INFORMATION, SMP_KEY_ENC, false, on_ltk},                                      \
        {SMP_CENTRAL_IDENTIFICATION, SMP_KEY_ENC, false, on_ediv}, SMP_IDENTITY_IN,                \
        {SMP_SIGNING_INFORMATION, SMP_KEY_SIGN, false, on_csrk},                                   \
    {                                                                                              \
        0, 0, true, woad_smp_check_identity                                                        \
    }
#define KEYS_OUT                                                                                   \
    {0, SMP_KEY_ENC, true, send_ltk}, {0, SMP_KEY_ENC, true, send_ediv}, SMP_IDENTITY_OUT,         \
    {                                                                                              \
        0, SMP_KEY_SIGN, true, send_csrk                                                           \
    }

static const struct smp_step initiator[] = {KEYS_IN, KEYS_OUT, SMP_KEYS_END};
static const struct smp_step responder[] = {KEYS_OUT, KEYS_IN, SMP_KEYS_END};

const struct smp_step *const woad_smp_all_keys[2] = {responder, initiator};
