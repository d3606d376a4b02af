/** Calls and little else: the least code for each entry to a function. */
function fib(n: i32): i32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2)
}
export function run(): f64 {
  return fib(24)
}
