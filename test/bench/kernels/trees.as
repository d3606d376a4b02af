/** Objects by the thousand: an allocator, a collector and recursion. */
class Tree {
  constructor(public left: Tree | null, public right: Tree | null) {}
  check(): i32 {
    const left = this.left, right = this.right
    return 1 + (left ? left.check() : 0) + (right ? right.check() : 0)
  }
}
function make(depth: i32): Tree {
  return depth == 0 ? new Tree(null, null) : new Tree(make(depth - 1), make(depth - 1))
}
export function run(): f64 {
  let sum = 0
  for (let i = 0; i < 6; i++) sum += make(10).check()
  return sum
}
