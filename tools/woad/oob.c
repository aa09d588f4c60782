#include "oob.h"
#include "tool.h"
#include "value.h"

#include <stdlib.h>
#include <string.h>

int oob_write(const char *path, const struct woad_smp_oob *data)
{
    char addr[WOAD_ADDR_STR_SIZE], rand[VALUE_STR_SIZE], confirm[VALUE_STR_SIZE];
    FILE *f = fopen(path, "w");
    bool ok = f && fprintf(f, "%s rand=%s confirm=%s\n", woad_addr_format(&data->addr, addr),
                           value_format(VALUE_HEX, data->rand, 16, rand),
                           value_format(VALUE_HEX, data->confirm, 16, confirm)) > 0;
    if (f && fclose(f) != 0)
        ok = false;
    if (!ok)
        tool_error("cannot write %s", path);
    return ok ? 0 : TOOL_IO;
}

int oob_read(const char *path, struct woad_smp_oob *data)
{
    char addr[WOAD_ADDR_STR_SIZE], rand[33], confirm[33], line[128] = "";
    size_t len;
    uint8_t *text = tool_read_file(path, &len);
    if (!text)
        return TOOL_IO;
    if (len < sizeof(line))
        memcpy(line, text, len);
    free(text);
    *data = (struct woad_smp_oob){.authenticated = true, .sc = true};
    if (sscanf(line, "%31s rand=%32s confirm=%32s", addr, rand, confirm) == 3 &&
        woad_addr_parse(addr, &data->addr) == 0 && value_parse_hex(rand, data->rand, 16) == 16 &&
        value_parse_hex(confirm, data->confirm, 16) == 16)
        return 0;
    tool_error("%s: not a line like ADDRESS rand=HEX confirm=HEX, as --oob-out writes it", path);
    return TOOL_BAD_INPUT;
}
