# Makes the environment that the tools run in, from the locked dependencies; sourced by `up` and `test`.
environment=$PWD/.venv
if ! command -v uv >/dev/null; then
    version=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)
    own=$PWD/.cache/uv-$version
    if ! [ -x "$own/bin/uv" ]; then
        python3 -m venv "$own" || {
            echo "error: uv, or Python 3.11 or 3.12 with venv, is needed: apt install python3-venv" >&2
            exit 2
        }
        "$own/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$version"
    fi
    PATH=$own/bin:$PATH
fi
[ -x "$environment/bin/python" ] || uv venv --quiet --python '>=3.11,<3.13' "$environment"
uv pip sync --quiet --python "$environment/bin/python" --require-hashes requirements.lock
