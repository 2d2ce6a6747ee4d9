// Command migrate brings the database of the audit service to its present state.
package main

import (
	"embed"

	"orders.example/fleet/pkg/migrate"
	"orders.example/fleet/pkg/queue/schema"
)

//go:embed migrations/*.sql
var files embed.FS

func main() { migrate.Main("audit-migrate", schema.Files, files) }
