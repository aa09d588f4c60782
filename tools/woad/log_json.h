/* tools/woad/log_json.h: decoded packets as JSON. */
#ifndef WOAD_TOOL_LOG_JSON_H
#define WOAD_TOOL_LOG_JSON_H

#include "tool.h"
#include "woad/hci_decode.h"

#define LOG_JSON_DEPTH    24
#define LOG_JSON_PROBLEMS 8

/* The decoder visits one after the other what JSON wants nested in arrays: each level remembers the
 * array it has open and closes it when something else comes. */
struct log_json {
    struct tool_json json;
    struct {
        char array[64]; /* key of the open array, or "" */
        bool ad;        /* its elements are AD structures */
        unsigned layers;
    } level[LOG_JSON_DEPTH];
    unsigned depth;
    unsigned skipped; /* levels too deep to show */
    struct {
        const char *text;
        uint64_t n;
    } problem[LOG_JSON_PROBLEMS];
    unsigned problems;
};

extern const struct woad_decode_visitor log_json_visitor; /* its argument is a struct log_json */

/* Ends the packet's object: closes what is open and adds the problems. */
void log_json_finish(struct log_json *j);

#endif
