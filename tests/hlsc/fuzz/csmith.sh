#!/bin/bash
# csmith.sh HLSC OUT N [SEED] -- N programs of csmith (Debian: csmith, libcsmith-dev), most of them outside of the subset. Each is
# refused by a diagnostic, or computes as RTL what it does natively: all globals are written to a stream.
set -u
hlsc=$1 out=$2 n=$3 seed=${4:-1}
here=$(dirname "$0")
type csmith >/dev/null || { echo 'csmith is not installed: apt-get install csmith libcsmith-dev' >&2; exit 1; }
mkdir -p "$out"
passed=0 refused=0 failed=0 endless=0
plain='--no-pointers --no-unions --no-bitfields --no-volatiles'
small='--max-funcs 3 --max-block-size 3 --max-expr-complexity 4 --max-block-depth 3 --max-array-dim 2'

generate() { # SEED SOURCE TOP
  local options=''
  case $(($1 % 4)) in 1 | 2) options="$plain $small" ;; 3) options=$small ;; esac
  # shellcheck disable=SC2086 # options are words
  (cd "$out" && csmith --seed "$1" --no-argc $options) | sed "
    1i /* hlsc: -I/usr/include/csmith */
    1i #include \"hls.h\"
    1i #include <float.h>
    1i #define fabs(x) (x)
    1i #define fabsf(x) (x)
    1i #define STATIC static
    1i #define UNDEFINED(x) (x)
    1i #define LOG_INDEX
    1i #define LOG_EXEC
    1i #define FUNC_NAME(x) (safe_##x)
    1i #define assert(x) ((void)0)
    s/#include \"csmith.h\"/#include \"safe_math.h\"/
    s/^static long __undefined;//
    s/^int main (void)/void $3(hls_stream_u64 *out)/
    s/transparent_crc(\(.*\), \"[^\"]*\", print_hash_value);/hls_write(out, (uint64_t)(\1));/
    /printf(\"index\|platform_main_\|crc32_gentab/d
    /^ *return 0;/d" >"$2"
  printf '#ifdef RIG\nstatic void stimulus(struct rig_kernel *k, unsigned round)\n{\n(void)k, (void)round;\n}\n#endif\n' >>"$2"
}

ends() { # SOURCE TOP: natively, within a second
  cat >"$out/native.c" <<END
#include "$1"
int main(void)
{
    static uint64_t words[1 << 14];
    hls_stream_u64 s = {.words = words, .ring = {.capacity_words = 1 << 14}};
    $2(&s);
    return s.ring.faults != 0;
}
END
  "${CC:-cc}" -w -fwrapv -O1 -I hls -I/usr/include/csmith -o "$out/native" "$out/native.c" || exit 2
  timeout 1 "$out/native"
}

for ((i = 0; i < n; i++)); do
  top=csmith$((seed + i))
  source=$(realpath "$out")/$top.c
  generate $((seed + i)) "$source" "$top"
  ends "$source" "$top" || { endless=$((endless + 1)); continue; }
  "$here/compile.sh" "$hlsc" "$source"
  case $? in
    1)
      if grep -q '^[^ ]*:[0-9]*:[0-9]*: error: ' "$source.log"; then
        refused=$((refused + 1))
      else
        echo "  $top: a diagnostic without a place: $(cat "$source.log")"
        failed=$((failed + 1))
      fi
      ;;
    2)
      echo "  $top: the compiler failed: $(tail -n 3 "$source.log")"
      failed=$((failed + 1))
      ;;
    *)
      rm -f "$out"/rig/obj/Vrig* "$out/rig/rig"
      if "$here/../rig/build.sh" "$hlsc" "$out/rig" "$source" >"$out/log" 2>&1 && timeout 300 "$out/rig/rig" 2 1 >"$out/log" 2>&1; then
        passed=$((passed + 1))
      else
        echo "  $top: another result than natively: $(head -n 2 "$out/log")"
        failed=$((failed + 1))
      fi
      ;;
  esac
  [ -t 1 ] && printf '\r%d of %d programs' $((i + 1)) "$n"
done
[ -t 1 ] && echo
echo "$n programs of csmith from seed $seed: $passed equal, $refused refused, $endless do not end, $failed failed"
echo "[  PASSED  ] $((failed == 0)) test(s)."
[ $failed -eq 0 ] || echo "[  FAILED  ] 1 test(s)"
[ $failed -eq 0 ]
