/* SHA-256 over PSA Crypto. */
#include "tool.h"

#include <psa/crypto.h>
#include <stdlib.h>

int tool_sha256_start(struct tool_sha256 *s)
{
    psa_hash_operation_t *op = calloc(1, sizeof(*op));
    s->op = op;
    if (op && psa_crypto_init() == PSA_SUCCESS &&
        psa_hash_setup(op, PSA_ALG_SHA_256) == PSA_SUCCESS)
        return 0;
    free(op);
    s->op = NULL;
    tool_error("SHA-256 is not available from the crypto library");
    return -1;
}

void tool_sha256_add(struct tool_sha256 *s, const void *data, size_t len)
{
    if (s->op && len)
        psa_hash_update(s->op, data, len);
}

void tool_sha256_hex(struct tool_sha256 *s, char hex[65])
{
    uint8_t out[32] = {0};
    size_t len = 0;
    if (s->op)
        psa_hash_finish(s->op, out, sizeof(out), &len);
    free(s->op);
    s->op = NULL;
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", out[i]);
}
