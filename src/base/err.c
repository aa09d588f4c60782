#include "woad/err.h"

#include <stddef.h>

static const struct {
    int number;
    const char *name;
    const char *text;
} errors[] = {
#define ROW(name, number, text) {number, #name, text},
    WOAD_ERR_LIST(ROW)
#undef ROW
};

const char *woad_err_name(int err)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].number == err)
            return errors[i].name;
    return "?";
}

const char *woad_err_text(int err)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].number == err)
            return errors[i].text;
    return "?";
}
