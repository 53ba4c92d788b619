/*
 * An HTTP server that answers each request after a fixed delay, keeps its own clock, and, once, freezes: what a load tool
 * should notice, and what it should say.
 *
 *   reference_server DELAY_MS STALL_AFTER_MS STALL_MS
 *
 * Single thread, epoll, 127.0.0.1, any free port, which it prints. Time runs from the first request. A request is whatever
 * comes in one read, which holds for small requests of one write each, and for nothing else. At SIGTERM it prints what it
 * knows of its requests, from the read that brought one to the write that answered it, in milliseconds:
 *
 *   {"count": N, "p50": MS, "p99": MS, "max": MS}
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define WAITING 65536
#define TIMES 4000000

static const char answer[] =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{\"prediction\":4.0}";

/* The delay is the same for all, so those who wait are answered in the order in which they came. */
static struct { long long came, due; int fd; } waiting[WAITING];
static unsigned first, last;
static float times_ms[TIMES];
static unsigned count;

static long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void set_timer(int timer) {
    struct itimerspec when = {0};
    if (first != last) {
        long long due = waiting[first % WAITING].due;
        when.it_value = (struct timespec){due / 1000000000LL, due % 1000000000LL};
    }
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void answer_due(void) {
    for (; first != last && waiting[first % WAITING].due <= now_ns(); first++) {
        if (write(waiting[first % WAITING].fd, answer, sizeof answer - 1) < 0) perror("write");
        if (count < TIMES) times_ms[count++] = (now_ns() - waiting[first % WAITING].came) / 1e6;
    }
}

static void receive(int poll, int fd, long long delay) {
    static char request[65536];
    if (read(fd, request, sizeof request) <= 0) {
        epoll_ctl(poll, EPOLL_CTL_DEL, fd, NULL);
        close(fd);
        return;
    }
    long long now = now_ns();
    waiting[last % WAITING].came = now;
    waiting[last % WAITING].due = now + delay;
    waiting[last++ % WAITING].fd = fd;
}

static void welcome(int poll, int listener) {
    int one = 1, fd = accept(listener, NULL, NULL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
}

static int listen_anywhere(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&at, size) || listen(fd, 1024) || getsockname(fd, (struct sockaddr *)&at, &size)) {
        perror("listen");
        exit(1);
    }
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static int termination(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, 0);
}

static int rising(const void *a, const void *b) {
    float one = *(const float *)a, other = *(const float *)b;
    return (one > other) - (one < other);
}

static float quantile(double share) {
    unsigned rank = share * count;
    return count ? times_ms[rank < count ? rank : count - 1] : 0;
}

static int say(void) {
    qsort(times_ms, count, sizeof *times_ms, rising);
    printf("{\"count\": %u, \"p50\": %.4f, \"p99\": %.4f, \"max\": %.4f}\n", count, quantile(.5), quantile(.99), quantile(1));
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 4) return fputs("usage: reference_server DELAY_MS STALL_AFTER_MS STALL_MS\n", stderr), 2;
    long long delay = atof(argv[1]) * 1e6, stall_after = atof(argv[2]) * 1e6, begun = 0;
    unsigned stall_us = atof(argv[3]) * 1e3;
    int poll = epoll_create1(0), listener = listen_anywhere(), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int told = termination();
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
    epoll_ctl(poll, EPOLL_CTL_ADD, timer, &(struct epoll_event){.events = EPOLLIN, .data.fd = timer});
    epoll_ctl(poll, EPOLL_CTL_ADD, told, &(struct epoll_event){.events = EPOLLIN, .data.fd = told});
    for (;;) {
        struct epoll_event ready[256];
        int number = epoll_wait(poll, ready, 256, -1);
        for (int i = 0; i < number; i++) {
            if (ready[i].data.fd == told) return say();
            if (ready[i].data.fd == listener) welcome(poll, listener);
            else if (ready[i].data.fd != timer) receive(poll, ready[i].data.fd, delay);
        }
        if (!begun && first != last) begun = now_ns();
        if (stall_us && begun && now_ns() - begun > stall_after) {
            usleep(stall_us);
            stall_us = 0;
        }
        answer_due();
        set_timer(timer);
    }
}
