#!/bin/sh
# Our frames over a FIFO, in the shell of POSIX: a peer for the Rust programs.
#
#     sh peer.sh server PATH    makes the FIFO, shows each message
#     sh peer.sh client PATH    sends each line of its standard input
#
# A frame is the length of the payload as four bytes, little-endian, then the
# payload. A shell variable cannot hold a NUL byte. So the server keeps bytes
# as octal numbers, and the client cannot send a NUL: its `read` drops it.

export LC_ALL=C # a length is in bytes; elsewhere ${#line} is in characters
LIMIT=1048576

stop() {
    printf 'peer.sh: %s\n' "$1" >&2
    exit 1
}

# Prints the next $1 bytes of the FIFO as numbers, in the form $2 of od; fewer
# only at the end of file. A pipe gives what it has at the moment, and one read
# of $1 bytes may bring a part: so dd reads one byte, $1 times. That is slow (a
# second for the limit), and never takes a byte too many. `head -c` may
# read ahead, and not every dd knows iflag=fullblock.
take() {
    dd ibs=1 obs=4096 count="$1" <&3 2>/dev/null | od -An -v -t "$2"
}

torn() {
    stop "the stream ended inside a frame, $1 bytes too early"
}

leave() {
    rm -f -- "$path"
    exit "$1"
}

server() {
    # A signal between making the FIFO and minding it would leave it behind.
    trap '' HUP INT TERM
    mkfifo -m 600 -- "$path" || exit 1
    # Ctrl-C ends dd as well. A signal to the shell alone waits for dd, that
    # is for the next byte.
    trap 'leave $?' EXIT
    trap 'leave 129' HUP
    trap 'leave 130' INT
    trap 'leave 141' PIPE
    trap 'leave 143' TERM
    exec 3<"$path" # waits for a client
    while set -- $(take 4 u1) && [ $# -gt 0 ]; do
        [ $# -eq 4 ] || torn $((4 - $#))
        length=$(($1 + $2 * 256 + $3 * 65536 + $4 * 16777216))
        [ "$length" -le "$LIMIT" ] ||
            stop "a frame of $length bytes is over the limit of $LIMIT"
        set --
        [ "$length" -eq 0 ] || set -- $(take "$length" o1)
        [ $# -eq "$length" ] || torn $((length - $#))
        # e, n, d
        [ "$*" != "145 156 144" ] || exit 0
        # 150 151 and a newline become \150\151\012, and that becomes "hi".
        printf "$(printf '\\%s' "$@" 012)"
    done
}

client() {
    # Where the FIFO is missing, > would make a regular file.
    [ -p "$path" ] || stop "$path: there is no such FIFO"
    exec 3>"$path" # waits for a server
    # A last line without its newline counts too.
    while IFS= read -r line || [ -n "$line" ]; do
        length=${#line}
        [ "$length" -le "$LIMIT" ] ||
            stop "a line is over the limit of $LIMIT bytes"
        header=$(printf '\\%03o' $((length & 255)) $((length >> 8 & 255)) \
            $((length >> 16 & 255)) $((length >> 24)))
        # ONE write for header and payload: between two, another client's frame
        # can come in. Up to PIPE_BUF bytes (4096 on Linux) a write goes in
        # whole. A printf straight into the FIFO is not always one write: bash
        # ends one after each newline, and a length of 10 has that byte. dd
        # collects 4096.
        printf "$header%s" "$line" 2>/dev/null |
            dd obs=4096 2>/dev/null >&3 || stop "$path: nobody reads it"
    done
}

case $#:$1 in
2:server | 2:client) path=$2 && "$1" ;;
*) echo "usage: peer.sh server|client PATH" >&2 && exit 2 ;;
esac
