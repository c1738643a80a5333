// watch - process 1 of the benchmarks' guest: tells what happens to processors and memory by single characters on the console.
//
//   !   init runs                           .   an order was taken
//   +   the kernel announced a processor    =   that processor is online
//   -   the kernel took a processor away    ?   it could not be brought online
//
//   m   the first block of memory came      f   the first block of memory went
//   u   as much memory is online as was expected
//
// Orders are single characters too: 'a' brings processors online as they come (the state at the start), 'l' only tells;
// '0' and up expect 1, 2, 4 ... blocks of memory, which the kernel brings online by itself, and begin to count anew.
// One small static program, so that neither a shell nor the start of a process is part of what is measured.
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static const char CPUS[] = "@/devices/system/cpu/cpu";
static const char BLOCKS[] = "@/devices/system/memory/memory";

static struct {
    int expected, came, online, went;
} blocks;

static void tell(char what)
{
    (void)!write(STDOUT_FILENO, &what, 1);
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

static int listen_to_kernel(void)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    int size = 4 << 20;
    int events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    setsockopt(events, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    bind(events, (struct sockaddr *)&kernel, sizeof kernel);
    return events;
}

static void bring_online(const char *device)
{
    char path[160];
    snprintf(path, sizeof path, "/sys%s/online", device);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    int done = file >= 0 && write(file, "1", 1) == 1;
    if (file >= 0)
        close(file);
    tell(done ? '=' : '?');
}

static void count_block(const char *event)
{
    if (strncmp(event, "add@", 4) == 0 && blocks.came++ == 0)
        tell('m');
    else if (strncmp(event, "online@", 7) == 0 && ++blocks.online == blocks.expected)
        tell('u');
    else if (strncmp(event, "remove@", 7) == 0 && blocks.went++ == 0)
        tell('f');
}

static int obey(char order, int automatic)
{
    if (order == 'a' || order == 'l') {
        automatic = order == 'a';
        tell('.');
    } else if (order >= '0' && order <= '9') {
        memset(&blocks, 0, sizeof blocks);
        blocks.expected = 1 << (order - '0');
        tell('.');
    }
    return automatic;
}

// An event begins with "ACTION@DEVICE" and a zero byte.
static void take_event(int events, int automatic)
{
    char event[4096];
    ssize_t size = recv(events, event, sizeof event - 1, 0);
    if (size <= 0)
        return;
    event[size] = 0;
    char *device = strchr(event, '@');
    if (device && strncmp(device, BLOCKS, sizeof BLOCKS - 1) == 0)
        count_block(event);
    if (!device || strncmp(device, CPUS, sizeof CPUS - 1) != 0)
        return;
    if (strncmp(event, "add@", 4) == 0) {
        tell('+');
        if (automatic)
            bring_online(device + 1);
    } else if (strncmp(event, "remove@", 7) == 0) {
        tell('-');
    }
}

int main(void)
{
    mkdir("/sys", 0755);
    mount("sys", "/sys", "sysfs", 0, "");
    int events = listen_to_kernel();
    make_terminal_raw();
    tell('!');

    int automatic = 1;
    struct pollfd ready[] = { { .fd = events, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
    for (;;) {
        poll(ready, 2, -1);
        if (ready[0].revents & POLLIN)
            take_event(events, automatic);
        char order;
        if ((ready[1].revents & POLLIN) && read(STDIN_FILENO, &order, 1) == 1)
            automatic = obey(order, automatic);
    }
}
