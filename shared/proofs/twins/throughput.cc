// The ladder of anonymous-pipe/examples/throughput.rs once more, as a C++
// program would have it: the same calls in the same order, the same pieces,
// the same eight bytes of each read compared. benches/ladder.rs builds it, and
// runs the two side by side.
//
//     throughput RUNG BYTES
//
// prints the nanoseconds that so many bytes take on a rung from 0 to 6.

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr size_t kib = 1024;
constexpr size_t length = 2 * kib * kib;

struct Rung {
    size_t piece;
    int capacity;
    bool lend, pass_on, huge;
};

constexpr Rung ladder[] = {
    {1 * kib, 0, false, false, false},
    {64 * kib, 0, false, false, false},
    {256 * kib, 0, false, false, false},
    {256 * kib, kib * kib, false, false, false},
    {256 * kib, kib * kib, true, false, false},
    {256 * kib, kib * kib, true, true, false},
    {256 * kib, kib * kib, true, true, true},
};

[[noreturn]] void fail(const char *call) {
    fprintf(stderr, "throughput.cc: %s: %s\n", call, strerror(errno));
    _exit(1);
}

void fill(unsigned char *bytes) {
    uint64_t word = 0;
    for (size_t at = 0; at < length; at += 8) {
        memcpy(bytes + at, &word, 8);
        word += 0x9e3779b97f4a7c15;
    }
}

unsigned char *fresh(size_t bytes) {
    void *found = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED) fail("mmap");
    return static_cast<unsigned char *>(found);
}

unsigned char *source(bool huge) {
    if (huge) {
        void *page = mmap(nullptr, length, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
        if (page != MAP_FAILED) return static_cast<unsigned char *>(page);
    }
    auto twice = reinterpret_cast<uintptr_t>(fresh(2 * length));
    auto start = (twice + length - 1) / length * length;
    auto bytes = reinterpret_cast<unsigned char *>(start);
    if (madvise(bytes, length, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) < 0)
        fail("madvise");
    return bytes;
}

size_t read_all(const Rung &rung, int read_end, const unsigned char *pattern,
                unsigned char *buffer, int nowhere) {
    size_t all = 0;
    for (;;) {
        ssize_t count =
            rung.pass_on
                ? splice(read_end, nullptr, nowhere, nullptr, length, 0)
                : read(read_end, buffer, rung.piece);
        if (count < 0) fail(rung.pass_on ? "splice" : "read");
        if (count == 0) return all;
        if (!rung.pass_on) {
            size_t at = all % length;
            size_t some = std::min<size_t>({8, size_t(count), length - at});
            if (memcmp(buffer, pattern + at, some) != 0) fail("wrong bytes");
        }
        all += count;
    }
}

void send_all(const Rung &rung, int write_end, unsigned char *from,
              size_t bytes) {
    size_t at = 0;
    for (size_t sent = 0; sent < bytes; sent += rung.piece) {
        for (size_t given = 0; given < rung.piece;) {
            iovec rest = {from + at + given, rung.piece - given};
            ssize_t count =
                rung.lend ? vmsplice(write_end, &rest, 1, 0)
                          : write(write_end, rest.iov_base, rest.iov_len);
            if (count < 0) fail(rung.lend ? "vmsplice" : "write");
            given += count;
        }
        at += rung.piece;
        if (at == length) at = 0;
    }
}

int64_t nanoseconds() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

}  // namespace

int main(int count, char **words) {
    if (count != 3) return 2;
    const Rung &rung = ladder[std::min(atoi(words[1]), 6)];
    const size_t bytes = strtoull(words[2], nullptr, 10);

    unsigned char *from = source(rung.huge);
    unsigned char *pattern = fresh(length);
    unsigned char *buffer = fresh(length);
    fill(from);
    fill(pattern);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) fail("open /dev/null");

    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) fail("pipe2");
    if (rung.capacity && fcntl(ends[1], F_SETPIPE_SZ, rung.capacity) < 0)
        fail("fcntl(F_SETPIPE_SZ)");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        close(ends[1]);
        _exit(read_all(rung, ends[0], pattern, buffer, nowhere) != bytes);
    }
    close(ends[0]);

    int64_t begun = nanoseconds();
    send_all(rung, ends[1], from, bytes);
    close(ends[1]);
    int status = -1;
    if (waitpid(child, &status, 0) < 0 || status != 0) fail("the reader");
    printf("%lld\n", static_cast<long long>(nanoseconds() - begun));
}
