/* tools/woad/oob.h: data of out-of-band pairing in a file of one line, which travels by another
 * channel:
 *
 *     C0:EE:FF:00:00:01/public rand=00..0f confirm=00..0f
 */
#ifndef WOAD_OOB_H
#define WOAD_OOB_H

#include "woad/smp.h"

/* 0 or an exit code after a message. */
int oob_write(const char *path, const struct woad_smp_oob *data);
int oob_read(const char *path, struct woad_smp_oob *data);

#endif
