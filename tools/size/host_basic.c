/* The lamp of host_peripheral.c on the smaller start of woad_host_init_basic(). */
#define LAMP_INIT woad_host_init_basic
#include "host_peripheral.c"
