#!/bin/bash
# Starts and stops a Galera cluster of three MariaDB nodes on 127.0.0.1, for tests.
#
#	cluster.sh start DIR      starts three fresh nodes with their data under DIR, prints one DSN a line
#	cluster.sh kill DIR N     kills node N (1 to 3) with -9
#	cluster.sh restart DIR N  starts a node that was killed or stopped, and waits until it has joined
#	cluster.sh stop DIR       stops all nodes; DIR stays, for whoever wants to read the logs
#	cluster.sh check          says in one line what is missing, or which port is taken, if something is
#
# Where GUERDON_REQUIRE names galera, as root on Debian, it installs what it needs. It leaves the system's own MariaDB alone: its
# configuration is not read, its port, socket and data are not used. GALERA_PORT (4406) is the first of
# the twelve ports: the clients', then by tens the group's, the incremental and the whole state
# transfer's. If GALERA_GUARD is the id of a process, the nodes are killed when that process is gone,
# so that a test that was killed leaves nothing behind.
set -u
port=${GALERA_PORT:-4406}
nodes="1 2 3"

fail() { echo "galera: $*" >&2; exit 1; }

provider() {
	for f in /usr/lib/galera/libgalera_smm.so /usr/lib64/galera-4/libgalera_smm.so /usr/lib/libgalera_smm.so; do
		[ -e "$f" ] && echo "$f" && return
	done
	return 1
}

# missing prints the Debian packages of what is not there. mariadbd lives in sbin, which is in no
# user's path.
missing() {
	PATH=$PATH:/usr/sbin:/sbin
	command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null || echo mariadb-server
	command -v mariadb >/dev/null || echo mariadb-client
	provider >/dev/null || echo galera-4
	command -v rsync >/dev/null || echo rsync
	command -v lsof >/dev/null || echo lsof # the state transfer by rsync looks at ports with it
}

need() {
	local lack
	lack=$(missing | tr '\n' ' ')
	if [ -n "$lack" ] && [[ ${GUERDON_REQUIRE-} == *galera* ]] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		# The packages must not start a server of their own here, nor stop one that runs.
		{ DEBIAN_FRONTEND=noninteractive apt-get update -q && DEBIAN_FRONTEND=noninteractive \
			RUNLEVEL=1 apt-get install -y -q --no-install-recommends $lack; } >/dev/null 2>&1
		lack=$(missing | tr '\n' ' ')
	fi
	[ -z "$lack" ] || fail "missing: $lack(Debian's packages)"
	PATH=$PATH:/usr/sbin:/sbin
}

# config writes a node's option file. Buffers are small: three servers share a machine with the tests.
# A process that is killed loses no commit with flush_log_at_trx_commit=2; only a power cut would.
config() {
	local n=$1 d=$2/$1
	mkdir -p "$d/data" "$d/tmp"
	cat >"$d/my.cnf" <<-CNF
		[mariadbd]
		datadir=$d/data
		tmpdir=$d/tmp
		socket=s
		pid-file=$d/pid
		log-error=$d/log.err
		bind-address=127.0.0.1
		port=$((port + n - 1))
		skip-name-resolve
		performance-schema=OFF
		max-connections=200
		default-storage-engine=InnoDB
		binlog-format=ROW
		innodb-autoinc-lock-mode=2
		innodb-buffer-pool-size=32M
		innodb-log-file-size=16M
		innodb-flush-log-at-trx-commit=2
		wsrep-on=ON
		wsrep-provider=$(provider)
		wsrep-cluster-name=guerdon-$port
		wsrep-cluster-address=gcomm://$(for i in $nodes; do printf '127.0.0.1:%d,' $((port + 9 + i)); done | sed 's/,$//')
		wsrep-node-name=n$n
		wsrep-node-address=127.0.0.1:$((port + 9 + n))
		wsrep-sst-method=rsync
		wsrep-sst-receive-address=127.0.0.1:$((port + 29 + n))
		wsrep-slave-threads=2
		wsrep-provider-options="gmcast.listen_addr=tcp://127.0.0.1:$((port + 9 + n));ist.recv_addr=127.0.0.1:$((port + 19 + n));gcache.size=32M;gcache.recover=yes;evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT3S;evs.inactive_timeout=PT8S"
	CNF
	# The rsync that receives a state gives root's rights away and then cannot write, so root runs the
	# servers as the user that Debian's package made.
	[ "$(id -u)" != 0 ] || { echo user=mysql >>"$d/my.cnf" && chown -R mysql "$d" && chmod a+x "$2"; }
}

# launch starts a node's server in a session of its own.
launch() {
	local dir=$1 n=$2
	shift 2
	setsid nohup mariadbd --defaults-file="$dir/$n/my.cnf" "$@" </dev/null >>"$dir/$n/out" 2>&1 &
	echo $! >"$dir/$n/started"
	until alive "$dir" "$n" || ! kill -0 $! 2>/dev/null; do sleep 0.02; done # it has yet to become the server
}

