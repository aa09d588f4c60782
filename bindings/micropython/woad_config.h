/* woad_config.h: what MicroPython is built with to run its bluetooth module on woad. Included
 * before everything else into every source file (micropython.mk, micropython.cmake), so that no
 * file of MicroPython is changed. Each value may be set differently on the compiler's command line.
 */
#ifndef WOAD_MPY_CONFIG_H
#define WOAD_MPY_CONFIG_H

/* Limits: links, L2CAP channels, octets of receive memory of each channel, bonds. */
#ifndef WOAD_MPY_CONNS
#define WOAD_MPY_CONNS 8
#endif
#ifndef WOAD_MPY_CHANS
#define WOAD_MPY_CHANS 16
#endif
#ifndef WOAD_MPY_CHAN_RX
#define WOAD_MPY_CHAN_RX 32768
#endif
#ifndef WOAD_MPY_BONDS
#define WOAD_MPY_BONDS 8
#endif
/* Octets of memory of bonds that no handler of _IRQ_SET_SECRET took. */
#ifndef WOAD_MPY_STORE
#define WOAD_MPY_STORE 16384
#endif

#define MICROPY_PY_BLUETOOTH                        (1)
#define MICROPY_PY_BLUETOOTH_USE_SYNC_EVENTS        (1)
#define MICROPY_PY_BLUETOOTH_ENABLE_CENTRAL_MODE    (1)
#define MICROPY_PY_BLUETOOTH_ENABLE_GATT_CLIENT     (1)
#define MICROPY_PY_BLUETOOTH_ENABLE_PAIRING_BONDING (1)
#define MICROPY_PY_BLUETOOTH_ENABLE_L2CAP_CHANNELS  (1)
#define MICROPY_PY_BLUETOOTH_ENABLE_HCI_CMD         (1)

/* The counts of descriptors that modbluetooth.c hands over are set for characteristics that have
 * some; for the others they are what the collector's memory holds: zero. */
#define MICROPY_GC_CONSERVATIVE_CLEAR (1)

/* The pump is a node of the scheduler. Something scheduled ends a sleep of the interpreter. */
#define MICROPY_SCHEDULER_STATIC_NODES (1)
#if defined(__unix__) || defined(__linux__)
void mpw_port_scheduled(void);
#define MICROPY_SCHED_HOOK_SCHEDULED mpw_port_scheduled()
#endif

#endif
