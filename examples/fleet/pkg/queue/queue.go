// Package queue does jobs outside of requests: one after another, each by one worker, kept in the service's own database.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
)

const (
	attempts  = 5
	firstWait = 10 * time.Second
)

// Add lets a worker do a job of a kind. A key that is waiting already is not added again.
func Add(ctx context.Context, db *pgxpool.Pool, kind, key string, payload any) error {
	if db == nil {
		return problem.Conflictf("there is no queue without a database")
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	const query = "INSERT INTO jobs (key, kind, payload) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING"
	_, err = db.Exec(ctx, query, key, kind, text)
	return err
}

// Job is what is done for jobs of one kind. With Every it is done again and again, without anybody adding it.
type Job struct {
	Kind  string
	Every time.Duration
	Do    func(ctx context.Context, payload json.RawMessage) (done int, err error)
}

// Every is a job that takes nothing and is done once in a while.
func Every(pause time.Duration, kind string, do func(context.Context) (int, error)) Job {
	return Job{kind, pause, func(ctx context.Context, _ json.RawMessage) (int, error) { return do(ctx) }}
}

type waiting struct {
	key, kind string
	payload   json.RawMessage
	attempts  int
}

// schedule makes sure that jobs which come again are there.
func schedule(ctx context.Context, db *pgxpool.Pool, jobs map[string]Job) error {
	for _, job := range jobs {
		if job.Every == 0 {
			continue
		}
		if err := Add(ctx, db, job.Kind, "every:"+job.Kind, struct{}{}); err != nil {
			return err
		}
	}
	return nil
}

// next does the job that has been due for longest, and tells whether there was one. No other worker sees it meanwhile.
func next(ctx context.Context, db *pgxpool.Pool, jobs map[string]Job, tell func(waiting, int, error)) (found bool, err error) {
	const query = `SELECT key, kind, payload, attempts FROM jobs WHERE due <= now() AND kind = ANY($1)
		ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED`
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		var one waiting
		err := tx.QueryRow(ctx, query, kinds(jobs)).Scan(&one.key, &one.kind, &one.payload, &one.attempts)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		job := jobs[one.kind]
		done, failure := job.Do(ctx, one.payload)
		if ctx.Err() != nil {
			return ctx.Err() // told to stop: the job is as it was, for the next worker
		}
		tell(one, done, failure)
		return finish(ctx, tx, job, one, failure)
	})
	return found, err
}

// finish removes a job, or says when it is due again: as often as it comes, or later each time that it fails.
func finish(ctx context.Context, tx pgx.Tx, job Job, one waiting, failure error) error {
	if failure != nil && one.attempts+1 < attempts {
		const query = "UPDATE jobs SET attempts = attempts + 1, failure = $2, due = now() + $3 WHERE key = $1"
		_, err := tx.Exec(ctx, query, one.key, failure.Error(), firstWait<<one.attempts)
		return err
	}
	if job.Every > 0 {
		_, err := tx.Exec(ctx, "UPDATE jobs SET attempts = 0, due = now() + $2 WHERE key = $1", one.key, job.Every)
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM jobs WHERE key = $1", one.key)
	return err
}

func kinds(jobs map[string]Job) []string {
	names := make([]string, 0, len(jobs))
	for name := range jobs {
		names = append(names, name)
	}
	return names
}
