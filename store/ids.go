package store

import (
	"strconv"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
)

// sep joins the parts of IDs and index keys. No part contains it (users, codes and IDs have no NUL byte), so different
// parts never make the same key, and because it is the smallest byte keys sort part by part.
const sep = 0

// numberLen is how many bytes a number or an instant takes in an ID or key.
const numberLen = 16

// CauseID is the row ID of the cause of a type with that ID.
func CauseID(typ CauseType, id string) string {
	return string(appendTwo(make([]byte, 0, 128), string(typ), id))
}

// MoveCauseID is the [CauseRow.ID] of the move that gave the user's record (reward, n) its seq: "RS000910/1/2". It is text
// without NUL, as it stands in columns. The transfer that the move made has another cause, "RS000910.1#2"; see
// [ledger.TransferID].
func MoveCauseID(reward string, n, seq int64) string {
	b := make([]byte, 0, 128)
	b = append(append(b, reward...), '/')
	b = append(strconv.AppendInt(b, n, 10), '/')
	return string(strconv.AppendInt(b, seq, 10))
}

// TaskRowID is the row ID of the record of a task in a period.
func TaskRowID(task string, period int64) string {
	return string(appendNumbered(make([]byte, 0, 96), task, period))
}

// TallyRowID is the row ID of what was counted on a task.
func TallyRowID(task string) string { return task }

// ValueRowID is the row ID of a value that a leaf on a task counted in an outer period.
func ValueRowID(task string, key rule.Key, outer int64, hash [16]byte) string {
	return string(appendValueID(make([]byte, 0, 160), task, key, outer, hash))
}

func appendValueID(b []byte, task string, key rule.Key, outer int64, hash [16]byte) []byte {
	b = append(append(b, task...), sep)
	b = append(appendHex(b, uint64(key)), sep)
	b = append(appendNumber(b, outer), sep)
	for _, c := range hash {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// EntitlementRowID is the row ID of what a user's matches of a reward came to.
func EntitlementRowID(reward string) string { return reward }

// RewardRowID is the row ID of a user's n-th record of a reward.
func RewardRowID(reward string, n int64) string {
	return string(appendNumbered(make([]byte, 0, 96), reward, n))
}

// CapRowID is the row ID of what a user got of an asset from a group of rewards.
func CapRowID(group, asset string) string {
	return string(appendTwo(make([]byte, 0, 2*64+1), group, asset))
}

// TransferRowID is the row ID of a transfer.
func TransferRowID(id ledger.TransferID) string {
	return string(appendNumbered(make([]byte, 0, 160), id.Cause, int64(id.Leg)))
}

// BalanceRowID is the row ID of a user's balance of an asset in an account of a kind.
func BalanceRowID(kind ledger.AccountKind, asset string) string {
	return string(appendTwo(make([]byte, 0, 96), string(kind), asset))
}

// UserPrefix is what the keys of a user's rows start with in the indexes that begin with the user: [IndexCauseTask],
// [IndexRewardUser] and [IndexTransferAccount].
func UserPrefix(user string) string { return user + "\x00" }

// CauseTaskPrefix is what the keys of a user's events of a task start with in [IndexCauseTask].
func CauseTaskPrefix(user, task string) string {
	b := make([]byte, 0, 160)
	b = append(append(b, user...), sep)
	return string(append(append(b, task...), sep))
}

// CauseTaskKey is the key of an event in [IndexCauseTask]. Its last part is the event's ID, so that keys differ also where
// events share a seq.
func CauseTaskKey(user, task string, seq int64, id string) string {
	b := make([]byte, 0, 256)
	b = append(append(b, user...), sep)
	b = append(append(b, task...), sep)
	b = append(appendNumber(b, seq), sep)
	return string(append(b, id...))
}

// RewardUserFrom is the place in [IndexRewardUser] that comes before the user's records made at that instant or later.
func RewardUserFrom(user string, at time.Time) string {
	b := make([]byte, 0, 160)
	return string(appendTime(append(append(b, user...), sep), at))
}

// RewardRewardPrefix is what the keys of a reward's records start with in [IndexRewardReward].
func RewardRewardPrefix(reward string) string { return reward + "\x00" }

// RewardRewardFrom is the place in [IndexRewardReward] that comes before the reward's records made at that instant or later.
func RewardRewardFrom(reward string, at time.Time) string {
	b := make([]byte, 0, 96)
	return string(appendTime(append(append(b, reward...), sep), at))
}

// RewardOpenFrom is the place in [IndexRewardOpen] that comes before the open records made at that instant or later.
func RewardOpenFrom(at time.Time) string {
	return string(appendTime(make([]byte, 0, numberLen), at))
}

// RewardKey is the key of a record in one of the indexes of reward records: the cursor that continues after it. made is
// when the record was made, cut to the microsecond. For another index it is empty.
func RewardKey(index Index, id reward.ID, made time.Time) string {
	b := make([]byte, 0, 256)
	switch index {
	case IndexRewardUser:
		b = append(append(b, id.User...), sep)
		b = append(appendTime(b, made), sep)
		b = append(append(b, id.Reward...), sep)
	case IndexRewardReward:
		b = append(append(b, id.Reward...), sep)
		b = append(appendTime(b, made), sep)
		b = append(append(b, id.User...), sep)
	case IndexRewardOpen:
		b = append(appendTime(b, made), sep)
		b = append(append(b, id.User...), sep)
		b = append(append(b, id.Reward...), sep)
	default:
		return ""
	}
	return string(appendNumber(b, id.N))
}

// TransferAccountPrefix is what the keys of a user's transfers of an asset start with in [IndexTransferAccount].
func TransferAccountPrefix(user, asset string) string {
	b := make([]byte, 0, 160)
	b = append(append(b, user...), sep)
	return string(append(append(b, asset...), sep))
}

// TransferAccountKey is the key of a transfer in [IndexTransferAccount].
func TransferAccountKey(user, asset string, seq int64) string {
	b := make([]byte, 0, 192)
	b = append(append(b, user...), sep)
	return string(appendNumber(append(append(b, asset...), sep), seq))
}

const hexDigits = "0123456789abcdef"

// appendTwo appends an ID of two names, and appendNumbered one of a name and a number.
func appendTwo(b []byte, a, name string) []byte { return append(append(append(b, a...), sep), name...) }

func appendNumbered(b []byte, name string, n int64) []byte {
	return appendNumber(append(append(b, name...), sep), n)
}

// appendNumber appends a number as text that sorts as numbers do: the sign bit is flipped so that negative ones come first.
func appendNumber(b []byte, n int64) []byte { return appendHex(b, uint64(n)^1<<63) }

// appendTime appends an instant, to the microsecond, as text that sorts as instants do.
func appendTime(b []byte, t time.Time) []byte { return appendNumber(b, t.UnixMicro()) }

func appendHex(b []byte, v uint64) []byte {
	var d [numberLen]byte
	for i := numberLen - 1; i >= 0; i-- {
		d[i] = hexDigits[v&15]
		v >>= 4
	}
	return append(b, d[:]...)
}
