package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// contentHash is the hash of an event's content (S4). Every part has its length before it, so that no two contents
// share their bytes.
func contentHash(e task.Event) [32]byte {
	b := make([]byte, 0, 256)
	b = text(b, e.Task)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Growth))
	b = flag(b, e.Finish)
	if len(e.Attrs) > 0 {
		var few [8]string
		names := few[:0]
		for name := range e.Attrs {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			b = text(b, name)
			value := rule.AppendValue(nil, e.Attrs[name])
			b = append(binary.AppendUvarint(b, uint64(len(value))), value...)
		}
	}
	return sha256.Sum256(append(b, e.Meta...))
}

// commandHash is the hash of a command's content.
func commandHash(c decide.Command) [32]byte {
	b := text(nil, c.Op)
	b = text(text(b, c.Record.User), c.Record.Reward)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Record.N))
	b = flag(b, c.Pass)
	b = text(text(text(b, c.Actor), c.Reason), c.Request)
	return sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(c.Seq)))
}

func text(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func flag(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
