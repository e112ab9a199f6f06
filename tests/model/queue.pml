/* queue.pml: the protocol of one task as a model for spin: two workers, two masters, crashes, pauses
 * and late messages anywhere. Each atomic block is one Lua script (named beside it) or BRPOPLPUSH.
 *
 * Checked: the task is in exactly one place; its result is folded once; it is folded at last, if
 * whatever can go on does (weak fairness) and the crashes end.
 *
 * -DBREAK_TOKEN, -DBREAK_FENCE, -DBREAK_COMMITS, -DBREAK_RECLAIM leave one guard out each; then the
 * check must fail, or the model would prove nothing. */

#define WORKERS 2
#define MASTERS 2
#define NOBODY 9
#ifndef CRASHES
#define CRASHES 3 /* of workers and masters, and leases that run out under a living worker */
#endif

/* --- what lies in Redis --- */
bool there = false;        /* job hash: the job is submitted */
bool ready = false;        /* LIST ready */
bool held[WORKERS];        /* LIST held:<slot> */
bool result = false;       /* HASH job:<id>:results */
bool open = false;         /* HASH job:<id>:tasks */
byte token = 0;            /* Redis' clock, of which each claim sees a later time */
byte lease[WORKERS];       /* ZSET since: the slot's present token, 0 for none */
byte owner = NOBODY;       /* job hash: owner */
byte fence = 0;            /* job hash: fence */
byte commits = 0;          /* job hash: commits */
byte folded = 0;           /* job hash: checkpoint; how often the result is in it */
bool present[MASTERS];     /* ZSET masters: the deadline is to come */
bool gone[WORKERS];        /* the process is dead and not found out yet */

byte crashes = 0;

#define PLACES (ready + held[0] + held[1] + result + (folded > 0))

/* lua/include/release.lua: what a slot holds goes back */
inline release(w)
{
    if
    :: held[w] ->
        held[w] = false;
        if
        :: open && !result -> ready = true
        :: else
        fi
    :: else
    fi;
    lease[w] = 0
}

/* lua/complete.lua with token t. The script takes the whole held list; without the check it would
 * take a hold that is not its own. */
inline complete(w, t)
{
#ifdef BREAK_TOKEN
    if
    :: open ->
#else
    if
    :: lease[w] == t && t != 0 && open ->
#endif
        held[w] = false;
        lease[w] = 0;
        result = true
    :: else /* lease lost: nothing is written */
    fi
}

active [WORKERS] proctype worker()
{
    byte w = _pid;
    byte mine = 0; /* the token of the claim that is being worked on */

idle:
    do
    :: atomic { ready -> ready = false; held[w] = true } /* BRPOPLPUSH */
    :: atomic { held[w] && lease[w] == 0 ->              /* lua/claim.lua */
        token++; lease[w] = token; mine = token }
        break
    :: atomic { held[w] && lease[w] != 0 -> /* lua/claim.lua after a reply that was lost */
        token++; lease[w] = token; mine = token }
        break
    :: atomic { crashes < CRASHES -> crashes++; gone[w] = true }
        goto dead
    :: folded > 0 -> goto end
    od;

busy:
    if
    :: atomic { complete(w, mine); mine = 0 } /* lua/complete.lua */
        goto idle
    :: atomic { crashes < CRASHES -> crashes++; complete(w, mine); gone[w] = true }
        goto dead /* done, and dead before the reply */
    :: atomic { crashes < CRASHES -> crashes++; gone[w] = true }
        goto late /* dead, with a completion on its way that arrives later */
    :: atomic { crashes < CRASHES -> crashes++; gone[w] = true }
        goto dead
    fi;

late:
    /* A new process under the same id may come up and claim before the old message arrives. */
    if
    :: atomic { gone[w] -> release(w); gone[w] = false } /* lua/join.lua */
        if
        :: atomic { ready -> ready = false; held[w] = true; token++; lease[w] = token }
            atomic { complete(w, mine); mine = lease[w] } /* the old message */
            if
            :: mine != 0 -> goto busy
            :: else -> goto idle
            fi
        :: atomic { complete(w, mine); mine = 0 } goto idle
        fi
    :: atomic { !gone[w] -> complete(w, mine); mine = 0 } goto idle
    fi;

dead:
    mine = 0;
    if
    :: w == 0 -> goto end /* nobody starts it again */
    :: atomic { if :: gone[w] -> release(w); gone[w] = false :: else fi } /* lua/join.lua */
        goto idle
    fi;

end:
    skip
}

