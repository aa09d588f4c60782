/* Sample files for tests. */
#ifndef WOAD_TEST_CAPTURE_FILE_H
#define WOAD_TEST_CAPTURE_FILE_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole of tests/data/name; free it. Has a NUL after the last octet. */
static inline uint8_t *read_data_file(const char *name, size_t *len)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/tests/data/%s", WOAD_SOURCE_DIR, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot open %s", path);
    uint8_t *data = malloc(1 << 20);
    assert_non_null(data);
    *len = fread(data, 1, (1 << 20) - 1, f);
    data[*len] = 0;
    fclose(f);
    return data;
}

#endif
