# Sourced by ./rowback and ./rowbackd with $checkout set: makes sure that what was built is as new as the sources.
# shellcheck shell=sh disable=SC2034,SC2154  # the launchers set the one variable and read the other

# The last file that a build writes.
built="$checkout/demo/target/classpath"
log="$checkout/target/build.log"

up_to_date() {
    [ -f "$built" ] && [ -z "$(find "$checkout" \( -name target -o -name .git \) -prune -o \( -path '*/src/main/*' -o -name pom.xml \) \
        -newer "$built" -print | head -n 1)" ]
}

if ! up_to_date; then
    mkdir -p "$checkout/target"
    exec 9> "$checkout/target/build.lock"
    # Two commands typed at once must not build into the same folders.
    flock 9
    if ! up_to_date; then
        echo "rowback: building from source, the first time takes some minutes (log: $log)" >&2
        "$checkout/build" package -DskipTests < /dev/null > "$log" 2>&1 9>&- || {
            tail -n 40 "$log" >&2
            echo "error: the build failed" >&2
            echo "hint: what Maven said is above, and all of it in $log" >&2
            exit 1
        }
    fi
    exec 9>&-
fi

version=$(sed -n 's|.*<version>\(.*\)</version>.*|\1|p' "$checkout/pom.xml" | head -n 1)
installed="$checkout/deploy/target/rowback-$version"
