// Package schema has the queue's own table, for the migrations of every service.
package schema

import "embed"

// Files are the queue's migrations.
//
//go:embed migrations/*.sql
var Files embed.FS
