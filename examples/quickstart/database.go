package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/guerdon-go/guerdon/examples/database"
	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// forms says what -dsn takes.
const forms = "where the state is kept: a `database`, one of " + database.Forms +
	" (default: quickstart.sqlite in the working directory; with -config mine.json it is mine.sqlite)"

// otherwiseIn is the default of -dsn: a campaign has a file of its own in the working directory.
func otherwiseIn(config string) string {
	switch config {
	case "":
		return "quickstart.sqlite"
	case "-":
		return "stdin.sqlite"
	}
	base := filepath.Base(config)
	return strings.TrimSuffix(base, filepath.Ext(base)) + ".sqlite"
}

// open finds the database of a -dsn, reaches it and makes the tables.
func open(ctx context.Context, dsn string) (*database.Database, *sqlstore.Store, error) {
	db, err := database.Open(dsn)
	if err != nil {
		return nil, nil, fmt.Errorf("-dsn: %w", err)
	}
	st, err := migrated(ctx, db)
	if err != nil {
		_ = db.Close()
		return nil, nil, fmt.Errorf("%s: %w", db.Name, err)
	}
	return db, st, nil
}

func migrated(ctx context.Context, db *database.Database) (*sqlstore.Store, error) {
	reach, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := db.PingContext(reach); err != nil {
		return nil, fmt.Errorf("cannot be reached: %w", err)
	}
	// The prefix keeps it apart from the tables of a program that uses the same database in earnest.
	st, err := sqlstore.New(db.DB, db.Dialect, sqlstore.Options{Prefix: "quickstart_"})
	if err != nil {
		return nil, err
	}
	return st, st.Migrate(ctx)
}