/* Time, as seen by any master: lua/reap.lua, lua/dismiss.lua. */
active proctype clock()
{
    do
#ifndef BREAK_RECLAIM
    :: atomic { gone[0] -> release(0); gone[0] = false }
    :: atomic { gone[1] -> release(1); gone[1] = false }
#endif
    /* the lease of a living worker runs out: it is stopped, or hangs */
    :: atomic { crashes < CRASHES && lease[0] != 0 -> crashes++; release(0) }
    :: atomic { crashes < CRASHES && lease[1] != 0 -> crashes++; release(1) }
    /* a master falls silent for longer than its presence, dead or not */
    :: atomic { crashes < CRASHES && present[0] -> crashes++; present[0] = false }
    :: atomic { crashes < CRASHES && present[1] -> crashes++; present[1] = false }
    :: folded > 0 -> break
    od
}

active [MASTERS] proctype master()
{
    byte m = _pid - WORKERS - 1;
    byte my_fence, my_commits;
    bool mine = false, seen = false;

    present[m] = true; /* lua/preside.lua */
    do
    :: folded > 0 -> break
    :: atomic { !present[m] -> /* back from the silence, or a new process: a new registration */
        present[m] = true; if :: owner == m -> owner = NOBODY :: else fi }
        if
        :: mine = false; seen = false /* it knows that it was away */
        :: skip /* it does not know yet, and goes on with what it had */
        fi
    :: atomic { there && (owner == NOBODY || (owner != m && !present[owner])) && present[m] ->
        owner = m; fence++; my_fence = fence; my_commits = commits; /* lua/adopt.lua */
        mine = true; seen = false }
    :: mine && !open && commits == 0 -> /* split */
        atomic { /* lua/commit.lua */
            if
#ifdef BREAK_FENCE
            :: commits == my_commits ->
#else
            :: owner == m && fence == my_fence && commits == my_commits ->
#endif
                open = true; ready = true; commits++; my_commits = commits
            :: else -> mine = false
            fi
        }
    :: mine && result && !seen -> seen = true /* collect: read, nothing written */
    :: mine && seen ->
        atomic { /* lua/commit.lua, lua/finish.lua */
            if
#ifdef BREAK_FENCE
            :: true ->
#else
#ifdef BREAK_COMMITS
            :: owner == m ->
#else
            :: owner == m && fence == my_fence && commits == my_commits ->
#endif
#endif
                folded++; result = false; open = false; commits++; my_commits = commits
            :: else -> mine = false
            fi;
            seen = false
        }
        /* a reply that was lost: the same commit is sent again */
        if
        :: crashes < CRASHES && mine -> crashes++; seen = true; my_commits--
        :: skip
        fi
    od
}

/* The job comes with its first round, or leaves that to its master: lua/submit.lua. */
active proctype producer()
{
    atomic {
        if
        :: open = true; ready = true; commits = 1
        :: skip
        fi;
        there = true
    }
}

/* Watches every state. */
active proctype monitor()
{
    do
    :: atomic { (open || folded > 0) && PLACES != 1 -> assert(PLACES == 1) }
    :: atomic { folded > 1 -> assert(folded <= 1) }
    :: folded > 0 -> break
    od;
    assert(folded == 1)
}

ltl folded_at_last { <> (folded == 1) }
