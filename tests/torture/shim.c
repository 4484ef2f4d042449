/* Preloaded into the shipped command: lets a call of its fail, and its wall clock go wrong.
 *
 * TORTURE_FAIL   thread, descriptor, allocation or write: what fails ...
 * TORTURE_NTH    ... at the n-th time, counted from our first line (once), ...
 * TORTURE_STRIDE ... or at the (n * stride)-th.
 * TORTURE_COUNT  a file that gets how often there was such a call, at the end.
 * TORTURE_SHIFT  seconds by which the wall clock is wrong ...
 * TORTURE_AFTER  ... from so many seconds after the start on (default 0).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static char kind;           /* first letter of TORTURE_FAIL */
static long nth, seen;      /* fails when seen reaches nth; 0: never */
static int armed;
static long long shift_s;
static double after_s, started;
static const char *count_file;

static double monotonic(void)
{
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("TORTURE_FAIL");
    kind = text ? text[0] : 0;
    text = getenv("TORTURE_NTH");
    nth = text ? atol(text) : 0;
    text = getenv("TORTURE_STRIDE");
    nth *= text ? atol(text) : 1;
    text = getenv("TORTURE_SHIFT");
    shift_s = text ? atoll(text) : 0;
    text = getenv("TORTURE_AFTER");
    after_s = text ? atof(text) : 0;
    count_file = getenv("TORTURE_COUNT");
    started = monotonic();
}

/* Whether this call of that kind is the one that fails. */
static int fails(char what)
{
    if (!armed || kind != what)
        return 0;
    if (__atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED) != nth)
        return 0;
    armed = 0;
    setenv("TORTURE_NTH", "0", 1); /* once: also if the command starts anew */
    armed = 1;
    return 1;
}

static void look(const char *path)
{
    const char *found = path ? strstr(path, "/msgprobe/") : 0;
    if (!armed && found && strstr(found, "__main__"))
        armed = 1;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *x)
{
    REAL(pthread_create);
    return fails('t') ? EAGAIN : real(t, a, f, x);
}

static int no_more(void) { errno = EMFILE; return -1; }

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(name); \
        va_list more; va_start(more, flags); int mode = va_arg(more, int); va_end(more); \
        look(path); \
        return fails('d') ? no_more() : real(path, flags, mode); \
    }
#define OPENAT(name) \
    int name(int at, const char *path, int flags, ...) \
    { \
        REAL(name); \
        va_list more; va_start(more, flags); int mode = va_arg(more, int); va_end(more); \
        look(path); \
        return fails('d') ? no_more() : real(at, path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int socket(int d, int t, int p) { REAL(socket); return fails('d') ? no_more() : real(d, t, p); }
int socketpair(int d, int t, int p, int v[2])
{
    REAL(socketpair);
    return fails('d') ? no_more() : real(d, t, p, v);
}
int epoll_create1(int f) { REAL(epoll_create1); return fails('d') ? no_more() : real(f); }

ssize_t write(int fd, const void *data, size_t size)
{
    if (fails('w')) { errno = ENOSPC; return -1; }
    return syscall(SYS_write, fd, data, size);
}

static void *no_memory(void) { errno = ENOMEM; return 0; }
void *malloc(size_t n) { return fails('a') ? no_memory() : __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return fails('a') ? no_memory() : __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return fails('a') ? no_memory() : __libc_realloc(p, n); }

static long long shift(void)
{
    return shift_s && monotonic() - started >= after_s ? shift_s : 0;
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    int done = syscall(SYS_clock_gettime, which, now);
    if (!done && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        now->tv_sec += shift();
    return done;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec exact;
    int done = clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return done;
}
time_t time(time_t *out)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (out)
        *out = exact.tv_sec;
    return exact.tv_sec;
}

void _exit(int status)
{
    if (count_file && *count_file) {
        char text[32];
        int size = snprintf(text, sizeof text, "%ld\n", seen);
        int fd = syscall(SYS_openat, AT_FDCWD, count_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd >= 0)
            syscall(SYS_write, fd, text, size);
    }
    for (;;)
        syscall(SYS_exit_group, status);
}
