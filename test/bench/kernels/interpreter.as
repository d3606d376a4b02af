/** A stack machine that counts primes: a branch table for each instruction it interprets. */
const PUSH = 0, LOAD = 1, STORE = 2, ADD = 3, MULTIPLY = 4, REMAINDER = 5, LESS = 6, JUMP = 7, JUMP_IF_ZERO = 8, HALT = 9
// for (n = 2; n < LIMIT; n++) { d = 2; while (d * d < n + 1) { if (n % d == 0) goto next; d++ } count++; next: }
const CODE: StaticArray<i32> = [
  PUSH, 2, STORE, 0,
  LOAD, 0, PUSH, 700, LESS, 0, JUMP_IF_ZERO, 62,
  PUSH, 2, STORE, 1,
  LOAD, 1, LOAD, 1, MULTIPLY, 0, LOAD, 0, PUSH, 1, ADD, 0, LESS, 0, JUMP_IF_ZERO, 46,
  LOAD, 0, LOAD, 1, REMAINDER, 0, JUMP_IF_ZERO, 54,
  LOAD, 1, PUSH, 1, JUMP, 64,
  LOAD, 2, PUSH, 1, ADD, 0, STORE, 2,
  LOAD, 0, PUSH, 1, ADD, 0, JUMP, 70,
  HALT, 0,
  ADD, 0, STORE, 1, JUMP, 16,
  STORE, 0, JUMP, 4,
]
const STACK = new StaticArray<i32>(16)
const LOCALS = new StaticArray<i32>(4)
function interpret(): i32 {
  let at = 0, top = 0, steps = 0
  while (at >= 0) {
    const opcode = unchecked(CODE[at]), operand = unchecked(CODE[at + 1])
    at += 2
    steps++
    switch (opcode) {
      case PUSH:
        unchecked((STACK[top++] = operand))
        break
      case LOAD:
        unchecked((STACK[top++] = LOCALS[operand]))
        break
      case STORE:
        unchecked((LOCALS[operand] = STACK[--top]))
        break
      case ADD:
        top--
        unchecked((STACK[top - 1] += STACK[top]))
        break
      case MULTIPLY:
        top--
        unchecked((STACK[top - 1] *= STACK[top]))
        break
      case REMAINDER:
        top--
        unchecked((STACK[top - 1] %= STACK[top]))
        break
      case LESS:
        top--
        unchecked((STACK[top - 1] = <i32>(STACK[top - 1] < STACK[top])))
        break
      case JUMP:
        at = operand
        break
      case JUMP_IF_ZERO:
        if (unchecked(STACK[--top]) == 0) at = operand
        break
      default:
        at = -1
    }
  }
  return steps
}
export function run(): f64 {
  unchecked((LOCALS[2] = 0))
  const steps = interpret()
  return <f64>unchecked(LOCALS[2]) * 1e6 + <f64>steps
}
