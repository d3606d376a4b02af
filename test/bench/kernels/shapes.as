/** Calls through a table: methods that differ by class. */
abstract class Shape {
  abstract area(scale: f64): f64
}
class Square extends Shape {
  constructor(public side: f64) {
    super()
  }
  area(scale: f64): f64 {
    return this.side * this.side * scale
  }
}
class Circle extends Shape {
  constructor(public radius: f64) {
    super()
  }
  area(scale: f64): f64 {
    return this.radius * this.radius * 3.25 * scale
  }
}
export function run(): f64 {
  const shapes = new Array<Shape>()
  for (let i = 0; i < 256; i++) shapes.push(i % 3 == 0 ? new Square(i) : new Circle(i))
  let sum: f64 = 0
  for (let turn = 0; turn < 400; turn++)
    for (let i = 0; i < 256; i++) sum += unchecked(shapes[i]).area(<f64>turn)
  return sum
}
