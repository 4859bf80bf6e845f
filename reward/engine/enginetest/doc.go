// Package enginetest plays an engine over a store beside a model, so that an adapter's author knows that applications will
// see what the library's documentation says:
//
//	func TestEngine(t *testing.T) {
//		enginetest.Run(t, func(t *testing.T) store.Store { return mystore.New(openEmptyDatabase(t)) })
//	}
//
// [Keys] plays one scene with IDs that look alike, and compares what a store answers with what another does.
//
// Run package storetest first: it tells which clause of the contract a store breaks, where this one shows what that leads
// to. Both are meant to be run with -race.
package enginetest
