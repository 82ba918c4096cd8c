#include "team.h"

#include <eddy/eddy.h>
#include <pthread.h>
#include <stdlib.h>

struct seat {
    struct eddy_team *team;
    size_t member;
    pthread_t thread;
};

struct eddy_team {
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    size_t calls, busy; /* pieces of work so far; members that still do the last one */
    void (*work)(void *arg, size_t member); /* NULL: the threads end */
    void *arg;
    size_t members;
    struct seat seats[]; /* the first is the caller's */
};

static void *serve(void *arg)
{
    const struct seat *const seat = arg;
    struct eddy_team *const team = seat->team;
    size_t done = 0;
    pthread_mutex_lock(&team->lock);
    for (;;) {
        while (team->calls == done)
            pthread_cond_wait(&team->begin, &team->lock);
        done++;
        if (!team->work)
            break;
        pthread_mutex_unlock(&team->lock);
        team->work(team->arg, seat->member);
        pthread_mutex_lock(&team->lock);
        if (--team->busy == 0)
            pthread_cond_signal(&team->end);
    }
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

int eddy_team_create(size_t members, struct eddy_team **out)
{
    struct eddy_team *const team = calloc(1, sizeof *team + members * sizeof *team->seats);
    if (!team)
        return EDDY_ERROR_MEMORY;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->begin, NULL);
    pthread_cond_init(&team->end, NULL);
    for (team->members = 1; team->members < members; team->members++) {
        struct seat *const seat = &team->seats[team->members];
        seat->team = team;
        seat->member = team->members;
        if (pthread_create(&seat->thread, NULL, serve, seat)) {
            eddy_team_free(team);
            return EDDY_ERROR_MEMORY;
        }
    }
    *out = team;
    return EDDY_OK;
}

static void call(struct eddy_team *team, void (*work)(void *arg, size_t member), void *arg)
{
    pthread_mutex_lock(&team->lock);
    team->work = work;
    team->arg = arg;
    team->busy = team->members - 1;
    team->calls++;
    pthread_cond_broadcast(&team->begin);
    pthread_mutex_unlock(&team->lock);
}

void eddy_team_run(struct eddy_team *team, void (*work)(void *arg, size_t member), void *arg)
{
    call(team, work, arg);
    work(arg, 0);
    pthread_mutex_lock(&team->lock);
    while (team->busy > 0)
        pthread_cond_wait(&team->end, &team->lock);
    pthread_mutex_unlock(&team->lock);
}

void eddy_team_free(struct eddy_team *team)
{
    if (!team)
        return;
    call(team, NULL, NULL);
    for (size_t i = 1; i < team->members; i++)
        pthread_join(team->seats[i].thread, NULL);
    pthread_cond_destroy(&team->begin);
    pthread_cond_destroy(&team->end);
    pthread_mutex_destroy(&team->lock);
    free(team);
}
