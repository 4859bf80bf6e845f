// Package sqlstore keeps a [store.Store] in PostgreSQL, MySQL, MariaDB or SQLite through database/sql. It imports no driver.
package sqlstore
