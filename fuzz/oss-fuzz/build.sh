#!/usr/bin/env bash
# Builds the targets for OSS-Fuzz and ClusterFuzzLite, with their seeds and dictionaries, into $OUT.
set -euo pipefail
cd "$SRC/wirebeat"

# One program, which is the target that it's named after.
cargo fuzz build -O --debug-assertions any
program=fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release/any

for file in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$file" .rs)
    [[ $target != any ]] || continue
    cp "$program" "$OUT/$target"
    zip -jqr "$OUT/${target}_seed_corpus.zip" "fuzz/corpus/$target"
    dictionary=$(fuzz/dictionary "$target")
    [[ -z $dictionary ]] || cp "$dictionary" "$OUT/$target.dict"
done
