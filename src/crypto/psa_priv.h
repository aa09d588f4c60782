/* What the two PSA back ends share: error mapping and the guard of the key store. */
#ifndef WOAD_PSA_PRIV_H
#define WOAD_PSA_PRIV_H

#include <mbedtls/threading.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#include "woad/err.h"

static inline int woad_psa_err(psa_status_t status)
{
    switch (status) {
    case PSA_SUCCESS: return 0;
    case PSA_ERROR_INSUFFICIENT_MEMORY: return WOAD_ERR_NO_MEM;
    case PSA_ERROR_INVALID_ARGUMENT: return WOAD_ERR_INVALID;
    default: return WOAD_ERR_FAULT;
    }
}

/* Before 3.6 the key store of the library is process-wide and has no lock, while engines of several
 * threads make keys. The library's own mutex for reading certificate directories, which nothing
 * here does, serves as one. Without threading support in the library there is none to guard from.
 */
#if defined(MBEDTLS_THREADING_C) && defined(MBEDTLS_FS_IO) && MBEDTLS_VERSION_NUMBER < 0x03060000
static inline int woad_psa_lock(void)
{
    return mbedtls_mutex_lock(&mbedtls_threading_readdir_mutex) ? WOAD_ERR_FAULT : 0;
}

static inline void woad_psa_unlock(void)
{
    (void)mbedtls_mutex_unlock(&mbedtls_threading_readdir_mutex);
}
#else
static inline int woad_psa_lock(void)
{
    return 0;
}

static inline void woad_psa_unlock(void) {}
#endif

#endif
