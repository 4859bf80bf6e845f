#!/bin/bash
# Finds a MySQL server, and starts and stops one on 127.0.0.1, for tests. MariaDB is none.
#
#	server.sh start DIR    starts one with its data under DIR, prints its DSN; one that runs there already stays
#	server.sh stop DIR     stops it; DIR stays, for whoever wants to read the log
#	server.sh command      prints the words of a command that runs a server, one a line, without the data's place
#
# MYSQL_PORT (3307) is the port. The server is GUERDON_MYSQLD or the mysqld in the path. Debian's stable releases have none: there, with
# MYSQL_FETCH set, as root, that of Debian's unstable release and the libraries it needs are unpacked under
# /var/cache/guerdon-mysql. It runs with these libraries and nothing is installed. It has no binary log and
# does not wait for the disk: it is for tests, which kill processes and no machine.
set -u
port=${MYSQL_PORT:-3307}
cache=/var/cache/guerdon-mysql
PATH=$PATH:/usr/sbin:/sbin

fail() { echo "mysql: $*" >&2; exit 1; }

# found prints the words of a command that runs MySQL, if there is one here.
found() {
	local fs=$cache/fs lib=$cache/fs/usr/lib/x86_64-linux-gnu
	local mysqld=${GUERDON_MYSQLD:-$(command -v mysqld)}
	if [ -n "$mysqld" ] && "$mysqld" --no-defaults --version 2>/dev/null | grep -qv MariaDB; then
		printf '%s\n' "$mysqld" --no-defaults
	elif [ -x "$fs/usr/sbin/mysqld" ]; then
		printf '%s\n' "$lib/ld-linux-x86-64.so.2" --library-path "$lib:$lib/private" "$fs/usr/sbin/mysqld" --no-defaults \
			--basedir="$fs/usr" --lc-messages-dir="$fs/usr/share/mysql" --plugin-dir="$fs/usr/lib/mysql/plugin"
	else
		return 1
	fi
}

# fetch unpacks MySQL. apt works in a folder of its own, so that the system learns of no other release.
fetch() {
	local apt=$cache/apt deb
	rm -rf "$cache" && mkdir -p "$apt"/{state/lists/partial,cache/archives/partial} "$cache/unpacking" || return
	touch "$apt/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) unstable main" >"$apt/sources.list"
	set -- -q -o "Dir::State=$apt/state" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" \
		-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o APT::Install-Recommends=false \
		-o "Dir::Log=$apt" -o APT::Sandbox::User=root
	apt-get "$@" update >/dev/null 2>&1 && apt-get "$@" -y --download-only install mysql-server-core >/dev/null 2>&1 || return
	for deb in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$deb" "$cache/unpacking" || return
	done
	mkdir -p "$cache/unpacking/usr/lib/mysql/plugin"
	rm -rf "$apt"
	mv "$cache/unpacking" "$cache/fs"
}

# mirror is where this machine has its packages from.
mirror() { apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m 1 '/debian/*$'; }

server() {
	found && return
	if [ -n "${MYSQL_FETCH:-}" ] && [ "$(id -u)" = 0 ] && [ "$(uname -m)" = x86_64 ] && command -v apt-get >/dev/null; then
		fetch && found && return
	fi
	fail "no MySQL server: set GUERDON_MYSQLD to its mysqld"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

runs() {
	local pid
	pid=$(cat "$1/pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null
}

start() {
	local dir=$1 i words
	dsn="root@tcp(127.0.0.1:$port)/test"
	runs "$dir" && echo "$dsn" && return
	answers && fail "port $port is taken"
	words=$(server) || exit 1
	mapfile -t words <<<"$words"
	mkdir -p "$dir" || fail "cannot make $dir"
	if [ "$(id -u)" = 0 ]; then # which the server does not like to be
		words+=(--user="$(id -un mysql 2>/dev/null || echo root)")
		chown -R "$(id -un mysql 2>/dev/null || echo root)" "$dir"
	fi
	if [ ! -d "$dir/data" ]; then
		echo "CREATE DATABASE test;" >"$dir/init.sql"
		"${words[@]}" --initialize-insecure --init-file="$dir/init.sql" --datadir="$dir/data" >"$dir/install" 2>&1 ||
			fail "no database was made; see $dir/install"
	fi
	setsid nohup "${words[@]}" --datadir="$dir/data" --port="$port" --bind-address=127.0.0.1 --socket="$dir/socket" \
		--pid-file="$dir/pid" --secure-file-priv= --mysqlx=OFF --skip-log-bin --innodb-flush-log-at-trx-commit=2 \
		--innodb-doublewrite=OFF --innodb-buffer-pool-size=128M --performance-schema=OFF --max-connections=300 \
		</dev/null >"$dir/log" 2>&1 &
	for ((i = 0; i < 600; i++)); do
		answers && runs "$dir" && echo "$dsn" && return
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	tail -n 5 "$dir/log" >&2
	fail "the server did not start; its log is $dir/log"
}

stop() {
	local i
	runs "$1" || return 0
	kill "$(cat "$1/pid")"
	for ((i = 0; i < 300; i++)); do
		runs "$1" || return 0
		sleep 0.1
	done
	fail "the server does not stop"
}

case "$# ${1:-}" in
"2 start") start "$(realpath -m "$2")" ;;
"2 stop") stop "$(realpath -m "$2")" ;;
"1 command") server ;;
*) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
esac
