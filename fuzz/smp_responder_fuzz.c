/* SMP, the host under test is peripheral and answers; see smp_fuzz.h. */
#include "smp_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return smp_fuzz_run(false, data, len);
}
