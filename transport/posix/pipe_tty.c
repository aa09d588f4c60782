/* Serial lines and pseudo-terminals. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "posix_priv.h"

static const struct {
    unsigned baud;
    speed_t speed;
} speeds[] = {
    {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
    {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
    {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000},
    {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
    {3500000, B3500000}, {4000000, B4000000},
};

static const speed_t *find_speed(unsigned baud)
{
    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
        if (speeds[i].baud == baud)
            return &speeds[i].speed;
    return NULL;
}

bool woad_pipe_baud_ok(unsigned baud)
{
    return find_speed(baud) != NULL;
}

/* Every octet as it is: no echo, no signals, no translation; 8N1. */
static int set_raw(int fd, unsigned baud, bool flow)
{
    struct termios tio;
    if (tcgetattr(fd, &tio) < 0)
        return -1;
    cfmakeraw(&tio);
    tio.c_cflag |= CREAD | CLOCAL;
    tio.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB);
    if (flow)
        tio.c_cflag |= CRTSCTS;
    else
        tio.c_cflag &= ~(tcflag_t)CRTSCTS;
    tio.c_cc[VMIN] = 1;
    tio.c_cc[VTIME] = 0;
    const speed_t *speed = find_speed(baud);
    if (speed && cfsetspeed(&tio, *speed) < 0)
        return -1;
    return tcsetattr(fd, TCSANOW, &tio);
}

static int serial_connect(struct woad_pipe_posix *p)
{
    int fd = open(p->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return woad_posix_error(p, woad_posix_err_of(errno), "serial:%s: %s", p->path,
                                strerror(errno));
    if (set_raw(fd, p->baud, p->flow) < 0) {
        int e = errno;
        close(fd);
        return woad_posix_error(p, e == ENOTTY ? WOAD_ERR_INVALID : WOAD_ERR_IO, "serial:%s: %s",
                                p->path, e == ENOTTY ? "not a serial line" : strerror(e));
    }
    /* What stood in the line from before belongs to no packet of ours. */
    tcflush(fd, TCIOFLUSH);
    p->pipe.fd = fd;
    return 0;
}

int woad_pipe_serial_init(struct woad_pipe_posix *p, const char *path, unsigned baud, bool flow)
{
    if (!*path || (baud && !woad_pipe_baud_ok(baud)))
        return WOAD_ERR_INVALID;
    int err = woad_posix_init(p, path, serial_connect);
    p->baud = baud;
    p->flow = flow;
    return err;
}

/* The slave is held open until somebody else talks, so that the line keeps its raw mode and what is
 * written early is not lost. */
static int pty_connect(struct woad_pipe_posix *p)
{
    char name[64];
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    int slave = -1;
    if (fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0 && ptsname_r(fd, name, sizeof(name)) == 0)
        slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || set_raw(slave, 0, false) < 0 || woad_posix_nonblock(fd) < 0) {
        int e = errno;
        if (slave >= 0)
            close(slave);
        if (fd >= 0)
            close(fd);
        return woad_posix_error(p, WOAD_ERR_IO, "no pseudo-terminal: %s", strerror(e));
    }
    strcpy(p->path, name);
    p->pipe.fd = fd;
    p->slave_fd = slave;
    return 0;
}

int woad_pipe_pty_init(struct woad_pipe_posix *p)
{
    int err = woad_posix_init(p, "", pty_connect);
    return err ? err : pty_connect(p);
}
