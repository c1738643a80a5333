// io - process 1 of the guest in which disks and network cards are measured: does what it is ordered, and tells by single
// characters on the console when it begins and when it is done, so that the clock is the benchmark's.
//
//   !   init runs                           .   an order was taken
//   <   a measured piece of work begins     >   it is done             ?   it failed
//
//   b   a disk came    d   its first sector was read        x   a disk went
//   i   a card came    n   a ping through it was answered   y   a card went
//
// Orders are lines:
//   disk NAME HOW BYTES DEPTH COUNT   COUNT requests of BYTES to /dev/NAME with O_DIRECT, DEPTH at a time; HOW is r or w for a
//                                     sequential read or write, R or W for one at random offsets
//   card ADDRESS PEER                 address of the card that comes next, and whom it pings
//   open NAME                         the card NAME was there from the start: does what is done with one that comes
//   trip PEER PORT COUNT              COUNT round trips of one byte by TCP
//   send PEER PORT MIB                so many MiB to the peer by TCP, until it has got them
//   take PEER PORT MIB                so many MiB from the peer
//   pack PEER PORT COUNT              COUNT datagrams of 64 bytes to the peer, until it says that it has got the last
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

enum { MOST_DEPTH = 64, MOST_BYTES = 128 << 10, BLOCK = 64 << 10, DATAGRAM = 64, PING_PAUSE = 20 };

static char *memory; // MOST_DEPTH buffers of MOST_BYTES
static char card_address[32], card_peer[32];

static void tell(char what)
{
    (void)!write(STDOUT_FILENO, &what, 1);
}

static void tell_end(int good)
{
    tell(good ? '>' : '?');
}

// ------------------------------------------------------------------------------------------------------------ disks --

static uint64_t next_random(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int measure_disk(int disk, char how, size_t bytes, int depth, int count)
{
    uint64_t size = 0, position = 0;
    if (ioctl(disk, BLKGETSIZE64, &size) != 0 || size < bytes)
        return 0;
    aio_context_t context = 0;
    if (syscall(SYS_io_setup, depth, &context) != 0)
        return 0;
    static struct iocb requests[MOST_DEPTH];
    struct iocb *batch[MOST_DEPTH];
    struct io_event events[MOST_DEPTH];
    int is_random = how == 'R' || how == 'W', good = 1, begun = 0, done = 0, ready = 0;
    for (; ready < depth; ready++) {
        requests[ready] = (struct iocb){
            .aio_lio_opcode = how == 'w' || how == 'W' ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD, .aio_fildes = disk,
            .aio_buf = (uintptr_t)(memory + (size_t)ready * MOST_BYTES), .aio_nbytes = bytes, .aio_data = ready };
        batch[ready] = &requests[ready];
    }
    tell('<');
    while (good && done < count) {
        int new = ready < count - begun ? ready : count - begun;
        for (int i = 0; i < new; i++) {
            batch[i]->aio_offset = is_random ? next_random() % (size / bytes) * bytes : position;
            position = position + 2 * bytes > size ? 0 : position + bytes;
        }
        if (new > 0 && syscall(SYS_io_submit, context, new, batch) != new)
            break;
        begun += new;
        ready = syscall(SYS_io_getevents, context, 1, depth, events, NULL);
        for (int i = 0; i < ready; i++) {
            good &= events[i].res == (int64_t)bytes;
            batch[i] = &requests[events[i].data];
        }
        done += ready > 0 ? ready : 0;
        good &= ready > 0;
    }
    syscall(SYS_io_destroy, context);
    return good && done == count;
}

static void order_disk(const char *name, char how, int bytes, int depth, int count)
{
    char path[64];
    snprintf(path, sizeof path, "/dev/%s", name);
    int disk = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
    tell_end(disk >= 0 && bytes > 0 && bytes <= MOST_BYTES && depth > 0 && depth <= MOST_DEPTH
        && measure_disk(disk, how, bytes, depth, count));
    if (disk >= 0)
        close(disk);
}

// ---------------------------------------------------------------------------------------------------------- network --

static struct sockaddr_in address_of(const char *text, int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    inet_pton(AF_INET, text, &address.sin_addr);
    return address;
}

static int send_all(int peer, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(peer, data, size, 0);
        if (sent <= 0)
            return 0;
        data += sent;
        size -= sent;
    }
    return 1;
}

