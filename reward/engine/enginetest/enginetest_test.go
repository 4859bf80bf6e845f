package enginetest_test

import (
	"testing"

	"github.com/guerdon-go/guerdon/reward/engine/enginetest"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
)

func TestMemory(t *testing.T) {
	enginetest.Run(t, func(*testing.T) store.Store { return memory.New() })
}
