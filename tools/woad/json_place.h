/* tools/woad/json_place.h: where a value stands in the text of a JSON document.
 *
 * json-c tells nothing of lines once a document is parsed. A place is a chain from a value up to
 * the root, which lives on the stack of who reads the document:
 *
 *     struct json_place services = {NULL, "services", 2}, uuid = {&services, "uuid", -1};
 *     json_place_print(&uuid, to, size)           services[2].uuid
 *     json_place_line(&uuid, text, len)           9
 */
#ifndef WOAD_JSON_PLACE_H
#define WOAD_JSON_PLACE_H

#include <stddef.h>

struct json_place {
    const struct json_place *up; /* NULL: the root object */
    const char *key;
    int index; /* in the array of that key; -1: the key itself */
};

/* Writes it, cut to size with its end of string. Returns its length. */
size_t json_place_print(const struct json_place *p, char *to, size_t size);

/* The line of the key or element, from 1 on; that of the nearest object or array around it when it
 * is not there. Any text will do; of a key that comes twice, the last counts, as for json-c. */
unsigned json_place_line(const struct json_place *p, const char *text, size_t len);

/* Line and column, from 1 on, of an offset. */
void json_place_of(const char *text, size_t offset, unsigned *line, unsigned *column);

#endif
