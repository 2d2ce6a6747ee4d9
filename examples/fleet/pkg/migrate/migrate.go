// Package migrate brings a database to the present state: each SQL file once, in the order of their names.
package migrate

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"orders.example/fleet/pkg/run"
)

// lock is the number of the advisory lock that keeps two runs apart.
const lock = "7203"

const ledger = "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())"

// Main is the whole program: it applies what is missing of all files and ends.
func Main(name string, sources ...fs.FS) {
	run.Main(name, func(ctx context.Context, app *run.App) error {
		url, err := app.NeedDatabase()
		if err != nil {
			return err
		}
		files, err := read(sources...)
		if err != nil {
			return err
		}
		applied, err := apply(ctx, url, files)
		app.Log.Info("migrated", "applied", applied, "known", len(files))
		return err
	})
}

type file struct{ name, text string }

// read is every .sql file of the sources. Two of one name would be one in the ledger, and are an error.
func read(sources ...fs.FS) ([]file, error) {
	var found []file
	for _, source := range sources {
		names, err := fs.Glob(source, "migrations/*.sql")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := fs.ReadFile(source, name)
			if err != nil {
				return nil, err
			}
			found = append(found, file{path.Base(name), string(text)})
		}
	}
	slices.SortFunc(found, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(found); i++ {
		if found[i].name == found[i-1].name {
			return nil, fmt.Errorf("two migrations are called %s", found[i].name)
		}
	}
	return found, nil
}

// apply runs what the ledger lacks, each file in a transaction of its own with its line in the ledger.
func apply(ctx context.Context, url string, files []file) (applied []string, err error) {
	db, err := pgconn.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer db.Close(context.WithoutCancel(ctx))
	if _, err := db.Exec(ctx, "SELECT pg_advisory_lock("+lock+"); "+ledger).ReadAll(); err != nil {
		return nil, err
	}
	for _, one := range files {
		known := db.ExecParams(ctx, "SELECT FROM migrations WHERE name = $1", [][]byte{[]byte(one.name)}, nil, nil, nil).Read()
		if known.Err != nil {
			return applied, known.Err
		}
		if len(known.Rows) > 0 {
			continue
		}
		if err := applyOne(ctx, db, one); err != nil {
			return applied, fmt.Errorf("%s: %w", one.name, err)
		}
		applied = append(applied, one.name)
	}
	return applied, nil
}

func applyOne(ctx context.Context, db *pgconn.PgConn, one file) error {
	if _, err := db.Exec(ctx, "BEGIN; "+one.text).ReadAll(); err != nil {
		return err // the connection is closed with the transaction open, which rolls it back
	}
	noted := db.ExecParams(ctx, "INSERT INTO migrations (name) VALUES ($1)", [][]byte{[]byte(one.name)}, nil, nil, nil).Read()
	if noted.Err != nil {
		return noted.Err
	}
	_, err := db.Exec(ctx, "COMMIT").ReadAll()
	return err
}
