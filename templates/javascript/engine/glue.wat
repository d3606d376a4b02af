;; Between QuickJS and the outside: reads standard input, gives the function's module and its prelude to the engine, and
;; writes what comes of it. The engine is the one of the npm package quickjs-wasi, which asks an `env` for what a browser or
;; Node would do; here this is that `env`, and wasm-merge makes one module of both.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "qjs" "memory" (memory 1))
  (import "qjs" "_initialize" (func $initialize))
  (import "qjs" "wasm_malloc" (func $malloc (param i32) (result i32)))
  (import "qjs" "qjs_init" (func $init (result i32)))
  (import "qjs" "qjs_eval" (func $eval (param i32 i32 i32 i32) (result i32)))
  (import "qjs" "qjs_get_global" (func $get_global (result i32)))
  (import "qjs" "qjs_get_undefined" (func $get_undefined (result i32)))
  (import "qjs" "qjs_get_float64" (func $get_float64 (param i32) (result f64)))
  (import "qjs" "qjs_get_string_len" (func $get_string (param i32 i32) (result i32)))
  (import "qjs" "qjs_get_exception" (func $get_exception (result i32)))
  (import "qjs" "qjs_get_array_buffer" (func $get_array_buffer (param i32 i32) (result i32)))
  (import "qjs" "qjs_get_typed_array_buffer" (func $get_typed_array_buffer (param i32 i32 i32 i32) (result i32)))
  (import "qjs" "qjs_is_exception" (func $is_exception (param i32) (result i32)))
  (import "qjs" "qjs_is_string" (func $is_string (param i32) (result i32)))
  (import "qjs" "qjs_new_string" (func $new_string (param i32 i32) (result i32)))
  (import "qjs" "qjs_new_uint8_array" (func $new_uint8_array (param i32 i32) (result i32)))
  (import "qjs" "qjs_new_host_function" (func $new_host_function (param i32 i32 i32) (result i32)))
  (import "qjs" "qjs_set_prop_string" (func $set_prop_string (param i32 i32 i32) (result i32)))
  (import "qjs" "qjs_free_value" (func $free_value (param i32)))
  (import "qjs" "qjs_is_job_pending" (func $is_job_pending (result i32)))
  (import "qjs" "qjs_execute_pending_job" (func $execute_pending_job (result i32)))

  ;; Room for the input of a request; other entries are given more, and get more.
  (global $input_bytes i32 (i32.const 32768))
  (global $type_global i32 (i32.const 0))
  (global $type_module i32 (i32.const 1))
  ;; Where texts stand once they are in memory, and room for what calls give back.
  (global $texts (mut i32) (i32.const 0))
  (global $scratch (mut i32) (i32.const 0))
  ;; What `$bytes_of` found.
  (global $at (mut i32) (i32.const 0))
  (global $length (mut i32) (i32.const 0))

  ;; build.mjs puts texts and their places here.
  ;;GENERATED

  (func (export "_start") (call $begin (global.get $call) (global.get $call_bytes)))
  ;; build.mjs leaves those out that src/index.js does not export.
  (func (export "validate") (call $begin (global.get $call_validate) (global.get $call_validate_bytes)))
  (func (export "aggregate") (call $begin (global.get $call_aggregate) (global.get $call_aggregate_bytes)))

  ;; The whole run: the engine, the function's module, and the call of one of its exports.
  (func $begin (param $call i32) (param $call_bytes i32)
    (local $promise i32)
    (call $initialize)
    (if (call $init) (then (unreachable)))
    (global.set $scratch (call $allocated (i32.const 32)))
    (global.set $texts (call $allocated (global.get $texts_bytes)))
    (memory.init $texts_data (global.get $texts) (i32.const 0) (global.get $texts_bytes))
    (call $set_global (global.get $host) (call $new_host_function
      (call $text (global.get $host)) (i32.const 4) (i32.const 0)))
    (drop (call $run (global.get $prelude) (global.get $prelude_bytes) (global.get $prelude_name) (global.get $type_global)))
    (local.set $promise
      (call $run (global.get $source) (global.get $source_bytes) (global.get $source_name) (global.get $type_module)))
    (call $set_global (global.get $module) (local.get $promise))
    (drop (call $run (local.get $call) (local.get $call_bytes) (global.get $prelude_name) (global.get $type_global)))
    (call $finish_jobs)
    (drop (call $run (global.get $end) (global.get $end_bytes) (global.get $prelude_name) (global.get $type_global))))

  (func $text (param $place i32) (result i32) (i32.add (global.get $texts) (local.get $place)))

  (func $allocated (param $bytes i32) (result i32)
    (local $at i32)
    (local.set $at (call $malloc (local.get $bytes)))
    (if (i32.eqz (local.get $at)) (then (unreachable)))
    (local.get $at))

  (func $set_global (param $name i32) (param $value i32)
    (drop (call $set_prop_string (call $get_global) (call $text (local.get $name)) (local.get $value))))

  ;; Evaluates a text. What it throws is told by the prelude, and ends the run.
  (func $run (param $place i32) (param $bytes i32) (param $name i32) (param $type i32) (result i32)
    (local $value i32)
    (local.set $value (call $eval
      (call $text (local.get $place)) (local.get $bytes) (call $text (local.get $name)) (local.get $type)))
    (if (call $is_exception (local.get $value)) (then (call $fail)))
    (local.get $value))

  (func $fail
    (call $set_global (global.get $failure) (call $get_exception))
    (drop (call $eval (call $text (global.get $report)) (global.get $report_bytes)
      (call $text (global.get $prelude_name)) (global.get $type_global)))
    (unreachable))

  (func $finish_jobs
    (loop $more
      (if (call $is_job_pending) (then
        (if (i32.lt_s (call $execute_pending_job) (i32.const 0)) (then (call $fail)))
        (br $more)))))

  ;; host(0) input · host(1, data) output · host(2, data) standard error · host(3, code) end · host(4, bytes) text ·
  ;; host(5, text) bytes. Data is text or bytes.
  (func (export "host_call") (param $name i32) (param $name_bytes i32) (param $this i32) (param $argc i32) (param $argv i32)
    (result i32)
    (local $operation i32) (local $value i32)
    (if (i32.eqz (local.get $argc)) (then (return (call $get_undefined))))
    (local.set $operation (i32.trunc_sat_f64_u (call $get_float64 (i32.load (local.get $argv)))))
    (if (i32.eqz (local.get $operation)) (then (return (call $input))))
    (if (i32.lt_u (local.get $argc) (i32.const 2)) (then (return (call $get_undefined))))
    (local.set $value (i32.load offset=4 (local.get $argv)))
    (if (i32.eq (local.get $operation) (i32.const 3)) (then
      (call $proc_exit (i32.trunc_sat_f64_u (call $get_float64 (local.get $value))))))
    (call $bytes_of (local.get $value))
    (if (i32.le_u (local.get $operation) (i32.const 2)) (then
      (call $write (local.get $operation))
      (return (call $get_undefined))))
    (if (result i32) (i32.eq (local.get $operation) (i32.const 4))
      (then (call $new_string (global.get $at) (global.get $length)))
      (else (call $new_uint8_array (global.get $at) (global.get $length)))))

  ;; Text as UTF-8, or the bytes of a typed array; none of anything else.
  (func $bytes_of (param $value i32)
    (local $buffer i32)
    (global.set $at (global.get $scratch))
    (global.set $length (i32.const 0))
    (if (call $is_string (local.get $value)) (then
      (global.set $at (call $get_string (local.get $value) (global.get $scratch)))
      (global.set $length (i32.load (global.get $scratch)))
      (return)))
    (local.set $buffer (call $get_typed_array_buffer (local.get $value) (global.get $scratch)
      (i32.add (global.get $scratch) (i32.const 4)) (i32.add (global.get $scratch) (i32.const 8))))
    (if (call $is_exception (local.get $buffer)) (then (call $fail)))
    (global.set $at (i32.add
      (call $get_array_buffer (local.get $buffer) (i32.add (global.get $scratch) (i32.const 12)))
      (i32.load (global.get $scratch))))
    (global.set $length (i32.load offset=4 (global.get $scratch))))

  (func $input (result i32)
    (local $buffer i32) (local $larger i32) (local $room i32) (local $length i32) (local $count i32)
    (local.set $room (global.get $input_bytes))
    (local.set $buffer (call $allocated (local.get $room)))
    (block $end (loop $more
      (if (i32.eq (local.get $length) (local.get $room)) (then
        (local.set $room (i32.shl (local.get $room) (i32.const 1)))
        (local.set $larger (call $allocated (local.get $room)))
        (memory.copy (local.get $larger) (local.get $buffer) (local.get $length))
        (local.set $buffer (local.get $larger))))
      (i32.store (global.get $scratch) (i32.add (local.get $buffer) (local.get $length)))
      (i32.store offset=4 (global.get $scratch) (i32.sub (local.get $room) (local.get $length)))
      (br_if $end (call $fd_read (i32.const 0) (global.get $scratch) (i32.const 1)
        (i32.add (global.get $scratch) (i32.const 8))))
      (local.set $count (i32.load offset=8 (global.get $scratch)))
      (br_if $end (i32.eqz (local.get $count)))
      (local.set $length (i32.add (local.get $length) (local.get $count)))
      (br $more)))
    (call $new_uint8_array (local.get $buffer) (local.get $length)))

  (func $write (param $descriptor i32)
    (local $count i32)
    (block $end (loop $more
      (br_if $end (i32.eqz (global.get $length)))
      (i32.store (global.get $scratch) (global.get $at))
      (i32.store offset=4 (global.get $scratch) (global.get $length))
      (if (call $fd_write (local.get $descriptor) (global.get $scratch) (i32.const 1)
        (i32.add (global.get $scratch) (i32.const 8))) (then (unreachable)))
      (local.set $count (i32.load offset=8 (global.get $scratch)))
      (if (i32.eqz (local.get $count)) (then (unreachable)))
      (global.set $at (i32.add (global.get $at) (local.get $count)))
      (global.set $length (i32.sub (global.get $length) (local.get $count)))
      (br $more))))

  ;; Nothing interrupts a function but its fuel; it is in UTC; it has no modules but its own.
  (func (export "host_interrupt") (result i32) (i32.const 0))
  (func (export "host_get_timezone_offset") (param i32 i32) (result i32) (i32.const 0))
  (func (export "host_module_normalize") (param i32 i32) (result i32) (i32.const 0))
  (func (export "host_module_load") (param i32 i32) (result i32) (i32.const 0))
  (func (export "host_promise_rejection") (param $promise i32) (param $reason i32) (param $handled i32)
    (call $free_value (local.get $promise))
    (call $free_value (local.get $reason))))
