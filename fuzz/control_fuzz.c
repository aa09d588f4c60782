/* Lines of the control socket of `woad ether`, one world for each input. Whatever comes, each line
 * gets one answer that is one line and begins as the manual says, and the world's time never goes
 * back. No host is attached, so that a run of any length is short. */
#include <stdlib.h>
#include <string.h>

#include "ether.h"

static void require(int ok)
{
    if (!ok)
        abort();
}

static void check(struct ether *e, const char *line, size_t len)
{
    char answer[ETHER_ANSWER_SIZE];
    woad_sim_time before = woad_sim_now(e->sim);
    /* An exact copy lets the address sanitizer see reads past the end. */
    char *copy = malloc(len ? len : 1);
    memcpy(copy, line, len);
    enum ether_reply reply = ether_control_line(e, copy, len, answer);
    free(copy);
    require(reply == ETHER_REPLY || reply == ETHER_REPLY_LATER || reply == ETHER_REPLY_QUIT);
    size_t n = strlen(answer);
    require(n > 0 && strchr(answer, '\n') == answer + n - 1);
    int good = strncmp(answer, "{\"ok\":true,\"t_us\":", 18) == 0;
    require(good ||
            (reply == ETHER_REPLY && strncmp(answer, "{\"ok\":false,\"error\":\"", 21) == 0));
    require(woad_sim_now(e->sim) >= before && ether_settled(e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ether e;
    struct ether_cfg cfg = {.devices = 2, .sim = {.seed = 1}, .stepped = true};
    if (ether_init(&e, &cfg) != 0)
        return 0;
    const char *text = (const char *)data;
    while (size) {
        const char *newline = memchr(text, '\n', size);
        size_t len = newline ? (size_t)(newline - text) : size;
        check(&e, text, len);
        text += len + (newline != NULL);
        size -= len + (newline != NULL);
    }
    require(ether_deinit(&e) == 0);
    return 0;
}