static int take_all(int peer, size_t size)
{
    while (size > 0) {
        ssize_t got = recv(peer, memory, size < BLOCK ? size : BLOCK, 0);
        if (got <= 0)
            return 0;
        size -= got;
    }
    return 1;
}

static int move(int peer, char what, int count)
{
    int good = 1;
    switch (what) {
    case 't': // trip
        for (int i = 0; good && i < count; i++)
            good = send_all(peer, memory, 1) && take_all(peer, 1);
        return good;
    case 's': // send
        for (int i = 0; good && i < (count << 20) / BLOCK; i++)
            good = send_all(peer, memory, BLOCK);
        return good && take_all(peer, 1);
    default: // take
        return take_all(peer, (size_t)count << 20);
    }
}

// Each piece of work has its own connection; the peer is told by four bytes what and how much.
static void order_tcp(char what, const char *to, int port, int count)
{
    int one = 1, peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = address_of(to, port);
    uint32_t head = htonl((uint32_t)what << 24 | (uint32_t)count);
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int good = connect(peer, (struct sockaddr *)&address, sizeof address) == 0 && send_all(peer, (char *)&head, sizeof head)
        && take_all(peer, 1);
    tell('<');
    tell_end(good && move(peer, what, count));
    close(peer);
}

// Datagrams may be lost: the last one is repeated until the peer answers.
static void order_pack(const char *to, int port, int count)
{
    int peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = address_of(to, port);
    int good = connect(peer, (struct sockaddr *)&address, sizeof address) == 0;
    struct pollfd answer = { .fd = peer, .events = POLLIN };
    memset(memory, 0, DATAGRAM);
    tell('<');
    for (int i = 0; good && i < count; i++)
        good = send(peer, memory, DATAGRAM, 0) == DATAGRAM;
    memory[0] = 1;
    for (int i = 0; good && i < 100; i++) {
        good = send(peer, memory, DATAGRAM, 0) == DATAGRAM;
        if (poll(&answer, 1, PING_PAUSE) > 0)
            break;
    }
    tell_end(good && recv(peer, memory, DATAGRAM, MSG_DONTWAIT) > 0);
    close(peer);
}

static void configure(const char *name)
{
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request;
    struct sockaddr_in address = address_of(card_address, 0), mask = address_of("255.255.255.0", 0);
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    memcpy(&request.ifr_addr, &address, sizeof address);
    ioctl(any, SIOCSIFADDR, &request);
    memcpy(&request.ifr_netmask, &mask, sizeof mask);
    ioctl(any, SIOCSIFNETMASK, &request);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    ioctl(any, SIOCSIFFLAGS, &request);
    close(any);
}

static unsigned short sum_of(const unsigned short *words, int count)
{
    unsigned sum = 0;
    while (count-- > 0)
        sum += *words++;
    return ~((sum & 0xffff) + (sum >> 16));
}

// Until somebody answers, ten seconds at most.
static int ping(const char *to)
{
    int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP), good = 0;
    struct sockaddr_in address = address_of(to, 0);
    struct icmphdr echo = { .type = ICMP_ECHO };
    echo.checksum = sum_of((unsigned short *)&echo, sizeof echo / 2);
    struct pollfd answer = { .fd = raw, .events = POLLIN };
    for (int i = 0; !good && i < 10000 / PING_PAUSE; i++) {
        sendto(raw, &echo, sizeof echo, 0, (struct sockaddr *)&address, sizeof address);
        good = poll(&answer, 1, PING_PAUSE) > 0;
    }
    close(raw);
    return good;
}

// ----------------------------------------------------------------------------------------------------------- events --

static void take_disk(const char *name)
{
    char path[64];
    tell('b');
    snprintf(path, sizeof path, "/dev/%s", name);
    int disk = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
    int good = disk >= 0 && pread(disk, memory, 512, 0) == 512;
    tell(good ? 'd' : '?');
    if (disk >= 0)
        close(disk);
}

static void take_card(const char *name)
{
    tell('i');
    configure(name);
    tell(ping(card_peer) ? 'n' : '?');
}

