#include "callgrind.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The total of a callgrind file, or 0. */
static uint64_t read_total(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[512];
    unsigned long long total = 0;
    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "totals: %llu", &total) == 1)
            break;
    if (f)
        fclose(f);
    return total;
}

static void exec_valgrind(const char *bench, const char *name, const char *function,
                          const char *out)
{
    char self[4096], toggle[128], file[4200];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n < 0)
        _exit(126);
    self[n] = 0;
    snprintf(toggle, sizeof(toggle), "--toggle-collect=%s", function);
    snprintf(file, sizeof(file), "--callgrind-out-file=%s", out);
    int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    dup2(null, 2);
    execlp("valgrind", "valgrind", "--tool=callgrind", "--collect-atstart=no", toggle, file, self,
           "bench", bench, "--worker", name, (char *)NULL);
    _exit(errno == ENOENT ? 127 : 126);
}

long callgrind_count(const char *bench, const char *name, const char *function)
{
    char out[] = "/tmp/woad-callgrind-XXXXXX";
    int fd = mkstemp(out);
    if (fd < 0) {
        tool_error("cannot write to /tmp: %s", strerror(errno));
        return -TOOL_IO;
    }
    close(fd);
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        exec_valgrind(bench, name, function, out);
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        status = -1;
    uint64_t total = read_total(out);
    unlink(out);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        tool_error(
            "valgrind is not installed; it counts the instructions (apt-get install valgrind)");
        return -TOOL_IO;
    }
    if (status != 0 || total == 0) {
        tool_error("the measured run of %s failed (status %d)", name, status);
        return -TOOL_FAILED;
    }
    return (long)(total / CALLGRIND_ROUNDS);
}
