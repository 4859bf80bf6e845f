package enginetest

import "strings"

// alikeNames are IDs that differ as bytes and that some collation, padding or encoding takes for the same, drops a part of, sorts
// otherwise or reads as more than text.
func alikeNames() []string {
	return []string{
		"a", "A", "b", "B", "aa", "aA", "Aa", "AA", // case, and cases that sort between each other
		"á", "a\u0301", "Á", "A\u0301", "à", "ä", "ae", "æ", // accents, composed and decomposed
		"a ", "a  ", " a", "a\t", "a\n", "\ta", "a\u00a0", "a\u3000", // spaces at the end, and at the beginning
		"z", "Z", "0", "00", "1", "01", "10", "2", "-1", "1e1", // one byte, and numbers
		strings.Repeat("x", 128), strings.Repeat("x", 127), strings.Repeat("x", 127) + "X", strings.Repeat("界", 42) + "ab",
		strings.Repeat("é", 64), strings.Repeat("👍", 32), // the longest
		"ss", "ß", "SS", "ẞ", "i", "I", "İ", "ı", "ſ", "s", "K", "k", "\u212a", // letters whose case is peculiar
		"ａ", "Ａ", "①", "１", "ﬁ", "fi", "ｶﾞ", "ガ", // forms that compatibility makes equal
		"用户", "用戶", "使用者", "ユーザー", "사용자", "пользователь", "Пользователь", // scripts
		"👍", "👍🏽", "👩‍👩‍👧", "👩👩👧", "🇨🇳", "\U0001f600", // emoji, with what joins and colours them
		"a\u200b", "a\u200d", "\ufeffa", "a\u00ad", "\u200ea", // what cannot be seen
		"\x01", "\x7f", "\u0080", "\uffff", "\ue000", "\U00010000", "\U0010ffff", // the ends of ranges: UTF-16 sorts some otherwise
		"%", "_", "a%", "a_", "'", "''", "\"", "`", "\\", "\\'", "a;--", "$1", "?", ":a", "@a", "NULL", "null", "true", // what SQL reads
		"/", "a/b", "a.b", "a-b", "a#1", "%2F", "{}", "[1]", "\\u0041",
	}
}

// alikeCities are values of an attribute that differ as the names do.
func alikeCities() []string {
	return []string{"北京", "北京 ", "bei\u0301jing", "beíjing", "BEIJING", "beijing", "東京", "京都 👘", "", " "}
}
