/* Hexadecimal text, for addresses and UUIDs. */
#ifndef WOAD_TEXT_PRIV_H
#define WOAD_TEXT_PRIV_H

/* 0..15, or -1. */
static inline int woad_text_nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The octet in two digits at text, or -1. Never reads past a terminating 0. */
static inline int woad_text_octet(const char *text)
{
    int high = woad_text_nibble(text[0]);
    int low = high < 0 ? -1 : woad_text_nibble(text[1]);
    return low < 0 ? -1 : high << 4 | low;
}

#endif
