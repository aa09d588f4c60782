#include "ether_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tool.h"

static int bad(const char *text, const char *what)
{
    fprintf(stderr, "woad ether: --listen %s: %s\nTry 'woad ether --help'.\n", text, what);
    return TOOL_USAGE;
}

static int parse_tcp(const char *text, unsigned devices, struct listen_spec *spec)
{
    const char *rest = text + 4;
    const char *colon = strrchr(rest, ':');
    struct in_addr any;
    char *end;
    strcpy(spec->host, "127.0.0.1");
    if (colon) {
        size_t len = (size_t)(colon - rest);
        if (len >= sizeof(spec->host))
            return bad(text, "the address is too long");
        memcpy(spec->host, rest, len);
        spec->host[len] = '\0';
        rest = colon + 1;
    }
    unsigned long port = strtoul(rest, &end, 10);
    if (*rest < '0' || *rest > '9' || *end || port == 0 || port > 65535)
        return bad(text, "expected tcp:PORT or tcp:ADDRESS:PORT with a port of 1 to 65535");
    if (port + devices - 1 > 65535)
        return bad(text, "the ports of the last devices would be above 65535");
    if (inet_pton(AF_INET, spec->host, &any) != 1)
        return bad(text, "the address has to be a numeric IPv4 address");
    spec->port = (unsigned)port;
    return 0;
}

int listen_parse(const char *text, unsigned devices, struct listen_spec *spec)
{
    *spec = (struct listen_spec){.kind = LISTEN_TCP};
    if (strncmp(text, "tcp:", 4) == 0)
        return parse_tcp(text, devices, spec);
    if (strncmp(text, "unix:", 5) == 0)
        spec->kind = LISTEN_UNIX;
    else if (strncmp(text, "pty:", 4) == 0)
        spec->kind = LISTEN_PTY;
    else
        return bad(text, "expected unix:DIR, tcp:PORT or pty:DIR");
    const char *dir = strchr(text, ':') + 1;
    /* The name of a socket has to fit a struct sockaddr_un, with "/dev12345.sock" behind it. */
    if (!*dir || strlen(dir) >= sizeof(spec->dir) - 8)
        return bad(text, *dir ? "the folder's name is too long (87 characters at most)"
                              : "the folder is missing");
    strcpy(spec->dir, dir);
    return 0;
}

int listen_prepare(struct listen_spec *spec)
{
    struct stat st;
    if (spec->kind == LISTEN_TCP)
        return 0;
    if (mkdir(spec->dir, 0700) == 0) {
        spec->dir_made = true;
        return 0;
    }
    if (errno == EEXIST && stat(spec->dir, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    tool_error("cannot make the folder %s: %s", spec->dir, strerror(errno));
    return TOOL_IO;
}

void listen_cleanup(const struct listen_spec *spec)
{
    if (spec->dir_made)
        rmdir(spec->dir);
}

void listen_path(const struct listen_spec *spec, unsigned index, char path[LISTEN_PATH_MAX])
{
    snprintf(path, LISTEN_PATH_MAX, "%s/dev%u%s", spec->dir, index,
             spec->kind == LISTEN_UNIX ? ".sock" : "");
}

static int failed(int fd, const char *what, const char *hint)
{
    tool_error("cannot listen at %s: %s%s", what, strerror(errno), hint);
    if (fd >= 0)
        close(fd);
    return -TOOL_IO;
}

/* A socket file whose owner died without removing it: nobody answers there. */
static bool is_stale(const struct sockaddr_un *addr)
{
    struct stat st;
    if (lstat(addr->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return refused;
}

int listen_unix(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return failed(-1, path, "");
    }
    strcpy(addr.sun_path, path);
    if (is_stale(&addr))
        unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
        return failed(fd, path, errno == EADDRINUSE ? " (another program has it)" : "");
    if (listen(fd, 16) < 0)
        return failed(fd, path, "");
    return fd;
}

int listen_tcp(const char *host, unsigned port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char name[96];
    int on = 1;
    snprintf(name, sizeof(name), "tcp:%s:%u", host, port);
    inet_pton(AF_INET, host, &addr.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Connections of a run before that still linger are no reason to refuse the port. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 16) < 0)
        return failed(fd, name,
                      errno == EADDRINUSE ? " (another program has it; choose another port)" : "");
    return fd;
}
