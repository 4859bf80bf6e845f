package memory_test

import (
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/storetest"
)

func TestStore_keepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memory.New() })
}
