/* Our frames over a FIFO, in C11 and POSIX: a peer for the Rust programs.
 *
 *     cc -Wall -Wextra -Werror -o peer peer.c
 *     ./peer server PATH    makes the FIFO, shows each message
 *     ./peer client PATH    sends each line of its standard input
 *
 * A frame is the length of the payload as four bytes, little-endian, then
 * the payload. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 4, LIMIT = 1 << 20 }; /* LIMIT: the longest payload */

/* One frame, and room for a newline. Header and payload stand side by side,
 * so that one write can take both. */
static unsigned char frame[HEADER + LIMIT + 1];
static unsigned char *const payload = frame + HEADER;

/* The FIFO that this program made, and has to remove. */
static const char *made;

static void leave(void) {
    unlink(made);
}

/* What a signal handler calls has to be async-signal-safe. unlink and _exit
 * are, printf and exit are not. */
static void stopped(int number) {
    leave();
    _exit(128 + number);
}

static void stop(const char *why, ...) {
    va_list details;
    va_start(details, why);
    fputs("peer: ", stderr);
    vfprintf(stderr, why, details);
    fputc('\n', stderr);
    exit(1); /* which calls leave */
}

/* Reads count bytes. A pipe gives what it has at the moment: one read may
 * bring a part. Answers 0 at an end of file, where that may be. */
static int read_all(int fd, unsigned char *to, size_t count, int may_end) {
    for (size_t have = 0; have < count;) {
        ssize_t part = read(fd, to + have, count - have);
        if (part > 0)
            have += (size_t)part;
        else if (part == 0 && have == 0 && may_end)
            return 0;
        else if (part == 0)
            stop("the stream ended inside a frame, %zu bytes too early",
                 count - have);
        else if (errno != EINTR)
            stop("read: %s", strerror(errno));
    }
    return 1;
}

/* Writes all, in one write where the pipe takes it. Up to PIPE_BUF bytes
 * (4096 on Linux) a write goes in whole, never mixed with another client's.
 * A longer one may be taken in part: send the rest. */
static void write_all(int fd, const unsigned char *from, size_t count) {
    while (count > 0) {
        ssize_t part = write(fd, from, count);
        if (part < 0 && errno != EINTR)
            stop("write: %s", strerror(errno));
        if (part > 0) {
            from += part;
            count -= (size_t)part;
        }
    }
}

/* Receives the next payload, and answers its length; -1 is an end of file
 * between two frames. */
static long receive(int fd) {
    if (!read_all(fd, frame, HEADER, 1))
        return -1;
    /* Put together byte by byte: right in any byte order of the machine. */
    uint32_t length = 0;
    for (int byte = 0; byte < HEADER; byte++)
        length |= (uint32_t)frame[byte] << 8 * byte;
    /* Asked before the payload is read: a header can promise 4 GiB. */
    if (length > LIMIT)
        stop("a frame of %" PRIu32 " bytes is over the limit of %d", length,
             LIMIT);
    read_all(fd, payload, length, 0);
    return (long)length;
}

/* Sends the payload that stands in the frame. ONE write for header and
 * payload: between two, another client's frame can come in. */
static void send_frame(int fd, size_t length) {
    for (int byte = 0; byte < HEADER; byte++)
        frame[byte] = (unsigned char)(length >> 8 * byte & 255);
    write_all(fd, frame, HEADER + length);
}

static void server(const char *path) {
    /* No signal between making the FIFO and minding it. */
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    if (mkfifo(path, 0600) != 0)
        stop("mkfifo %s: %s", path, strerror(errno));
    made = path;
    atexit(leave);
    const int ends[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        sigaction(ends[i], &(struct sigaction){.sa_handler = stopped}, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);

    int fifo = open(path, O_RDONLY); /* waits for a client */
    if (fifo < 0)
        stop("open %s: %s", path, strerror(errno));
    long length;
    while ((length = receive(fifo)) >= 0) {
        if (length == 3 && memcmp(payload, "end", 3) == 0)
            break;
        payload[length] = '\n';
        write_all(STDOUT_FILENO, payload, (size_t)length + 1);
    }
}

static void client(const char *path) {
    /* A server that has left is an error of write (EPIPE), not a signal. */
    signal(SIGPIPE, SIG_IGN);
    /* Without O_CREAT, which makes a file where the FIFO is missing. */
    int fifo = open(path, O_WRONLY); /* waits for a server */
    struct stat found;
    if (fifo < 0 || fstat(fifo, &found) != 0)
        stop("open %s: %s", path, strerror(errno));
    if (!S_ISFIFO(found.st_mode))
        stop("%s: it is there, but it is not a FIFO", path);
    size_t length = 0;
    int byte;
    while ((byte = getchar()) != EOF) {
        if (byte == '\n') {
            send_frame(fifo, length);
            length = 0;
        } else if (length < LIMIT) {
            payload[length++] = (unsigned char)byte;
        } else {
            stop("a line is over the limit of %d bytes", LIMIT);
        }
    }
    if (length > 0) /* a last line without its newline */
        send_frame(fifo, length);
    if (ferror(stdin))
        stop("standard input: %s", strerror(errno));
}

int main(int count, char **words) {
    int serves = count == 3 && strcmp(words[1], "server") == 0;
    if (!serves && (count != 3 || strcmp(words[1], "client") != 0)) {
        fputs("usage: peer server|client PATH\n", stderr);
        return 2;
    }
    (serves ? server : client)(words[2]);
    return 0;
}
