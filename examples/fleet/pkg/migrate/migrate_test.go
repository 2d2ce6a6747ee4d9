package migrate

import (
	"context"
	"os"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgconn"
)

func sql(name, text string) fstest.MapFS {
	return fstest.MapFS{"migrations/" + name: &fstest.MapFile{Data: []byte(text)}, "migrations/notes.txt": &fstest.MapFile{}}
}

func TestReadSortsByName(t *testing.T) {
	files, err := read(sql("0002_late.sql", "b"), sql("0001_early.sql", "a"))
	if err != nil || len(files) != 2 || files[0] != (file{"0001_early.sql", "a"}) {
		t.Errorf("%v, %v", files, err)
	}
}

func TestReadRefusesOneNameTwice(t *testing.T) {
	if _, err := read(sql("0001.sql", "a"), sql("0001.sql", "b")); err == nil {
		t.Error("two files of one name")
	}
}

func TestApplyOnce(t *testing.T) {
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		t.Skip("DATABASE_URL names no database")
	}
	t.Cleanup(func() {
		db, err := pgconn.Connect(context.Background(), url)
		if err == nil {
			_, err = db.Exec(context.Background(), "DELETE FROM migrations WHERE name LIKE '"+t.Name()+"%'").ReadAll()
		}
		if err != nil {
			t.Error(err)
		}
	})
	files := []file{{t.Name() + "1", "CREATE TEMPORARY TABLE a (b int); INSERT INTO a VALUES (1)"}, {t.Name() + "2", "SELECT 1"}}
	for _, want := range []int{2, 0} {
		if applied, err := apply(t.Context(), url, files); err != nil || len(applied) != want {
			t.Errorf("applied %v, %v", applied, err)
		}
	}
	if applied, err := apply(t.Context(), url, []file{{t.Name() + "3", "CREATE TABLE wrong (;"}}); err == nil {
		t.Errorf("applied %v", applied)
	}
}
