/* The board's clock; nothing of it is used by the module itself. */
#include <stdint.h>
