/* The texts of the status codes, apart from the tables so that they can be linked alone. */
#include "woad/hci_table.h"

static const char *const texts[] = {
#define TEXT(name, code, text) [code] = text,
    WOAD_HCI_ERR_LIST(TEXT)
#undef TEXT
};

const char *woad_hci_err_text(uint8_t status)
{
    return status < sizeof(texts) / sizeof(texts[0]) ? texts[status] : NULL;
}
