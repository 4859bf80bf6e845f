package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// handler routes requests. Who may call what is left to the application: put its own checks in front of this.
func (s *shop) handler() http.Handler {
	mux := http.NewServeMux()
	answer := func(pattern string, f func(*http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			err := rule.CheckText(r.URL.Path, pathMax) // no database keeps an ID that is no text
			var v any
			if err == nil {
				v, err = f(r)
			}
			if err != nil {
				s.refuse(w, r, err)
				return
			}
			s.write(w, r, http.StatusOK, v)
		})
	}
	answer("PUT /products/{id}", s.putProduct)
	answer("PUT /customers/{id}", s.putCustomer)
	answer("GET /customers/{id}", func(r *http.Request) (any, error) { return s.page(r.Context(), r.PathValue("id")) })
	answer("POST /customers/{id}/signin", func(r *http.Request) (any, error) { return s.signIn(r.Context(), r.PathValue("id")) })
	answer("PUT /customers/{id}/orders/{order}", s.putOrder)
	answer("GET /reviews", func(r *http.Request) (any, error) { return s.waiting(r.Context()) })
	answer("POST /reviews/{user}/{reward}/{n}", s.review)
	return traced(s.watch.tracer, mux)
}

// What is longer in bytes comes from no honest client.
const (
	pathMax = 1 << 10
	nameMax = 200
)

func (s *shop) putProduct(r *http.Request) (any, error) {
	p := product{}
	if err := read(r, &p); err != nil {
		return nil, err
	}
	if p.ID = r.PathValue("id"); p.Price < 1 || p.Price > 1e9 || p.Stock < 0 {
		return nil, &rule.FieldError{Field: "product", Reason: "needs a price above zero and a stock not below"}
	}
	return p, putProduct(r.Context(), s.db, p)
}

func (s *shop) putCustomer(r *http.Request) (any, error) {
	c := customer{}
	if err := read(r, &c); err != nil {
		return nil, err
	}
	c.ID = r.PathValue("id")
	var f rule.Faults
	f.At("id", rule.CheckID(c.ID)) // it is to be a user's
	f.At("name", rule.CheckText(c.Name, nameMax))
	if err := f.Err(); err != nil {
		return nil, err
	}
	return c, putCustomer(r.Context(), s.db, c)
}

// putOrder takes the ID from the path, so that a client who had no answer sends the same request again.
func (s *shop) putOrder(r *http.Request) (any, error) {
	o := order{}
	if err := read(r, &o); err != nil {
		return nil, err
	}
	o.Customer, o.ID = r.PathValue("id"), r.PathValue("order")
	return s.place(r.Context(), o)
}

// review passes or rejects a record. With the seq that the operator saw, a repeat is safe and another's verdict is noticed.
func (s *shop) review(r *http.Request) (any, error) {
	var verdict struct {
		Pass   bool   `json:"pass"`
		Reason string `json:"reason"`
		Seq    int64  `json:"seq"`
	}
	if err := read(r, &verdict); err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil {
		return nil, &rule.FieldError{Field: "n", Value: r.PathValue("n"), Reason: "must be a number"}
	}
	operator := r.Header.Get("X-Operator") // whom the application has authenticated
	if operator == "" {
		return nil, &rule.FieldError{Field: "X-Operator", Reason: "must not be empty"}
	}
	by := engine.By{Actor: operator, Reason: verdict.Reason, Seq: verdict.Seq}
	moved, err := s.eng.Review(r.Context(), by, reward.ID{User: r.PathValue("user"), Reward: r.PathValue("reward"), N: n}, verdict.Pass)
	if err != nil {
		return nil, err
	}
	s.log.InfoContext(r.Context(), "review", slog.String("record", moved.Record.ID.String()),
		slog.String("operator", operator), slog.String("status", string(moved.Record.Status)), slog.Bool("changed", moved.Changed))
	return moved, nil
}

// statusOf says which status an error is. Errors that the same request will meet again are listed. Everything else may be over
// the next time (a database that is down, one that is busy, an answer that was lost), so it is 503: the client sends
// the same request again, and if the first did its work, the second answers as the first would have.
func statusOf(err error) int {
	is := func(targets ...error) bool {
		return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
	}
	switch {
	case is(engine.ErrUnknown): // of the engine or of the transaction around it, whatever else it is
		return http.StatusServiceUnavailable
	case is(rule.ErrInvalid, rule.ErrTooLate, rule.ErrTooEarly):
		return http.StatusUnprocessableEntity
	case is(errNotFound, reward.ErrUnknown):
		return http.StatusNotFound
	case is(errSoldOut, errOther, task.ErrConflict, reward.ErrStatus):
		return http.StatusConflict
	case is(task.ErrUnknown, task.ErrDerived, engine.ErrTooLarge, ledger.ErrOverflow): // the campaign is at fault
		return http.StatusInternalServerError
	case is(store.ErrCorrupt, store.ErrInvalid, store.ErrUnsupported, store.ErrTooLarge): // the program or its tables are
		return http.StatusInternalServerError
	}
	return http.StatusServiceUnavailable
}

// refuse answers an error.
func (s *shop) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	text := err.Error()
	if status >= 500 {
		s.log.ErrorContext(r.Context(), "request failed", slog.String("path", r.URL.Path), slog.Any("error", err))
		text = http.StatusText(status) // what the database says is not for customers
	}
	s.write(w, r, status, map[string]string{"error": text})
}

func (s *shop) write(w http.ResponseWriter, r *http.Request, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.log.WarnContext(r.Context(), "answer not written", slog.Any("error", err))
	}
}

// read reads a JSON object, of a size that no honest request has.
func read(r *http.Request, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 64<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return &rule.FieldError{Field: "body", Reason: err.Error()}
	}
	return nil
}