pid() { cat "$1/$2/started" 2>/dev/null; }

# alive asks for the process by its id and its option file, so that a number used anew is not mistaken
# for the node.
alive() {
	local p
	p=$(pid "$1" "$2") && [ -n "$p" ] && tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline" | grep -qF -- "$1/$2/my.cnf"
}

ask() { mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P $((port + $1 - 1)) -u root --connect-timeout=2 -N -B -e "$2" 2>/dev/null; }

# ready waits until a node takes statements and has all that the others have.
ready() {
	local dir=$1 n=$2 i
	for ((i = 0; i < 600; i++)); do
		alive "$dir" "$n" || return 1
		if ask "$n" "SHOW STATUS WHERE Variable_name IN ('wsrep_ready','wsrep_local_state_comment')" |
			sort | awk '{printf "%s ", $2}' | grep -q '^Synced ON '; then
			return 0
		fi
		sleep 0.2
	done
	return 1
}

broken() { # the node's own last words help more than ours
	tail -n 15 "$1/$2/log.err" >&2 2>/dev/null
	stop "$1"
	fail "node $2 did not start; its log is $1/$2/log.err"
}

# ports_free fails where a node's port is taken.
ports_free() {
	local n
	for n in $nodes; do
		(exec 3<>"/dev/tcp/127.0.0.1/$((port + n - 1))") 2>/dev/null && fail "port $((port + n - 1)) is taken"
	done
	return 0
}

start() {
	local dir=$1 n
	need
	ports_free
	for n in $nodes; do
		[ ! -e "$dir/$n" ] || fail "$dir/$n is there already"
		config "$n" "$dir"
	done
	mariadb-install-db --defaults-file="$dir/1/my.cnf" --wsrep-on=OFF --auth-root-authentication-method=normal \
		>"$dir/1/install" 2>&1 || fail "mariadb-install-db failed; see $dir/1/install"
	launch "$dir" 1 --wsrep-new-cluster
	ready "$dir" 1 || broken "$dir" 1
	for n in 2 3; do # one after the other: a node gives its state to one at a time
		launch "$dir" "$n"
		ready "$dir" "$n" || broken "$dir" "$n"
	done
	[ -z "${GALERA_GUARD:-}" ] || guard "$dir" "$GALERA_GUARD"
	for n in $nodes; do echo "root@tcp(127.0.0.1:$((port + n - 1)))/test"; done
}

guard() {
	setsid nohup bash -c 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; exec "$0" stop "$2" now' \
		"$self" "$2" "$1" </dev/null >/dev/null 2>&1 &
}

# position prints the last commit that a node's own disk has. After a kill it is known only to InnoDB, so
# the server is run once to tell it. It should end by itself then, and was seen not to.
position() {
	local dir=$1 n=$2 i at=
	rm -f "$dir/$n/recover.err"
	launch "$dir" "$n" --log-error="$dir/$n/recover.err" --skip-networking --wsrep-recover
	for ((i = 0; i < 300; i++)); do
		at=$(sed -n 's/.*Recovered position: *//p' "$dir/$n/recover.err" 2>/dev/null | tail -n 1)
		[ -z "$at" ] && alive "$dir" "$n" || break
		sleep 0.1
	done
	down "$dir" "$n" -TERM 30
	echo "$at"
}

# restart goes on from what the node's own disk has, instead of from an empty one.
restart() {
	local dir=$1 n=$2 at
	need
	alive "$dir" "$n" && fail "node $n runs"
	at=$(position "$dir" "$n")
	launch "$dir" "$n" ${at:+--wsrep-start-position="$at"}
	ready "$dir" "$n" || { tail -n 15 "$dir/$n/log.err" >&2; fail "node $n did not join; its log is $dir/$n/log.err"; }
}

# down ends a node by a signal, and after so many tenths of a second by -9.
down() {
	local i
	alive "$1" "$2" || return 0
	kill "${3:--TERM}" "$(pid "$1" "$2")" 2>/dev/null
	for ((i = 0; i < ${4:-300}; i++)); do
		alive "$1" "$2" || return 0
		sleep 0.1
	done
	kill -9 "$(pid "$1" "$2")" 2>/dev/null
}

stop() {
	local n
	for n in 3 2 1; do down "$1" "$n" "${2:+-9}"; done
}

self=$(realpath "$0")
if [ $# -ge 2 ]; then
	[ "$1" != start ] || mkdir -p "$2" || fail "cannot make $2"
	dir=$(realpath -m "$2")
fi
case "${1:-} ${3:-}" in
"check ")
	lack=$(missing | tr '\n' ' ')
	[ -z "$lack" ] || fail "missing: $lack(Debian's packages)"
	ports_free
	;;
"start ") start "$dir" ;;
"kill "[123]) alive "$dir" "$3" || fail "node $3 does not run"; down "$dir" "$3" -9 ;;
"restart "[123]) restart "$dir" "$3" ;;
"stop " | "stop now") stop "$dir" "${3:-}" ;;
*) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
esac
