package memory_test

import (
	"context"
	"fmt"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// What an engine does with a store, by hand: load a user, decide, and commit if the version still holds.
func ExampleNew() {
	ctx := context.Background()
	s := memory.New()
	key := store.Key{User: "u7", Parts: []store.Part{{Kind: store.KindTask, IDs: []string{store.TaskRowID("login", 0)}}}}

	for _, id := range []string{"login-1", "login-2"} {
		snap, err := s.Load(ctx, store.Request{Keys: []store.Key{key}})
		if err != nil {
			panic(err)
		}
		state := snap.States[0]
		record := &store.TaskRow{Record: task.Record{User: "u7", Task: "login"}}
		if len(state.Rows) > 0 {
			record = state.Rows[0].(*store.TaskRow)
		}
		record.Sum++
		results, err := s.Commit(ctx, store.Unit{
			User: "u7", Version: state.Version,
			Insert: []store.Row{&store.CauseRow{User: "u7", Type: store.CauseEvent, ID: id}},
			Put:    []store.Row{record},
			Take:   []store.Take{{Counter: "logins", N: 1, Max: 1}},
		})
		fmt.Println(results[0].Written(), results[0].Exhausted, err)
	}
	// Output:
	// true map[] <nil>
	// false map[logins:0] <nil>
}
