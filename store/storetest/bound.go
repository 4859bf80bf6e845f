package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/guerdon-go/guerdon/store"
)

// Transactions are a store together with the transactions of its database, for [RunBound].
type Transactions struct {
	// Store is the store outside of any transaction.
	Store store.Store
	// Begin begins a transaction as an application would. It may wait for another one to end; ctx is that of the whole case.
	Begin func(ctx context.Context) (Transaction, error)
	// OneWriter says that a transaction keeps every other writer out until it ends, as in SQLite and bbolt. Clause 14 asks
	// less of such a store, and a transaction may keep them out although it only reads.
	OneWriter bool
}

// A Transaction is one of the application's.
type Transaction struct {
	// Store is bound to it.
	Store            store.Store
	Commit, Rollback func() error
}

// RunBound checks stores that are bound to a transaction of their caller's, one subtest a case:
//
//	storetest.RunBound(t, func(t *testing.T) storetest.Transactions {
//		db := openEmptyDatabase(t)
//		st := mystore.New(db)
//		return storetest.Transactions{Store: st, Begin: func(ctx context.Context) (storetest.Transaction, error) {
//			tx, err := db.BeginTx(ctx, nil)
//			return storetest.Transaction{Store: st.In(tx), Commit: tx.Commit, Rollback: tx.Rollback}, err
//		}}
//	})
//
// open gives an empty database, and registers with t what closes it. First come the cases of [Run], each within a transaction
// that is rolled back and most of them on one database, but for those in which the contract lets a statement fail; then what a
// transaction promises to those inside and outside of it, each on a database of its own. Call Run as well, for the store
// outside.
//
// Where a case says that a call does not wait, it makes the call and ends the transaction afterwards: a store that waits
// waits for ever. Each case has a minute, which is there for nothing else.
func RunBound(t *testing.T, open func(t *testing.T) Transactions) {
	t.Run("in a transaction", func(t *testing.T) {
		shared := open(t)
		for _, c := range cases() {
			if !c.raises {
				t.Run(c.name, func(t *testing.T) {
					told(t, c.clause, c.sentence)
					txs := shared
					c.run(&env{tb: t, open: func() store.Store {
						if txs.Store == nil { // the second store of a case shares nothing with the first
							txs = open(t)
						}
						defer func() { txs = Transactions{} }()
						return within(t, txs)
					}})
				})
			}
		}
	})
	for _, c := range boundCases() {
		t.Run(c.name, func(t *testing.T) {
			told(t, c.clause, c.sentence)
			if txs := open(t); c.fits(txs) {
				c.play(t, txs, nil)
			}
		})
	}
}

// told prints the sentence of a case that fails.
func told(t *testing.T, clause, sentence string) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("clause %s: %s", clause, sentence)
		}
	})
}

// within begins a transaction that is rolled back after the test.
func within(t *testing.T, txs Transactions) store.Store {
	// The test's own context ends before its cleanups run, and would end the transaction first.
	tx, err := txs.Begin(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	t.Cleanup(func() {
		if err := tx.Rollback(); err != nil {
			t.Errorf("rollback: %v", err)
		}
	})
	return tx.Store
}

// A boundCase checks one sentence about transactions.
type boundCase struct {
	name, clause, sentence string
	run                    func(e *boundEnv)
	writers                writers
}

// writers says which databases a case is about.
type writers int

const (
	anyWriters writers = iota
	oneWriter
	manyWriters
)

func (c boundCase) fits(txs Transactions) bool {
	return c.writers == anyWriters || txs.OneWriter == (c.writers == oneWriter)
}

// play runs the case with a minute's time.
func (c boundCase) play(t tb, txs Transactions, racing func(int)) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if racing == nil {
		racing = func(int) {}
	}
	c.run(&boundEnv{env: &env{tb: inTime{t, ctx}, s: txs.Store, racing: racing}, txs: txs})
}

// inTime gives a case a context of its own.
type inTime struct {
	tb
	ctx context.Context
}

// Context is the case's.
func (t inTime) Context() context.Context { return t.ctx }

func boundCases() []boundCase {
	return slices.Concat(sightCases(), wholeCases(), lockCases())
}

// A boundEnv is what a case works with: the store outside, and transactions.
type boundEnv struct {
	*env
	txs Transactions
}

// An inside is an open transaction with the store in it.
type inside struct {
	*env
	tx    Transaction
	ended bool
}

// begin begins a transaction. Its undo is to be deferred.
func (e *boundEnv) begin() *inside {
	e.Helper()
	tx, err := e.txs.Begin(e.Context())
	if err != nil {
		e.Fatalf("begin: %v", err)
	}
	return &inside{env: &env{tb: e.tb, s: tx.Store}, tx: tx}
}

// land commits the transaction.
func (x *inside) land() {
	x.Helper()
	x.ended = true
	if err := x.tx.Commit(); err != nil {
		x.Fatalf("commit of the transaction: %v", err)
	}
}

// undo rolls the transaction back, unless it has ended.
func (x *inside) undo() {
	x.Helper()
	if x.ended {
		return
	}
	x.ended = true
	if err := x.tx.Rollback(); err != nil && x.Context().Err() == nil { // else it ended with the case's time
		x.Errorf("rollback of the transaction: %v", err)
	}
}

// hold loads users for an update, which locks them, and gives their versions.
func (x *inside) hold(users ...string) []int64 {
	x.Helper()
	r := store.Request{ForUpdate: true}
	for _, user := range users {
		r.Keys = append(r.Keys, store.Key{User: user})
	}
	var versions []int64
	for _, st := range x.snapshot(r).States {
		versions = append(versions, st.Version)
	}
	return versions
}

// meanwhile runs f on a goroutine, and gives what waits for its end. f must not use the test.
func (e *boundEnv) meanwhile(f func()) (wait func()) {
	done := make(chan struct{})
	e.racing(1)
	go func() {
		defer close(done)
		defer e.racing(-1)
		f()
	}()
	return func() {
		e.Helper()
		select {
		case <-done:
		case <-e.Context().Done():
			e.Fatalf("a call beside the transaction still waits, long after it ended")
		}
	}
}

// An answer is what a commit on another goroutine gave.
type answer struct {
	results []store.Result
	err     error
}

// commitMeanwhile commits outside on a goroutine; wait gives the answer once there is one.
func (e *boundEnv) commitMeanwhile(units ...store.Unit) (wait func() answer) {
	var a answer
	ended := e.meanwhile(func() { a.results, a.err = e.store().Commit(e.Context(), units...) })
	return func() answer {
		e.Helper()
		ended()
		if a.err == nil && len(a.results) != len(units) {
			e.Fatalf("commit of %d units gave %d results", len(units), len(a.results))
		}
		return a
	}
}
