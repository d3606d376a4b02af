/** A short loop of float arithmetic that ends by a comparison. */
export function run(): f64 {
  let inside = 0
  for (let py = 0; py < 96; py++)
    for (let px = 0; px < 96; px++) {
      const cx = <f64>px / 48 - 1.5
      const cy = <f64>py / 48 - 1
      let x: f64 = 0, y: f64 = 0
      let i = 0
      for (; i < 100 && x * x + y * y < 4; i++) {
        const t = x * x - y * y + cx
        y = 2 * x * y + cy
        x = t
      }
      inside += i
    }
  return inside
}
