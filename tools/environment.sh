# Makes the environment that the tools run in, from the locked dependencies; sourced by `up` and `test`.
environment=$PWD/.venv
if ! command -v uv >/dev/null; then
    python3 -m venv .cache/uv
    .cache/uv/bin/python -m pip install --quiet "uv==$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)"
    PATH=$PWD/.cache/uv/bin:$PATH
fi
[ -x "$environment/bin/python" ] || uv venv --quiet --python '>=3.11,<3.13' "$environment"
uv pip sync --quiet --python "$environment/bin/python" --require-hashes requirements.lock
