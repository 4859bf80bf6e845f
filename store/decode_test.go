package store_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/storetest"
)

func TestDecode_readsWhatEncodeWrote(t *testing.T) {
	for _, r := range storetest.Samples("u") {
		t.Run(string(r.Key().Kind), func(t *testing.T) {
			data := r.Encode()
			got, err := store.Decode(r.Key().Kind, data)
			if err != nil {
				t.Fatalf("%v\n%s", err, data)
			}
			if diff := cmp.Diff(r.Clone(), got); diff != "" {
				t.Errorf("-encoded +decoded:\n%s", diff)
			}
			if !bytes.Equal(data, got.Encode()) {
				t.Errorf("encoded again it is another form:\n%s\n%s", data, got.Encode())
			}
		})
	}
}

func TestDecode_refusesWhatEncodeDoesNotWrite(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		kind       store.Kind
		want       error
	}{
		{"unknown kind", `{"v":1}`, "later", store.ErrUnsupported},
		{"newer version", `{"v":2,"user":"u","more":true}`, store.KindTask, store.ErrUnsupported},
		{"no version", `{"user":"u"}`, store.KindTask, store.ErrCorrupt},
		{"unknown field", `{"v":1,"user":"u","more":true}`, store.KindTask, store.ErrCorrupt},
		{"two objects", `{"v":1}{"v":1}`, store.KindTask, store.ErrCorrupt},
		{"no object", `[]`, store.KindTask, store.ErrCorrupt},
		{"empty", ``, store.KindTask, store.ErrCorrupt},
		{"cut off", `{"v":1,"user":"u"`, store.KindTask, store.ErrCorrupt},
		{"decimal with an exponent", `{"v":1,"user":"u","kind":"k","asset":"a","value":"1e1000000000"}`, store.KindBalance, store.ErrCorrupt},
		{"amount without an asset's place", `{"v":1,"user":"u","group":"g","used":"1"}`, store.KindCap, store.ErrCorrupt},
		{"short hash", `{"v":1,"user":"u","task":"t","leaf":"0000000000000001","hash":"00"}`, store.KindValue, store.ErrCorrupt},
		{"instant as text", `{"v":1,"user":"u","created":"2026-01-01T00:00:00Z"}`, store.KindTask, store.ErrCorrupt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r, err := store.Decode(tt.kind, []byte(tt.data)); !errors.Is(err, tt.want) || r != nil {
				t.Errorf("got %v, %v, want %v", r, err, tt.want)
			}
		})
	}
}

// FuzzDecode says that what decodes encodes, and that this decodes to the same.
func FuzzDecode(f *testing.F) {
	kinds := store.Kinds()
	for i, r := range storetest.Samples("u") {
		f.Add(i, r.Encode())
	}
	f.Add(0, []byte(`{"v":1,"hash":"00"}`))
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		kind := kinds[int(uint(i)%uint(len(kinds)))]
		r, err := store.Decode(kind, data)
		if err != nil {
			return
		}
		form := r.Encode()
		again, err := store.Decode(kind, form)
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, data, form)
		}
		if diff := cmp.Diff(r, again); diff != "" || !bytes.Equal(form, again.Encode()) {
			t.Fatalf("decoded again it differs:\n%s\n%s\n%s", diff, form, again.Encode())
		}
		if r.Key() != r.Clone().Key() || !slices.Equal(r.Index(), r.Clone().Index()) {
			t.Fatalf("its clone has other keys")
		}
	})
}

func TestAs_looksThroughWrappers(t *testing.T) {
	m := memory.New()
	if got, ok := store.As[*memory.Store](storetest.Faulty(storetest.Faulty(m))); !ok || got != m {
		t.Errorf("got %v, %v", got, ok)
	}
	if _, ok := store.As[interface{ Never() }](storetest.Faulty(m)); ok {
		t.Errorf("found what is not there")
	}
}
