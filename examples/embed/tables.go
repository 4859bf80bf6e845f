package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// The shop's own tables. An application has migrations of its own; these statements stand for them. PostgreSQL and
// SQLite both read them, and $1 for a parameter.
var tables = []string{
	`CREATE TABLE IF NOT EXISTS customers (
		id   TEXT NOT NULL PRIMARY KEY,
		name TEXT NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS products (
		id    TEXT   NOT NULL PRIMARY KEY,
		price BIGINT NOT NULL CHECK (price > 0),
		stock BIGINT NOT NULL CHECK (stock >= 0)
	)`,
	`CREATE TABLE IF NOT EXISTS orders (
		id       TEXT   NOT NULL PRIMARY KEY,
		customer TEXT   NOT NULL REFERENCES customers (id),
		product  TEXT   NOT NULL REFERENCES products (id),
		quantity BIGINT NOT NULL CHECK (quantity > 0),
		total    BIGINT NOT NULL CHECK (total > 0)
	)`,
	`CREATE INDEX IF NOT EXISTS orders_customer ON orders (customer, id)`,
}

func migrate(ctx context.Context, db *sql.DB) error {
	for _, text := range tables {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// A querier is a *sql.DB or a *sql.Tx.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// A customer is somebody who may order. The ID is the user's in Guerdon.
type customer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// putCustomer writes a customer, or gives one that is there another name.
func putCustomer(ctx context.Context, q querier, c customer) error {
	_, err := q.ExecContext(ctx, `INSERT INTO customers (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name`, c.ID, c.Name)
	return err
}

func findCustomer(ctx context.Context, q querier, id string) (customer, error) {
	c := customer{ID: id}
	err := q.QueryRowContext(ctx, `SELECT name FROM customers WHERE id = $1`, id).Scan(&c.Name)
	return c, missing("customer", id, err)
}

// A product is sold for a price in cents while it is in stock.
type product struct {
	ID    string `json:"id"`
	Price int64  `json:"price"`
	Stock int64  `json:"stock"`
}

// putProduct writes a product, or its price and stock if it is there.
func putProduct(ctx context.Context, q querier, p product) error {
	_, err := q.ExecContext(ctx, `INSERT INTO products (id, price, stock) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET price = excluded.price, stock = excluded.stock`, p.ID, p.Price, p.Stock)
	return err
}

// writeOrder writes an order at the price of the day. If it is there already it answers that one, and errOther if the
// two differ. No statement fails by plan: a failed one would end a transaction of PostgreSQL.
func writeOrder(ctx context.Context, tx *sql.Tx, o order) (written order, isNew bool, err error) {
	if _, err := findCustomer(ctx, tx, o.Customer); err != nil {
		return order{}, false, err
	}
	var price int64
	if err := tx.QueryRowContext(ctx, `SELECT price FROM products WHERE id = $1`, o.Product).Scan(&price); err != nil {
		return order{}, false, missing("product", o.Product, err)
	}
	o.Total = price * o.Quantity
	result, err := tx.ExecContext(ctx, `INSERT INTO orders (id, customer, product, quantity, total) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO NOTHING`, o.ID, o.Customer, o.Product, o.Quantity, o.Total)
	if err != nil {
		return order{}, false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return o, true, err
	}
	w := order{ID: o.ID}
	err = tx.QueryRowContext(ctx, `SELECT customer, product, quantity, total FROM orders WHERE id = $1`, o.ID).
		Scan(&w.Customer, &w.Product, &w.Quantity, &w.Total)
	if err == nil && (w.Customer != o.Customer || w.Product != o.Product || w.Quantity != o.Quantity) {
		err = fmt.Errorf("order %q: %w", o.ID, errOther)
	}
	return w, false, err
}

// takeStock takes what is ordered, if there is as much. A condition in the statement decides, and the count of rows tells.
func takeStock(ctx context.Context, tx *sql.Tx, o order) error {
	result, err := tx.ExecContext(ctx, `UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1`, o.Quantity, o.Product)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("%d of product %q: %w", o.Quantity, o.Product, errSoldOut)
}

func ordersOf(ctx context.Context, q querier, customer string) ([]order, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, customer, product, quantity, total FROM orders WHERE customer = $1 ORDER BY id`, customer)
	if err != nil {
		return nil, err
	}
	defer rows.Close() // Err tells
	list := []order{}
	for rows.Next() {
		var o order
		if err := rows.Scan(&o.ID, &o.Customer, &o.Product, &o.Quantity, &o.Total); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

// missing gives the absence of a row its meaning.
func missing(what, id string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s %q: %w", what, id, errNotFound)
	}
	return err
}
