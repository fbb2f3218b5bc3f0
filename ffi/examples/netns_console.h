/* netns.c's console on a Unix stream socket, for several programs at a time. */
#ifndef NETNS_CONSOLE_H
#define NETNS_CONSOLE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENTS = 8, CONSOLE = 1 + CLIENTS /* descriptors to be polled */ };

static char answer[1 << 20]; /* to the last line */

/* Answers a line, or `stats`. The program says so. */
static int command(const char *line, size_t length);
static void stats(void);
static _Noreturn void fail(const char *format, ...);

struct client {
    int fd; /* -1: there is none */
    size_t length;
    char line[1024];
};
static struct client clients[CLIENTS];
static int listener;

/* Reads from a client and answers each whole line; false when it is to be let go. */
static bool serve(struct client *client)
{
    const ssize_t count = recv(client->fd, client->line + client->length,
                               sizeof client->line - client->length, MSG_DONTWAIT);
    if (count <= 0)
        return count < 0 && errno == EAGAIN;
    client->length += (size_t)count;
    for (char *end; (end = memchr(client->line, '\n', client->length)) != NULL;) {
        const size_t length = (size_t)(end - client->line);
        if (length == 5 && memcmp(client->line, "stats", 5) == 0)
            stats();
        else
            (void)command(client->line, length);
        client->length -= length + 1;
        const size_t size = strlen(answer);
        if (send(client->fd, answer, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
            return false;
        memmove(client->line, end + 1, client->length);
    }
    return client->length < sizeof client->line;
}

static void admit(void)
{
    const int fd = accept(listener, NULL, NULL);
    for (struct client *client = clients; fd >= 0 && client < clients + CLIENTS; client++) {
        if (client->fd < 0) {
            client->fd = fd;
            client->length = 0;
            return;
        }
    }
    if (fd >= 0)
        close(fd);
}

static void listen_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path)
        fail("%s is too long", path);
    strcpy(at.sun_path, path);
    unlink(path);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(listener, CLIENTS) != 0)
        fail("%s: %s", path, strerror(errno));
    for (struct client *client = clients; client < clients + CLIENTS; client++)
        client->fd = -1;
}

/* What to wait for; a descriptor of -1 is passed over. */
static void watch_console(struct pollfd polled[CONSOLE])
{
    polled[CLIENTS] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (size_t i = 0; i < CLIENTS; i++)
        polled[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
}

static void run_console(const struct pollfd polled[CONSOLE])
{
    for (size_t i = 0; i < CLIENTS; i++) {
        if (polled[i].revents != 0 && !serve(&clients[i])) {
            close(clients[i].fd);
            clients[i].fd = -1;
        }
    }
    if (polled[CLIENTS].revents != 0)
        admit();
}

#endif
