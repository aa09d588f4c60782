/* MicroPython on a board without an operating system, as far as the bluetooth module sees it. */
#include <alloca.h>
#include <stddef.h>
#include <stdint.h>

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#define MICROPY_ENABLE_GC        (1)
#define MICROPY_LONGINT_IMPL     (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL       (MICROPY_FLOAT_IMPL_FLOAT)
#define MP_STATE_PORT            MP_STATE_VM

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef long mp_off_t;

/* Memory of the host and of what scripts send: the board's own. */
void *board_alloc(size_t size);
void board_free(void *p);
#define MPW_MALLOC board_alloc
#define MPW_FREE   board_free