// An event begins with "ACTION@DEVICE" and a zero byte.
static void take_event(int events)
{
    char event[4096];
    ssize_t size = recv(events, event, sizeof event - 1, 0);
    if (size <= 0)
        return;
    event[size] = 0;
    const char *name = strrchr(event, '/');
    int is_disk = strstr(event, "/block/vd") != NULL, is_card = strstr(event, "/net/eth") != NULL && strstr(event, "/queues/") == NULL;
    if (name == NULL)
        return;
    if (strncmp(event, "add@", 4) == 0) {
        if (is_disk)
            take_disk(name + 1);
        else if (is_card)
            take_card(name + 1);
    } else if (strncmp(event, "remove@", 7) == 0 && (is_disk || is_card)) {
        tell(is_disk ? 'x' : 'y');
    }
}

static void obey(const char *order)
{
    char name[32], how;
    int first, second, third;
    if (sscanf(order, "disk %31s %c %d %d %d", name, &how, &first, &second, &third) == 5)
        order_disk(name, how, first, second, third);
    else if (sscanf(order, "card %31s %31s", card_address, card_peer) == 2)
        tell('.');
    else if (sscanf(order, "open %31s", name) == 1)
        take_card(name);
    else if (sscanf(order, "pack %31s %d %d", name, &first, &second) == 3)
        order_pack(name, first, second);
    else if (sscanf(order, "trip %31s %d %d", name, &first, &second) == 3
        || sscanf(order, "send %31s %d %d", name, &first, &second) == 3
        || sscanf(order, "take %31s %d %d", name, &first, &second) == 3)
        order_tcp(order[0] == 't' && order[1] == 'a' ? 'r' : order[0], name, first, second);
    else
        tell('?');
}

static void take_orders(void)
{
    static char line[256];
    static size_t length;
    ssize_t got = read(STDIN_FILENO, line + length, sizeof line - 1 - length);
    if (got <= 0)
        return;
    length += got;
    line[length] = 0;
    for (char *end; (end = strchr(line, '\n')) != NULL;) {
        *end = 0;
        obey(line);
        length -= end + 1 - line;
        memmove(line, end + 1, length + 1);
    }
    if (length == sizeof line - 1)
        length = 0;
}

// ------------------------------------------------------------------------------------------------------------ start --

static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        (void)!write(file, text, strlen(text));
        close(file);
    }
}

// The file lists them in an order that suits their dependencies.
static void load_modules(void)
{
    char name[128], path[160];
    FILE *order = fopen("/modules/order", "re");
    while (order != NULL && fscanf(order, "%127s", name) == 1) {
        snprintf(path, sizeof path, "/modules/%s", name);
        int module = open(path, O_RDONLY | O_CLOEXEC);
        if (module < 0 || syscall(SYS_finit_module, module, "", 0) != 0)
            tell('?');
        if (module >= 0)
            close(module);
    }
    if (order != NULL)
        fclose(order);
}

static int listen_to_kernel(void)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    int events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    bind(events, (struct sockaddr *)&kernel, sizeof kernel);
    return events;
}

// Without this the terminal would wait for line ends, and echo.
static void make_terminal_raw(void)
{
    struct termios settings;
    if (tcgetattr(STDIN_FILENO, &settings) == 0) {
        cfmakeraw(&settings);
        tcsetattr(STDIN_FILENO, TCSANOW, &settings);
    }
}

int main(void)
{
    mkdir("/sys", 0755);
    mkdir("/proc", 0755);
    mkdir("/dev", 0755);
    mount("sys", "/sys", "sysfs", 0, "");
    mount("proc", "/proc", "proc", 0, "");
    mount("dev", "/dev", "devtmpfs", 0, "");
    // A request for an address that is lost is repeated before anybody notices.
    write_file("/proc/sys/net/ipv4/neigh/default/retrans_time_ms", "20");
    memory = mmap(NULL, (size_t)MOST_DEPTH * MOST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    make_terminal_raw();
    load_modules();
    int events = listen_to_kernel();
    tell('!');

    struct pollfd ready[] = { { .fd = events, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
    for (;;) {
        poll(ready, 2, -1);
        if (ready[0].revents & POLLIN)
            take_event(events);
        if (ready[1].revents & POLLIN)
            take_orders();
    }
}
