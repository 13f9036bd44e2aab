# Sourced by the programs in this folder. `launch NAME ARGUMENTS...` runs one with the clone's Python and import path and,
# unless the environment names another installation, that of this clone's running demo (sellerops_runtime.launch).

launch() {
    here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
    if [ -x "$here/.venv/bin/python" ]; then
        python=$here/.venv/bin/python
    elif [ -n "$VIRTUAL_ENV" ]; then
        python=$VIRTUAL_ENV/bin/python
    elif [ -f "$here/.env" ] && command -v docker >/dev/null 2>&1; then
        # With Docker, nothing is installed here: the commands are in the image.
        in_compose "$@"
    else
        echo "error: no .venv in $here. Next: make -C $here venv" >&2
        exit 1
    fi
    export PYTHONPATH="$here/include:$here/plugins${PYTHONPATH:+:$PYTHONPATH}"
    exec "$python" -m sellerops_runtime.launch "$(dirname -- "$0")" "$@"
}

in_compose() {
    cd "$here" || exit 1
    if [ "$1" = psql ]; then
        shift
        exec docker compose exec postgres psql -U postgres warehouse "$@"
    fi
    exec docker compose exec airflow-scheduler "$@"
}
